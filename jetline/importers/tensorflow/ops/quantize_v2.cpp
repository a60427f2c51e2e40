// QuantizeV2 (tensorflow/core/kernels/quantize_op.cc): float to a quantised type with the range beside it.
// The range is widened to hold zero and to a least width before use.
#include <limits>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Value* quantize_v2_number(OpContext& c, double v) {
  return c.scalar(v, DType::kF32);
}

Value* quantize_v2_round(OpContext& c, Value* v, bool even) {
  if (even) return c.emit("Round", {v});
  Value* size = c.emit("Floor", {c.emit("Add", {c.emit("Abs", {v}), quantize_v2_number(c, 0.5)})});
  return c.emit("Mul", {c.emit("Sign", {v}), size});  // halves away from zero
}

struct QuantizeV2Call {
  Value *x, *min, *max;  // float32; the range stretched along the axis
  double low, high;      // of the type
  bool even, narrow;
};

Value* quantize_v2_scaled(OpContext& c, QuantizeV2Call& q) {
  const double least = q.low + (q.narrow ? 1 : 0);
  Value *zero = quantize_v2_number(c, 0), *one = quantize_v2_number(c, 1);
  Value* huge = quantize_v2_number(c, std::numeric_limits<float>::max());
  const auto side = [&](Value* end, double steps, const char* counts) {
    Value* good = c.emit(counts, {end, zero});
    return c.emit(
        "Where",
        {good, c.emit("Div", {quantize_v2_number(c, steps), c.emit("Where", {good, end, one})}), huge});
  };
  Value* scale = side(q.max, q.high, "Greater");
  if (least < 0) scale = c.emit("Min", {scale, side(q.min, least, "Less")});
  q.min = c.emit("Div", {quantize_v2_number(c, least), scale});
  q.max = c.emit("Div", {quantize_v2_number(c, q.high), scale});
  Value* clamped = c.emit("Max", {c.emit("Min", {q.x, q.max}), q.min});
  return quantize_v2_round(c, c.emit("Mul", {clamped, scale}), q.even);
}

Value* quantize_v2_combined(OpContext& c, const QuantizeV2Call& q) {
  Value* scale = c.emit("Div", {quantize_v2_number(c, q.high - q.low), c.emit("Sub", {q.max, q.min})});
  Value* clamped = c.emit("Max", {c.emit("Min", {q.x, q.max}), q.min});
  Value* steps = c.emit("Mul", {c.emit("Sub", {clamped, q.min}), scale});
  if (q.low == 0) return c.emit("Floor", {c.emit("Add", {steps, quantize_v2_number(c, 0.5)})});
  return quantize_v2_round(c, c.emit("Sub", {steps, quantize_v2_number(c, (q.high - q.low + 1) / 2)}), false);
}

Value* quantize_v2_first(OpContext& c, const QuantizeV2Call& q) {
  Value* scale = c.emit("Div", {quantize_v2_number(c, q.high - q.low), c.emit("Sub", {q.max, q.min})});
  const auto rounded = [&](Value* v) { return quantize_v2_round(c, c.emit("Mul", {v, scale}), false); };
  Value* y = c.emit("Sub", {rounded(q.x), rounded(q.min)});
  y = c.emit("Add", {y, quantize_v2_number(c, q.low)});
  return c.emit("Clip", {y, quantize_v2_number(c, q.low), quantize_v2_number(c, q.high)});
}

Status convert_quantize_with_range(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  const DType type = c.dtype_attr("T");
  QuantizeV2Call q{};
  if (type == DType::kU8) q.high = 255;
  if (type == DType::kI8) q.low = -128, q.high = 127;
  if (type == DType::kU16) q.high = 65535;
  if (type == DType::kI16) q.low = -32768, q.high = 32767;
  if (q.high == 0) return c.unsupported("a quantised type of more than 16 bits");
  const std::string mode = c.string_attr("mode", "MIN_COMBINED");
  q.even = c.string_attr("round_mode", "HALF_AWAY_FROM_ZERO") == "HALF_TO_EVEN";
  q.narrow = c.bool_attr("narrow_range");
  q.x = c.cast(c.tensor(0), DType::kF32);
  const int64_t axis = c.int_attr("axis", -1);
  if (axis >= 0 && c.rank(q.x) < 0) return c.unsupported("channels of an input of unknown rank");
  std::vector<int64_t> behind;
  for (int64_t i = 1; axis >= 0 && i < c.rank(q.x) - axis; ++i) behind.push_back(i);
  Value *zero = quantize_v2_number(c, 0), *one = quantize_v2_number(c, 1);
  Value *min = c.cast(c.tensor(1), DType::kF32), *max = c.cast(c.tensor(2), DType::kF32);
  Value* widest = c.emit("Max", {c.emit("Abs", {min}), c.emit("Abs", {max}), one});
  Value* least = c.emit("Mul", {widest, quantize_v2_number(c, c.float_attr("ensure_minimum_range", 0.01f))});
  min = c.emit("Min", {min, zero});
  max = c.emit("Max", {max, c.emit("Add", {min, least}), zero});
  q.min = c.unsqueeze(min, behind);
  q.max = c.unsqueeze(max, behind);
  Value* y = nullptr;
  if (mode == "SCALED") y = quantize_v2_scaled(c, q);
  if (mode == "MIN_COMBINED") y = quantize_v2_combined(c, q);
  if (mode == "MIN_FIRST") y = quantize_v2_first(c, q);
  if (!y) return c.unsupported("mode " + mode);
  if (Status s = c.set(0, c.cast(y, type)); !s.ok()) return s;
  if (Status s = c.set(1, c.squeeze(q.min, behind)); !s.ok()) return s;
  return c.set(2, c.squeeze(q.max, behind));
}

const OpRule kQuantizeV2Rules[] = {
    {"QuantizeV2", convert_quantize_with_range, "output,output_min,output_max", "types of up to 16 bits"},
};

}  // namespace

Span<const OpRule> quantize_v2_rules() {
  return {kQuantizeV2Rules, std::size(kQuantizeV2Rules)};
}

}  // namespace jetline::tf
