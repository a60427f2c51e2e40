// Law: an If whose condition is known (a constant, or followed through shapes) becomes the nodes of the
// branch that is taken; the other branch, and what only it used, goes. Values of outer graphs are used where
// they are, names stay unique. Exact. Measure: Ifs.
#include "jetline/passes/inline_body.h"

namespace jetline::passes {
namespace {

Result<int> branches_take(PassContext& c, Node* n) {
  std::vector<int64_t> condition;
  if (!n->is("If") || !n->input(0) || !known_ints(c, n->input(0), condition) || condition.size() != 1)
    return 0;
  const Attribute* a = n->attribute(condition[0] ? "then_branch" : "else_branch");
  const Graph* body = a ? a->as_graph() : nullptr;
  if (!body || !inlinable(*body) || !body->inputs().empty()) return 0;
  if (body->outputs().size() < n->outputs().size()) return 0;
  BodyMap map;
  const std::vector<Value*> results = inline_body(c, *body, *n->graph(), n, map);
  for (size_t i = 0; i < n->outputs().size(); ++i) {
    if (n->output(i)) JETLINE_RETURN_IF_ERROR(inline_result(c, n->output(i), results[i]));
  }
  remove_unused(c, n);
  return 1;
}

}  // namespace

Result<int> run_constant_branches(Model& model, PassContext& c) {
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(each_graph_inside_out(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      JETLINE_ASSIGN_OR_RETURN(const int taken, branches_take(c, n));
      changes += taken;
    }
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes
