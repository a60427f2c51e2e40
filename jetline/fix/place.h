// One node that a rewrite takes apart, and writing its replacement in the operator set that the model has:
// operators whose attributes became inputs over time have one function each here. Threads: as the Model.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "jetline/fix/rewrite.h"

namespace jetline::fix {

// What became of a place.
struct Outcome {
  enum class Kind { kDone, kSkipped, kRefused };
  Kind kind = Kind::kDone;
  std::string why;  // of a refusal

  static Outcome skipped() { return {Kind::kSkipped, ""}; }
  static Outcome refused(std::string why) { return {Kind::kRefused, std::move(why)}; }
};

class Place : public passes::opset::Step {
 public:
  Place(FixContext& c, Node& n) : Step(c.model, *c.inference, c.shared, n), context_(c) {}

  FixContext& context() { return context_; }
  int64_t opset() const { return context_.opset; }
  // Content of input i as numbers, constants and what is followed through shapes alike.
  bool known(size_t i, std::vector<double>& out) const;

  // --- writing in any operator set from 7 on
  Value* reduce(const char* op, Value* x, std::vector<int64_t> axes, bool keep);
  Value* squeeze(Value* x, std::vector<int64_t> axes) { return axes_op("Squeeze", x, std::move(axes)); }
  Value* unsqueeze(Value* x, std::vector<int64_t> axes) { return axes_op("Unsqueeze", x, std::move(axes)); }
  Value* slice(Value* x, std::vector<int64_t> axes, std::vector<int64_t> starts, std::vector<int64_t> ends);
  // With a number, 0 by itself; pads as ONNX lists them: all begins, then all ends.
  Value* pad(Value* x, std::vector<int64_t> pads, double value = 0);
  Value* clip(Value* x, double low, double high);
  Value* reshape(Value* x, const std::vector<int64_t>& dims) { return emit("Reshape", {x, int_list(dims)}); }
  Value* transpose(Value* x, const std::vector<int64_t>& perm);  // itself when nothing moves
  Value* gather(Value* x, const std::vector<int64_t>& indices, int64_t axis);
  Value* gather(Value* x, Value* indices, int64_t axis);
  Value* add(Value* a, Value* b) { return emit("Add", {a, b}); }
  Value* sub(Value* a, Value* b) { return emit("Sub", {a, b}); }
  Value* mul(Value* a, Value* b) { return emit("Mul", {a, b}); }
  Value* div(Value* a, Value* b) { return emit("Div", {a, b}); }
  Value* where(Value* c, Value* a, Value* b) { return emit("Where", {c, a, b}); }

  // Tuples of indices (the last axis of `indices`) into axes of those sizes as one index: columns times
  // strides, added up, negative ones counted from the end. Reductions of integers are not read by most
  // releases.
  Value* flat_index(Value* indices, const std::vector<int64_t>& sizes);

  // Output 0 is `with` from now on, under the name that it had, and the node goes.
  Outcome done(Value* with);

 private:
  Value* axes_op(const char* op, Value* x, std::vector<int64_t> axes);
  FixContext& context_;
};

bool is_floating(DType t);
std::vector<int64_t> iota(int64_t n);  // 0, 1, … n - 1

using PlaceRule = Outcome (*)(Place&);
// Runs `rule` on every wanted node of these ai.onnx operators, subgraphs included; how many were changed.
Result<int> rewrite_places(FixContext& c, std::initializer_list<const char*> ops, PlaceRule rule);

}  // namespace jetline::fix
