// Type and shape inference over a whole model, and what inference makes countable: multiply-accumulate
// operations. Operators are described by rules (ops/rules.h), one family a file; an operator without a rule
// leaves its outputs as the file declares them, and is named in the report, so that no figure pretends to be
// complete.
//
// Small integer tensors that describe shapes (Shape, Gather, Concat, arithmetic on them, constants) are
// followed element by element, unknown and named dimensions included, so that reshapes with a dynamic batch
// come out right. Threads: as the Model it works on.
#pragma once

#include <map>
#include <string>

#include "jetline/graph/graph.h"

namespace jetline {

struct InferReport {
  std::map<std::string, int> ops_without_rule;  // "domain.Op" or "Op" -> nodes
  int conflicts = 0;  // values whose declared shape contradicts the inferred one; the inferred one is kept
};

// Fills Value::type of main graph and subgraphs. Declared facts stay where inference knows less.
InferReport infer_shapes(Model& model);

struct MacCount {
  int64_t macs = 0;           // of the nodes that could be counted; saturates at INT64_MAX
  bool exact = true;          // false: at least this many
  bool batch_as_one = false;  // a leading dimension without a number was counted as 1
  int uncounted_nodes = 0;    // nodes that may multiply and whose work is not in `macs`
  std::map<std::string, int> uncounted_ops;
};

// One multiply-accumulate for each product summed in convolutions, matrix products and recurrent layers;
// element-wise work is not counted, as usual. Bodies of loops count once (exact = false). Call after
// infer_shapes.
MacCount count_macs(const Model& model);

}  // namespace jetline
