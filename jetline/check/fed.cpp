#include "jetline/check/fed.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline::check {

bool FedValues::holds(const Value* value) {
  if (!walked_) {
    walked_ = true;
    walk(model_.graph(), true);
  }
  return fed_.count(value) > 0;
}

// Whether a value of the graph is fed, those that it takes from outside included.
bool FedValues::walk(const Graph& graph, bool inputs_fed) {
  bool any = inputs_fed && !graph.inputs().empty();
  if (inputs_fed) {
    for (const Value* v : graph.inputs()) {
      if (!v->initializer()) fed_.insert(v);
    }
  }
  for (const auto& n : graph.nodes()) {
    if (!is_fed(*n)) continue;
    any = true;
    fed_.insert(n->outputs().begin(), n->outputs().end());
  }
  return any;
}

bool FedValues::is_fed(const Node& node) {
  if (node.is("Shape") || node.is("Size")) return false;
  if (starts_with(node.op(), "Random") || node.is("Multinomial") || node.is("Bernoulli")) return true;
  const auto fed = [this](const Value* v) { return fed_.count(v) > 0; };
  bool any = std::any_of(node.inputs().begin(), node.inputs().end(), fed);
  for (const Graph* body : node.subgraphs()) any = walk(*body, any) || any;
  return any;
}

}  // namespace jetline::check
