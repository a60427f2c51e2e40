// Reading small patterns of nodes backwards from their last one. Threads: as the Model.
#pragma once

#include <cmath>

#include "jetline/passes/edit.h"

namespace jetline::passes {

// The node that makes `v`, when it is that ai.onnx operator and nothing but `user` reads the result. A null
// `user` allows other readers.
inline Node* pattern_node(const Value* v, const char* op, const Node* user) {
  Node* n = v ? v->producer() : nullptr;
  if (!n || !n->is(op) || n->outputs().size() != 1) return nullptr;
  return !user || only_user(v) == user ? n : nullptr;
}

// For an operator of two inputs: the one that is not the number `wanted` (any number: NAN), which is stored.
// Null when neither is a constant of one number.
inline Value* pattern_other(const Node& n, double wanted, double* number = nullptr) {
  for (size_t i = 0; i < 2 && n.inputs().size() == 2; ++i) {
    double x = 0;
    const Tensor* t = constant_of(n.input(i));
    if (!t || t->count() != 1 || !uniform_constant(n.input(i), x)) continue;
    if (!std::isnan(wanted) && std::abs(x - wanted) > 1e-6 * std::max(1.0, std::abs(wanted))) continue;
    if (rank_of(n.input(i)) > rank_of(n.input(1 - i))) continue;
    if (number) *number = x;
    return n.input(1 - i);
  }
  return nullptr;
}

// `v` times a constant or divided by one: the factor, and what is scaled.
inline Value* pattern_scaled(const Value* v, const Node* user, double& factor) {
  if (const Node* mul = pattern_node(v, "Mul", user)) return pattern_other(*mul, NAN, &factor);
  const Node* div = pattern_node(v, "Div", user);
  if (!div || div->inputs().size() != 2 || pattern_other(*div, NAN, &factor) != div->input(0)) return nullptr;
  factor = 1 / factor;
  return div->input(0);
}

inline bool pattern_close(double a, double b) {
  return std::abs(a - b) <= 1e-6 * std::max(1.0, std::abs(b));
}

// Makes `n` the operator `op` on one input, without attributes.
inline void pattern_become(Node& n, const char* op, std::vector<Value*> inputs) {
  n.set_op(op);
  while (!n.attributes().empty()) n.remove_attribute(std::string(n.attributes()[0].name()));
  n.resize_inputs(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) n.set_input(i, inputs[i]);
}

}  // namespace jetline::passes
