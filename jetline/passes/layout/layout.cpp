// Law: the layout in which every operator works is chosen so that the fewest elements are transposed; values
// come out as before, exactly, but that a runtime may sum the elements of a reduction in another order. For
// every Transpose the region that it could move through is looked at once (region.h), the cheapest choice of
// layouts in it is found as a minimum cut, and it is carried out when it costs less than the graph as it
// stands.
//
// Measure: the cost of the graph (elements that Transposes move, weighed as region_cost.cpp says). It falls
// with every change, is a whole number and never below zero, so this ends; besides, the nodes looked at are
// bounded by kBudget times the size of the graph.
#include "jetline/passes/layout/apply.h"

namespace jetline::passes {
namespace {

constexpr int64_t kLayoutBudget = 64;  // looks at a node, on average

Result<int> layout_graph(Graph& g, PassContext& c) {
  int changes = 0;
  int64_t budget = kLayoutBudget * static_cast<int64_t>(g.node_count()) + 1000;
  std::unordered_set<Node*> done;
  for (bool again = true; again && budget > 0;) {
    again = false;
    for (Node* n : g.node_list()) {
      Perm p;
      if (done.count(n) || !layout_transpose(g, n, p) || is_identity(p)) continue;
      done.insert(n);
      LayoutRegion region(g, c.opset);
      if (!region.grow(n, budget)) continue;
      done.insert(region.covered().begin(), region.covered().end());
      const std::vector<char> now = region.current(), best = region.choose();
      if (region.cost(best) >= region.cost(now)) continue;
      // Addresses of removed nodes may come back; what is gone must not count as looked at.
      std::unordered_set<Node*> made;
      JETLINE_RETURN_IF_ERROR(apply_layout(c, region, best, made));
      ++changes;
      std::unordered_set<Node*> alive;
      for (Node* m : g.node_list()) {
        if (done.count(m) || made.count(m)) alive.insert(m);
      }
      done = std::move(alive);
      again = true;
      break;
    }
  }
  return changes;
}

}  // namespace

Result<int> run_layout(Model& model, PassContext& c) {
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    JETLINE_ASSIGN_OR_RETURN(const int n, layout_graph(g, c));
    changes += n;
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes
