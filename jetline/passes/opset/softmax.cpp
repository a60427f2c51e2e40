// Softmax, LogSoftmax and Hardmax: from opset 13 on along one axis; before, over the whole of [product of the
// axes before `axis`, product of the rest], with 1 as the default of `axis`.
#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

std::string softmax_up(Step& s) {
  Node& n = s.node();
  const int64_t axis = n.int_or("axis", 1);
  const int rank = Step::rank(s.in(0));
  if (axis == -1 || (rank > 0 && (axis == rank - 1 || axis == -1))) {
    n.set_attribute(Attribute("axis", int64_t{-1}));
    return "";
  }
  // [a, b] and back; nothing to say about axes in between that are 1, the general form is right for all.
  Value* flat = s.emit("Flatten", {s.in(0)}, {{"axis", axis}});
  Value* soft = s.emit(n.op().c_str(), {flat}, {{"axis", -1}});
  return s.become(s.emit("Reshape", {soft, s.emit("Shape", {s.in(0)})}));
}

std::string softmax_down(Step& s) {
  Node& n = s.node();
  int64_t axis = n.int_or("axis", -1);
  const int rank = Step::rank(s.in(0));
  if (axis < 0 && rank > 0) axis += rank;
  if (axis == -1 || axis == rank - 1) {
    n.set_attribute(Attribute("axis", axis));  // the last one: nothing is flattened into it
    return "";
  }
  if (rank < 0 || axis < 0 || axis >= rank) return "softmax along an inner axis of a tensor of unknown rank";
  std::vector<int64_t> order;
  for (int64_t i = 0; i < rank; ++i) order.push_back(i);
  std::swap(order[static_cast<size_t>(axis)], order.back());
  Value* moved = s.emit("Transpose", {s.in(0)}, {{"perm", order}});
  Value* soft = s.emit(n.op().c_str(), {moved}, {{"axis", int64_t{rank} - 1}});
  return s.become(s.emit("Transpose", {soft}, {{"perm", order}}));
}

const Change kSoftmaxChanges[] = {
    {"Softmax", 13, softmax_up, softmax_down},
    {"LogSoftmax", 13, softmax_up, softmax_down},
    {"Hardmax", 13, softmax_up, softmax_down},
};
}  // namespace

Span<const Change> softmax_changes() {
  return {kSoftmaxChanges, sizeof(kSoftmaxChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
