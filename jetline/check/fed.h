// Which values depend on what a caller feeds, and not only on constants and on shapes. TensorRT computes
// those that do not while it builds; sizes and axes that layers want as build-time knowledge can come from
// them alone.
//
// The result of Shape and Size is not fed, random numbers are; what a Loop or Scan carries is, as soon as
// anything that goes in is. One pass over the model when first asked. Refers to the model. Threads: one.
#pragma once

#include <unordered_set>

#include "jetline/graph/graph.h"

namespace jetline::check {

class FedValues {
 public:
  explicit FedValues(const Model& model) : model_(model) {}
  bool holds(const Value* value);

 private:
  bool walk(const Graph& graph, bool inputs_fed);
  bool is_fed(const Node& node);
  const Model& model_;
  bool walked_ = false;
  std::unordered_set<const Value*> fed_;
};

}  // namespace jetline::check
