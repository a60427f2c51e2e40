// Cumsum, Cumprod and CumulativeLogsumexp. ONNX has the sum; the others double the reach of each element in
// log2(n) steps, so the length must be known.
#include <limits>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_cumsum(OpContext& c) {
  Value* x = c.tensor(0);
  Value* axis = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!axis) return c.wrong_input(1);
  // Half precision joined CumSum in opset 14.
  const DType own = c.dtype(x);
  const DType wide = own == DType::kBF16 || own == DType::kF16 ? DType::kF32 : DType::kI64;
  const auto sum = [&](Value* v) {
    return c.emit(
        "CumSum", {v, c.reshape(c.to_i64(axis), {})},
        {{"exclusive", c.bool_attr("exclusive") ? 1 : 0}, {"reverse", c.bool_attr("reverse") ? 1 : 0}});
  };
  return c.set(0, c.via(x, {DType::kF32, DType::kF64, DType::kI32, DType::kI64}, wide, sum));
}

// x moved by `by` places along the axis (towards the end, or the beginning when reverse), `fill` coming in.
Value* cumulative_shift(OpContext& c, Value* x, int64_t axis, int64_t n, int64_t by, bool reverse,
                        Value* fill) {
  std::vector<int64_t> pads(2 * static_cast<size_t>(c.rank(x)), 0);
  pads[static_cast<size_t>(reverse ? c.rank(x) + axis : axis)] = by;
  Value* kept = reverse ? c.emit("Slice", {x, c.ints({by}), c.ints({n}), c.ints({axis})})
                        : c.emit("Slice", {x, c.ints({0}), c.ints({n - by}), c.ints({axis})});
  return c.emit("Pad", {kept, c.ints(pads), fill}, {{"mode", "constant"}});
}

Value* cumulative_sum(OpContext& c, Value* v, int64_t axis) {
  return c.emit(
      "CumSum", {v, c.int_scalar(axis)},
      {{"exclusive", c.bool_attr("exclusive") ? 1 : 0}, {"reverse", c.bool_attr("reverse") ? 1 : 0}});
}

// A product of unknown length: exp of the sum of logarithms, the sign from the number of negative factors.
Value* cumulative_product_by_logs(OpContext& c, Value* x, int64_t axis) {
  const DType type = c.dtype(x);
  const bool whole = type == DType::kI32 || type == DType::kI64;
  Value* v = whole ? c.cast(x, DType::kF64) : x;
  Value* size = c.emit("Exp", {cumulative_sum(c, c.emit("Log", {c.emit("Abs", {v})}), axis)});
  Value* negative = c.cast(c.emit("Less", {v, c.scalar(0, v)}), DType::kI32);
  Value* odd = c.emit("Mod", {cumulative_sum(c, negative, axis), c.int_scalar(2, DType::kI32)});
  Value* y = c.emit("Where", {c.cast(odd, DType::kBool), c.emit("Neg", {size}), size});
  return c.cast(whole ? c.emit("Round", {y}) : y, type);
}

Value* cumulative_logsumexp_by_max(OpContext& c, Value* x, int64_t axis) {
  Value* most = c.emit("ReduceMax", {x}, {{"axes", {axis}}, {"keepdims", 1}});
  Value* sum = cumulative_sum(c, c.emit("Exp", {c.emit("Sub", {x, most})}), axis);
  return c.emit("Add", {c.emit("Log", {sum}), most});
}

template <typename Fn, typename Open>
Status cumulative_scan(OpContext& c, double neutral, const Fn& combine, const Open& open) {
  Value* x = c.tensor(0);
  int64_t axis = 0;
  if (!x) return c.wrong_input(0);
  if (!c.known_int(c.tensor(1), axis)) return c.unsupported("an axis that is only known at run time");
  if (axis < 0) axis += c.rank(x);
  const int64_t n = c.dim(x, static_cast<int>(axis));
  if (c.rank(x) < 1) return c.unsupported("an input of unknown rank");
  // Half precision joined CumSum in opset 14.
  const DType own = c.dtype(x);
  const DType wide = own == DType::kBF16 || own == DType::kF16 ? DType::kF32 : DType::kI64;
  const bool reverse = c.bool_attr("reverse");
  if (n == 0) return c.set(0, x);
  if (n < 0)
    return c.set(0, c.via(x, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64}, wide,
                          [&](Value* v) { return open(v, axis); }));
  return c.set(
      0, c.via(x, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64}, wide, [&](Value* v) {
        Value* fill = c.scalar(neutral, v);
        if (c.bool_attr("exclusive")) v = cumulative_shift(c, v, axis, n, 1, reverse, fill);
        for (int64_t by = 1; by < n; by *= 2)
          v = combine(v, cumulative_shift(c, v, axis, n, by, reverse, fill));
        return v;
      }));
}

Status convert_cumprod(OpContext& c) {
  return cumulative_scan(
      c, 1,
      [&](Value* a, Value* b) {
        return c.emit("Mul", {a, b});
      },
      [&](Value* v, int64_t axis) { return cumulative_product_by_logs(c, v, axis); });
}

// log(exp(a) + exp(b)) = max + log(1 + exp(min - max)). The lowest number stands for log 0 on the way.
Status convert_cumulative_logsumexp(OpContext& c) {
  const double lowest = -std::numeric_limits<float>::max();
  const auto combine = [&](Value* a, Value* b) {
    Value *high = c.emit("Max", {a, b}), *low = c.emit("Min", {a, b});
    Value* part = c.emit("Exp", {c.emit("Sub", {low, high})});
    return c.emit("Add", {high, c.emit("Log", {c.emit("Add", {part, c.scalar(1, part)})})});
  };
  const auto open = [&](Value* v, int64_t axis) { return cumulative_logsumexp_by_max(c, v, axis); };
  if (Status s = cumulative_scan(c, lowest, combine, open); !s.ok()) return s;
  Value* y = c.results()[0].value();
  if (!c.bool_attr("exclusive") || !y) return {};
  Value* nothing = c.emit("LessOrEqual", {y, c.scalar(lowest, y)});
  return c.set(0, c.emit("Where", {nothing, c.scalar(-std::numeric_limits<double>::infinity(), y), y}));
}

const OpRule kCumulativeRules[] = {
    {"Cumsum", convert_cumsum},
    {"Cumprod", convert_cumprod, "", "the axis must be known"},
    {"CumulativeLogsumexp", convert_cumulative_logsumexp, "", "the axis must be known"},
};

}  // namespace

Span<const OpRule> cumulative_rules() {
  return {kCumulativeRules, std::size(kCumulativeRules)};
}

}  // namespace jetline::tf
