#include "jetline/check/fed.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline::check {
namespace {

constexpr int kFedIntegers = 1, kFedData = 2;

}  // namespace

bool FedValues::holds(const Value* value) {
  return of(value) > 0;
}

bool FedValues::holds_data(const Value* value) {
  return of(value) == kFedData;
}

int FedValues::of(const Value* value) {
  if (!walked_) {
    walked_ = true;
    const Graph& g = model_.graph();
    for (const Value* v : g.free_inputs()) {
      const bool integers = v->type.dtype == DType::kI32 || v->type.dtype == DType::kI64;
      fed_[v] = integers ? kFedIntegers : kFedData;
    }
    walk(g, 0);
  }
  const auto at = fed_.find(value);
  return at == fed_.end() ? 0 : at->second;
}

int FedValues::walk(const Graph& graph, int inputs_fed) {
  if (inputs_fed > 0) {
    for (const Value* v : graph.inputs()) fed_[v] = inputs_fed;
  }
  int most = inputs_fed;
  for (const auto& n : graph.nodes()) {
    const int fed = fed_by(*n);
    if (fed == 0) continue;
    most = std::max(most, fed);
    for (const Value* v : n->outputs()) {
      if (v) fed_[v] = fed;
    }
  }
  return most;
}

int FedValues::fed_by(const Node& node) {
  if (node.is("Shape") || node.is("Size")) return 0;
  if (starts_with(node.op(), "Random") || node.is("Multinomial") || node.is("Bernoulli")) return kFedData;
  int most = 0;
  for (const Value* v : node.inputs()) most = std::max(most, of(v));
  for (const Graph* body : node.subgraphs()) most = std::max(most, walk(*body, most));
  return most;
}

}  // namespace jetline::check
