#include "jetline/check/fed.h"

#include <algorithm>
#include <set>

#include "jetline/base/strings.h"

namespace jetline::check {
namespace {

constexpr int kFedIntegers = 1, kFedData = 2;
constexpr int kFromShapes = 1, kBent = 2;

// Imported as IUnaryLayer or, on floats, IActivationLayer.
bool is_unary_layer(const Node& node) {
  static const std::set<std::string, std::less<>> kOps = {
      "Abs",  "Acos",     "Acosh",      "Asin", "Asinh", "Atan",  "Atanh",       "Ceil",           "Cos",
      "Cosh", "Elu",      "Erf",        "Exp",  "Floor", "IsInf", "IsNaN",       "LeakyRelu",      "Log",
      "Neg",  "Not",      "Reciprocal", "Relu", "Round", "Selu",  "Sigmoid",     "Sign",           "Sin",
      "Sinh", "Softplus", "Softsign",   "Sqrt", "Tan",   "Tanh",  "HardSigmoid", "ThresholdedRelu"};
  if (!node.domain().empty()) return false;
  if (node.op() == "Clip") {
    const Value* x = node.input(0);
    return x && (x->type.dtype == DType::kF32 || x->type.dtype == DType::kF16);
  }
  return kOps.count(node.op()) > 0;
}

}  // namespace

bool FedValues::holds(const Value* value) {
  return of(value) > 0;
}

bool FedValues::holds_data(const Value* value) {
  return of(value) == kFedData;
}

bool FedValues::bent(const Value* value) {
  of(value);
  const auto at = shapes_.find(value);
  return at != shapes_.end() && at->second == kBent;
}

void FedValues::follow_shapes(const Node& node) {
  const bool measures = node.is("Shape") || node.is("Size");
  int most = measures ? kFromShapes : 0;
  for (const Value* v : node.inputs()) {
    const auto at = shapes_.find(v);
    if (!measures && at != shapes_.end()) most = std::max(most, at->second);
  }
  if (most == 0) return;
  if (is_unary_layer(node)) most = kBent;
  for (const Value* v : node.outputs()) {
    if (v) shapes_[v] = most;
  }
}

int FedValues::of(const Value* value) {
  if (!walked_) {
    walked_ = true;
    const Graph& g = model_.graph();
    for (const Value* v : g.free_inputs()) {
      const bool integers = v->type.dtype == DType::kI32 || v->type.dtype == DType::kI64;
      fed_[v] = integers ? kFedIntegers : kFedData;
      if (integers) shapes_[v] = kFromShapes;
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
    follow_shapes(*n);
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
