// The invariants of the intermediate representation, checked from scratch.
#include <algorithm>
#include <unordered_set>

#include "jetline/graph/graph.h"

namespace jetline {
namespace {

Status verify_broken(const std::string& what) {
  return Status::internal("graph.invalid", what);
}

// How often each value is used, counted at the users.
using VerifyCounts = std::unordered_map<const Value*, size_t>;

bool verify_visible(const Graph* from, const Value& v) {
  for (const Graph* g = from; g; g = g->outer()) {
    if (g == v.graph()) return true;
  }
  return false;
}

Status verify_values(const Graph& graph) {
  for (const auto& v : graph.values()) {
    if (v->name().empty() || graph.find(v->name()) != v.get() || v->graph() != &graph) {
      return verify_broken("value '" + v->name() + "' is not found under its name");
    }
    const Node* p = v->producer();
    if (p && (p->graph() != &graph || p->output(static_cast<size_t>(v->producer_output())) != v.get())) {
      return verify_broken("the producer of '" + v->name() + "' does not produce it");
    }
    if (!p && !v->is_input() && !v->initializer() && !v->sparse_initializer()) {
      return verify_broken("value '" + v->name() + "' has no origin");
    }
    for (const Use& u : v->uses()) {
      const Value* there = nullptr;
      if (u.node) {
        there = u.node->input(static_cast<size_t>(u.index));
      } else if (u.graph && static_cast<size_t>(u.index) < u.graph->outputs().size()) {
        there = u.graph->outputs()[static_cast<size_t>(u.index)];
      }
      if (there != v.get()) return verify_broken("a use of '" + v->name() + "' is not one");
    }
  }
  return Status();
}

Status verify_reference(const Graph& graph, const Value& v, const std::string& user,
                        const std::unordered_set<const Value*>& ready) {
  if (!verify_visible(&graph, v))
    return verify_broken(user + " uses '" + v.name() + "' from outside its scope");
  if (graph.find_in_scope(v.name()) != &v) {
    return verify_broken(user + " uses '" + v.name() + "', which another value of that name hides");
  }
  if (v.producer() && !ready.count(&v))
    return verify_broken(user + " uses '" + v.name() + "' before it is produced");
  return Status();
}

Status verify_counts(const Graph& graph, const VerifyCounts& counts) {
  for (const auto& v : graph.values()) {
    const auto it = counts.find(v.get());
    if (v->uses().size() != (it == counts.end() ? 0 : it->second)) {
      return verify_broken("the uses of '" + v->name() + "' are not those that stand in the graph");
    }
  }
  for (const auto& node : graph.nodes()) {
    for (const Graph* sub : node->subgraphs()) JETLINE_RETURN_IF_ERROR(verify_counts(*sub, counts));
  }
  return Status();
}

Status verify_graph(const Graph& graph, std::unordered_set<const Value*>& ready, VerifyCounts& counts) {
  JETLINE_RETURN_IF_ERROR(verify_values(graph));
  for (const auto& node : graph.nodes()) {
    const std::string who = node->op() + " node '" + node->name + "'";
    if (node->graph() != &graph) return verify_broken(who + " stands in another graph");
    for (size_t i = 0; i < node->inputs().size(); ++i) {
      const Value* v = node->inputs()[i];
      if (!v) continue;
      ++counts[v];
      JETLINE_RETURN_IF_ERROR(verify_reference(graph, *v, who, ready));
    }
    for (const Graph* sub : node->subgraphs()) {
      if (sub->parent() != node.get()) return verify_broken("a subgraph of " + who + " has another parent");
      JETLINE_RETURN_IF_ERROR(verify_graph(*sub, ready, counts));
    }
    for (const Value* v : node->outputs()) {
      if (v) ready.insert(v);
    }
  }
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const Value* v = graph.outputs()[i];
    ++counts[v];
    JETLINE_RETURN_IF_ERROR(verify_reference(graph, *v, "output " + std::to_string(i), ready));
  }
  return Status();
}

}  // namespace

Status Graph::verify() const {
  std::unordered_set<const Value*> ready;
  VerifyCounts counts;
  JETLINE_RETURN_IF_ERROR(verify_graph(*this, ready, counts));
  return verify_counts(*this, counts);
}

}  // namespace jetline
