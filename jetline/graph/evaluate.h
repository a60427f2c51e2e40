// Computing what a node or a graph gives for constant inputs: folding, importers that evaluate while they
// convert, and checks of a rewrite. It is a reference, not an engine: one thread, exact to ONNX's own node
// tests; data movement and element-wise work run at the speed of memory, convolutions do not.
//
// float arithmetic is float arithmetic (float16 and bfloat16 compute in float and round once a node), sums of
// products accumulate in double. Operators with random results are never evaluated. Inputs share their bytes
// with outputs where nothing moves (Reshape, Identity). Any model may be given: shapes are checked, sizes are
// bounded. Threads: functions without shared state. Ids: graph.evaluate-unsupported (no rule for the
// operator, its types or its attributes), graph.evaluate-input (inputs that do not fit the operator or each
// other), graph.evaluate-too-large (over a limit of EvaluateOptions).
#pragma once

#include <unordered_map>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline {

struct EvaluateOptions {
  int64_t max_output_bytes = int64_t{1} << 31;  // of one output of one node, and of one working copy
  int64_t max_live_bytes = int64_t{1} << 33;    // of all results alive at a time
  // Elements written and products summed by the whole call, control flow included; each node that runs counts
  // as a thousand. About a minute of one core.
  int64_t max_work = int64_t{1} << 36;
  // Results of Transpose of at least so many bytes are computed when they are read.
  int64_t defer_bytes = INT64_MAX;
};

// True when a rule exists for the operator, or its model defines it as a function; types and attributes may
// still be refused.
bool can_evaluate(const Node& node);

// One node at an opset of its domain. inputs[i] is null where left out. One result an output of the node;
// left-out outputs may be default Tensors. Subgraphs of the node may use constants of the graphs around them.
Result<std::vector<Tensor>> evaluate_node(const Node& node, const std::vector<const Tensor*>& inputs,
                                          int64_t opset, const EvaluateOptions& options = {});

// A whole graph with control flow and functions: the values of its outputs. `inputs` gives values by their
// Value, of this graph or of those around it; initialisers need not be given.
Result<std::vector<Tensor>> evaluate_graph(const Graph& graph,
                                           const std::unordered_map<const Value*, Tensor>& inputs,
                                           const EvaluateOptions& options = {});

}  // namespace jetline
