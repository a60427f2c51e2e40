#include "jetline/graph/validate.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "jetline/graph/graph_walk.h"
#include "jetline/graph/validate_rules.h"

namespace jetline {
namespace validate {

bool Subject::list(size_t i, std::vector<int64_t>& out) const {
  const Value* v = node.input(i);
  if (!v || !v->is_constant() || v->initializer()->count() > 4096) return false;
  auto numbers = v->initializer()->to_ints();
  if (!numbers.ok()) return false;
  out = std::move(*numbers);
  return true;
}

std::string dimensions_text(int rank) {
  return "has " + std::to_string(rank) + (rank == 1 ? " dimension" : " dimensions");
}

std::string judge_axis(int64_t axis, int rank, int extra) {
  if (rank < 0 || (axis >= -rank - extra && axis < rank + extra)) return "";
  return "axis " + std::to_string(axis) + " of something that " + dimensions_text(rank);
}

std::string judge_broadcast(const Subject& s) {
  std::vector<int64_t> sizes;  // from the last axis on; 1 where nothing larger was seen
  for (size_t i = 0; i < s.node.inputs().size(); ++i) {
    for (int axis = 1; axis <= s.rank(i); ++axis) {
      if (sizes.size() < static_cast<size_t>(axis)) sizes.push_back(1);
      int64_t& size = sizes[static_cast<size_t>(axis) - 1];
      const int64_t d = s.dim(i, -axis);
      if (d < 0 || d == 1 || d == size) continue;
      if (size != 1)
        return "its inputs have " + std::to_string(size) + " and " + std::to_string(d) +
               " elements along axis -" + std::to_string(axis);
      size = d;
    }
  }
  return "";
}

// Bodies take and give what their node does.
std::string judge_bodies(const Subject& s) {
  const Node& n = s.node;
  const auto body = [&n](const char* name) {
    const Attribute* a = n.attribute(name);
    return a ? a->as_graph() : nullptr;
  };
  if (n.is("If")) {
    for (const char* name : {"then_branch", "else_branch"}) {
      const Graph* g = body(name);
      if (!g) return std::string("it has no ") + name;
      if (g->outputs().size() < n.outputs().size())
        return "its " + std::string(name) + " gives " + std::to_string(g->outputs().size()) +
               " values, the node " + std::to_string(n.outputs().size());
    }
  }
  if (n.is("Loop")) {
    const Graph* g = body("body");
    if (!g) return "it has no body";
    if (n.inputs().size() < 2 || g->inputs().size() != n.inputs().size())
      return "its body takes " + std::to_string(g->inputs().size()) + " values, the node " +
             std::to_string(n.inputs().size());
    if (g->outputs().size() < n.outputs().size() + 1)
      return "its body gives " + std::to_string(g->outputs().size()) + " values, the node " +
             std::to_string(n.outputs().size());
  }
  return "";
}

namespace {

const std::unordered_map<std::string_view, const Rule*>& validate_index() {
  static const auto* const index = [] {
    auto* made = new std::unordered_map<std::string_view, const Rule*>();
    for (const Rule& r : layer_rules()) (*made)[r.op] = &r;
    for (const Rule& r : movement_rules()) (*made)[r.op] = &r;
    return made;
  }();
  return *index;
}

std::string validate_node(const Subject& s) {
  const std::string bodies = judge_bodies(s);
  if (!bodies.empty()) return bodies;
  const auto it = validate_index().find(s.node.op());
  if (it == validate_index().end()) return "";
  const Rule& rule = *it->second;
  for (int i = 0; i < rule.min_inputs; ++i) {
    if (!s.has(static_cast<size_t>(i))) return "its input " + std::to_string(i) + " is missing";
  }
  return rule.judge ? rule.judge(s) : "";
}

std::string validate_name(const Node& n) {
  std::string name = n.name;
  for (size_t i = 0; name.empty() && i < n.outputs().size(); ++i) {
    if (n.output(i)) name = n.output(i)->name();
  }
  return "node '" + name + "' (" + n.op() + ")";
}

}  // namespace
}  // namespace validate

std::vector<ImpossibleNode> find_impossible_nodes(const Model& model, size_t most) {
  std::vector<ImpossibleNode> found;
  const int64_t opset = model.opset();
  if (opset < 7) return found;
  for_each_graph(model.graph(), [&](const Graph& g) {
    for (const auto& n : g.nodes()) {
      if (found.size() >= most) return;
      if (!n->domain().empty() || model.function(*n)) continue;
      std::string why = validate::validate_node({*n, opset});
      if (!why.empty()) found.push_back({n.get(), std::move(why)});
    }
  });
  return found;
}

Status check_nodes(const Model& model) {
  const std::vector<ImpossibleNode> found = find_impossible_nodes(model);
  if (found.empty()) return Status();
  std::string others;
  for (size_t i = 1; i < found.size(); ++i) {
    others += (i == 1 ? "also " : ", ") + validate::validate_name(*found[i].node);
  }
  return Status::bad_input("graph.impossible-node",
                           validate::validate_name(*found[0].node) + " cannot be computed: " + found[0].why,
                           others.empty() ? "export the model again" : others);
}

}  // namespace jetline
