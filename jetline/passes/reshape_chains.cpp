// Law: of operators in a row that only reshape (Reshape, Flatten, Squeeze, Unsqueeze, and a Transpose that
// moves nothing but axes of size 1) the last one alone does it, from the first one's input; and the shape of
// a Reshape becomes a constant where it follows from the types (numbers, 0 for a dimension copied from the
// input, at most one -1). Exact. Measure: reshaping nodes that follow one another, then Reshapes whose shape
// is computed.
#include "jetline/passes/edit.h"
#include "jetline/passes/layout/permutation.h"

namespace jetline::passes {
namespace {

bool reshape_only(const Node& n) {
  Perm p;
  if (transpose_perm(n, p)) return moves_no_data(p, n.input(0)->type);
  return (n.is("Reshape") || n.is("Flatten") || n.is("Squeeze") || n.is("Unsqueeze")) && n.input(0) &&
         n.outputs().size() == 1 && n.output(0);
}

// The content of a constant shape input that gives `result` from `source`; false when the types say too
// little.
bool reshape_target(const ValueType& source, const ValueType& result, std::vector<int64_t>& out) {
  if (!result.has_shape) return false;
  out.clear();
  bool open = false;
  for (size_t i = 0; i < result.shape.size(); ++i) {
    const Dim& d = result.shape[i];
    if (d.known()) {
      if (d.value == 0) return false;  // 0 would mean: copy
      out.push_back(d.value);
    } else if (source.has_shape && i < source.shape.size() && d.same(source.shape[i])) {
      out.push_back(0);
    } else if (!open) {
      open = true;
      out.push_back(-1);
    } else {
      return false;
    }
  }
  return true;
}

void reshape_write(Graph& g, Node* n, Value* source, const std::vector<int64_t>& target) {
  if (!n->is("Reshape")) {
    n->set_op("Reshape");
    n->resize_inputs(1);
  }
  while (!n->attributes().empty()) n->remove_attribute(std::string(n->attributes()[0].name()));
  n->set_input(0, source);
  n->set_input(1, add_ints(g, target, n->output(0)->name() + "_shape"));
}

}  // namespace

Result<int> run_reshape_chains(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 5) return changes;  // the shape was an attribute
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      if (!reshape_only(*n)) continue;
      Node* before = n->input(0)->producer();
      const bool chain = before && reshape_only(*before) && !(n->is("Transpose") && before->is("Transpose"));
      Node* shape = n->is("Reshape") && n->input(1) ? n->input(1)->producer() : nullptr;
      if (!chain && !shape) continue;
      if (shape && n->int_or("allowzero", 0) != 0) continue;
      std::vector<int64_t> target;
      Value* source = chain ? before->input(0) : n->input(0);
      if (!reshape_target(source->type, n->output(0)->type, target)) continue;
      reshape_write(g, n, source, target);
      if (chain) remove_unused(c, before);
      if (shape) remove_unused(c, shape);
      ++changes;
    }
  });
  return changes;
}

// Law: see the registry. Transposes are written as Reshapes only when everything else is done, because
// layouts are chosen by Transposes. Measure: Transposes.
Result<int> run_transpose_as_reshape(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 5) return changes;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      std::vector<int64_t> target;
      if (!n->is("Transpose") || !reshape_only(*n)) continue;
      if (!reshape_target(n->input(0)->type, n->output(0)->type, target)) continue;
      reshape_write(g, n, n->input(0), target);
      ++changes;
    }
  });
  return changes;
}

}  // namespace jetline::passes
