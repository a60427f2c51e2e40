// Which values depend on what a caller feeds, and not only on constants and on shapes. TensorRT computes
// those that do not while it builds; axes that layers want as build-time knowledge can come from them alone.
// Sizes may also come from integers that are fed, which then become inputs that are shapes, but from nothing
// else.
//
// Nor may sizes go through unary functions and activations in older releases ("IUnaryLayer cannot be used to
// compute a shape tensor"): values that follow from shapes or from fed integers through one are called bent.
//
// The result of Shape and Size is not fed, random numbers are; what a Loop or Scan carries is, as soon as
// anything that goes in is. One pass over the model when first asked. Refers to the model. Threads: one.
#pragma once

#include <unordered_map>

#include "jetline/graph/graph.h"

namespace jetline::check {

class FedValues {
 public:
  explicit FedValues(const Model& model) : model_(model) {}
  bool holds(const Value* value);
  // Depends on something else that is fed than integers.
  bool holds_data(const Value* value);
  bool bent(const Value* value);

 private:
  // How much is fed: 0 nothing, 1 integers only, 2 more.
  int of(const Value* value);
  int walk(const Graph& graph, int inputs_fed);
  int fed_by(const Node& node);
  void follow_shapes(const Node& node);
  const Model& model_;
  bool walked_ = false;
  std::unordered_map<const Value*, int> fed_;
  std::unordered_map<const Value*, int> shapes_;  // what follows from shapes: 1, through a unary function 2
};

}  // namespace jetline::check
