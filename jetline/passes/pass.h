// One rewrite of a model: a pass has a name, a law that says in one line what it does and what stays equal,
// and a function that counts its changes. Each pass is one file; registry.cpp lists them in the order in
// which optimize.h runs them.
//
// The law of all of them: the outputs of the model stay what they were, exactly where no arithmetic is
// reordered, else within 1e-5 of the range (the pass is then marked `reorders`). Names, order and types of
// the model's inputs and outputs stay. Function bodies of the model are not touched. Threads: as the Model.
// Ids: graph.* from editing (our bug when it happens).
#pragma once

#include <string_view>

#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/graph/graph.h"
#include "jetline/graph/inference.h"
#include "jetline/passes/optimize.h"

namespace jetline::passes {

struct PassContext {
  PassContext(Model& model, const OptimizeOptions& options);

  const OptimizeOptions& options;
  int64_t opset;             // of ai.onnx, 0 when the model does not import it
  ShapeInference inference;  // fresh at the start of every round
};

struct Pass {
  const char* name;  // "dead-code"
  const char* law;   // one line for docs/passes.md
  bool reorders;     // changes results within rounding
  bool once;         // runs after the others have come to rest, once
  Result<int> (*run)(Model&, PassContext&);
  bool on_request = false;  // runs only when OptimizeOptions::only or also names it
};

Span<const Pass> all_passes();
const Pass* find_pass(std::string_view name);

// The passes themselves, in files of their own.
Result<int> run_dead_code(Model&, PassContext&);
Result<int> run_identities(Model&, PassContext&);
Result<int> run_constant_folding(Model&, PassContext&);
Result<int> run_shape_folding(Model&, PassContext&);
Result<int> run_constant_branches(Model&, PassContext&);
Result<int> run_unroll_loops(Model&, PassContext&);
Result<int> run_common_subexpressions(Model&, PassContext&);
Result<int> run_transpose_chains(Model&, PassContext&);
Result<int> run_reshape_chains(Model&, PassContext&);
Result<int> run_layout(Model&, PassContext&);
Result<int> run_concat_reshapes(Model&, PassContext&);
Result<int> run_dense_rows(Model&, PassContext&);
Result<int> run_fuse_pad(Model&, PassContext&);
Result<int> run_fuse_batch_norm(Model&, PassContext&);
Result<int> run_fuse_scale_before(Model&, PassContext&);
Result<int> run_merge_scales(Model&, PassContext&);
Result<int> run_fuse_gemm(Model&, PassContext&);
Result<int> run_merge_clips(Model&, PassContext&);
Result<int> run_recognise_activations(Model&, PassContext&);
Result<int> run_recognise_layer_norm(Model&, PassContext&);
Result<int> run_merge_slices(Model&, PassContext&);
Result<int> run_merge_casts(Model&, PassContext&);
Result<int> run_narrow_integers(Model&, PassContext&);
Result<int> run_canonical_slice(Model&, PassContext&);
Result<int> run_canonical_resize(Model&, PassContext&);
Result<int> run_listed_constants(Model&, PassContext&);
Result<int> run_transpose_as_reshape(Model&, PassContext&);

}  // namespace jetline::passes
