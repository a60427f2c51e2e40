// The part of a model between two sets of tensors as a model of its own. Tensors of `from` become its inputs,
// with the type and shape that inference gives them; tensors of `to` become its outputs; what neither needs
// (nodes, weights, inputs) stays behind. A node named in `from` or `to` is part of the result: its inputs, or
// its outputs, are meant. Tensors inside a subgraph (the body of a Loop, a branch of an If) can be extracted
// too; what the body reads from outside is then computed in front of it or becomes an input.
//
// Ownership: the result shares weights with `model`, whose values get inferred types. Threads: as the Model.
// Ids: surgery.unknown-name, surgery.ambiguous-name, surgery.not-cut (a path from another input leads around
// `from`; names the tensors that are needed too), surgery.no-path (nothing leads from one to the other),
// surgery.untyped-input (a new input whose element type cannot be inferred).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/graph/inspect.h"

namespace jetline::surgery {

struct ExtractOptions {
  std::vector<std::string> from;  // words as in names.h; empty: the model's inputs
  std::vector<std::string> to;    // empty: the model's outputs
  bool complete = false;          // take the tensors that surgery.not-cut would name as further inputs
};

// What is left of a model after extract() or cut().
struct CutModel {
  std::unique_ptr<Model> model;
  std::vector<PortInfo> inputs, outputs;
  int64_t nodes_before = 0, nodes_after = 0;      // of the main graph and its subgraphs
  int64_t weights_before = 0, weights_after = 0;  // initialisers
  std::vector<std::string> added_inputs;          // by `complete`
  std::vector<std::string> dropped_outputs;       // of the model that was given
  std::vector<std::string> notes;                 // one sentence each
};

Result<CutModel> extract(Model& model, const ExtractOptions& options);

}  // namespace jetline::surgery
