// Reverse, ReverseV2, ReverseSequence, Roll.
#include <cstdint>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Value* reverse_axes(OpContext& c, Value* x, const std::vector<int64_t>& axes) {
  if (axes.empty()) return x;
  const std::vector<int64_t> last(axes.size(), -1), before_first(axes.size(), INT64_MIN),
      back(axes.size(), -1);
  return c.emit("Slice", {x, c.ints(last), c.ints(before_first), c.ints(axes), c.ints(back)});
}

Status convert_reverse(OpContext& c) {
  Value *x = c.tensor(0), *which = c.tensor(1);
  if (!x || !which) return c.wrong_input(x ? 1 : 0);
  std::vector<int64_t> flags, axes;
  if (!c.known_ints(c.cast(which, DType::kI64), flags))
    return c.unsupported("axes that are computed while the model runs");
  for (size_t i = 0; i < flags.size(); ++i)
    if (flags[i]) axes.push_back(static_cast<int64_t>(i));
  return c.set(0, reverse_axes(c, x, axes));
}

Status convert_reverse_v2(OpContext& c) {
  Value *x = c.tensor(0), *axis = c.tensor(1);
  if (!x || !axis) return c.wrong_input(x ? 1 : 0);
  std::vector<int64_t> axes;
  if (!c.known_ints(axis, axes)) return c.unsupported("axes that are computed while the model runs");
  if (c.rank(x) >= 0 && !normalize_axes(axes, c.rank(x)))
    return c.unsupported("an axis is outside of the input's rank");
  return c.set(0, reverse_axes(c, x, axes));
}

// ONNX takes batch and time on the first two axes only.
Status convert_reverse_sequence(OpContext& c) {
  Value *x = c.tensor(0), *lengths = c.tensor(1);
  if (!x || !lengths) return c.wrong_input(x ? 1 : 0);
  int64_t time = c.int_attr("seq_dim"), batch = c.int_attr("batch_dim");
  const int rank = c.rank(x);
  if (rank < 0) return c.unsupported("an input of unknown rank");
  if (!normalize_axis(time, rank) || !normalize_axis(batch, rank) || time == batch)
    return c.unsupported("seq_dim or batch_dim out of range");
  std::vector<int64_t> there = {time, batch}, back(static_cast<size_t>(rank));
  if (batch < 2 && time < 2) there = {0, 1};
  for (int64_t i = 0; i < rank; ++i)
    if (i != there[0] && i != there[1]) there.push_back(i);
  for (size_t i = 0; i < there.size(); ++i) back[static_cast<size_t>(there[i])] = static_cast<int64_t>(i);
  const int64_t time_axis = back[static_cast<size_t>(time)];
  Value* y = c.emit("ReverseSequence", {c.transpose(x, there), c.to_i64(lengths)},
                    {{"batch_axis", 1 - time_axis}, {"time_axis", time_axis}});
  return c.set(0, c.transpose(y, back));
}

// Element i goes to (i + shift) mod n: the last `shift` elements, then the others. Shifts of one axis add up.
Status convert_roll(OpContext& c) {
  Value *x = c.tensor(0), *shift = c.tensor(1), *axis = c.tensor(2);
  if (!x) return c.wrong_input(0);
  if (!shift || !axis) return c.wrong_input(shift ? 2 : 1);
  std::vector<int64_t> axes, shifts;
  if (!c.known_ints(axis, axes)) return c.unsupported("axes that are computed while the model runs");
  const bool known = c.known_ints(shift, shifts);
  if (known && shifts.size() != axes.size()) return c.unsupported("as many shifts as axes are needed");
  Value* all = as_vector(c, shift);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (c.rank(x) >= 0 && !normalize_axis(axes[i], c.rank(x)))
      return c.unsupported("an axis is outside of the input's rank");
    const int64_t n = c.dim(x, static_cast<int>(axes[i]));
    if (n == 0) continue;
    if (known && n > 0) {
      const int64_t s = ((shifts[i] % n) + n) % n;
      if (s == 0) continue;
      x = concatenated(c, {sliced(c, x, axes[i], n - s, INT64_MAX), sliced(c, x, axes[i], 0, n - s)},
                       axes[i]);
      continue;
    }
    const auto at = static_cast<int64_t>(i);
    Value* size = dim_vector(c, x, axes[i]);
    Value* by = known ? c.ints({shifts[i]}) : sliced(c, all, 0, at, at + 1);
    // n - (shift mod n), which is n for no shift at all: an empty piece and everything.
    Value* cut = c.emit("Sub", {size, c.emit("Mod", {by, c.emit("Max", {size, c.ints({1})})})});
    Value* axis_value = c.ints({axes[i]});
    Value* tail = c.emit("Slice", {x, cut, c.ints({INT64_MAX}), axis_value});
    Value* head = c.emit("Slice", {x, c.ints({0}), cut, axis_value});
    const std::vector<Dim> shape = x->type.shape;
    const bool ranked = x->type.has_shape;
    x = concatenated(c, {tail, head}, axes[i]);
    if (ranked) refine_shape(x, shape);
  }
  return c.set(0, x);
}

const OpRule kReverseRules[] = {
    {"Reverse", convert_reverse, "", "constant axes"},
    {"ReverseSequence", convert_reverse_sequence},
    {"ReverseV2", convert_reverse_v2, "", "constant axes"},
    {"Roll", convert_roll, "", "constant axes"},
};
}  // namespace

Span<const OpRule> reverse_rules() {
  return {kReverseRules, sizeof(kReverseRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
