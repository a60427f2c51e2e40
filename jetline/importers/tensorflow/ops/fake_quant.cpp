// FakeQuantWithMinMaxArgs, …Vars and …VarsPerChannel (tensorflow/core/kernels/fake_quant_ops_functor.h). The
// range is nudged so that zero is one of the steps. Constant ranges of up to 8 bits become QuantizeLinear and
// DequantizeLinear (int8, zero point shifted by 128, which engines with symmetric int8 take when the range is
// symmetric); everything else is written out: floor((clamp(x) - min) / scale - zero + 0.5) * scale.
#include <cmath>

#include "jetline/importers/tensorflow/ops/quantize.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

struct FakeRange {
  Value *scale, *zero, *low, *high;  // float32 [] or [channels]; zero in steps above `low`
};

// The nudged range of qmin … qmax steps.
FakeRange fake_range(OpContext& c, Value* min, Value* max, int64_t qmin, int64_t qmax) {
  const auto number = [&](int64_t v) { return c.scalar(static_cast<double>(v), DType::kF32); };
  FakeRange r{};
  r.scale = c.emit("Div", {c.emit("Sub", {max, min}), number(qmax - qmin)});
  Value* from_min = c.emit("Sub", {number(qmin), c.emit("Div", {min, r.scale})});
  Value* rounded = c.emit("Floor", {c.emit("Add", {from_min, c.scalar(0.5, DType::kF32)})});
  Value* point = c.emit("Min", {c.emit("Max", {rounded, number(qmin)}), number(qmax)});
  r.low = c.emit("Mul", {c.emit("Sub", {number(qmin), point}), r.scale});
  r.high = c.emit("Mul", {c.emit("Sub", {number(qmax), point}), r.scale});
  r.zero = c.emit("Sub", {point, number(qmin)});
  return r;
}

Status fake_quant(OpContext& c, Value* min, Value* max, bool per_channel) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const int64_t bits = c.int_attr("num_bits", 8);
  if (bits < 2 || bits > 16) return c.unsupported("num_bits " + std::to_string(bits));
  const int64_t qmin = c.bool_attr("narrow_range") ? 1 : 0, qmax = (int64_t{1} << bits) - 1;
  const FakeRange r = fake_range(c, c.cast(min, DType::kF32), c.cast(max, DType::kF32), qmin, qmax);
  std::vector<double> scale, zero;
  const bool known = c.known_floats(r.scale, scale) && c.known_floats(r.zero, zero);
  if (known && bits <= 8 && scale.size() == zero.size()) {
    QuantizeSteps q;
    q.clamp = bits < 8 || qmin != 0;
    q.low = r.low;
    q.high = r.high;
    q.axis = per_channel ? -1 : INT64_MIN;
    for (size_t i = 0; i < scale.size(); ++i) {
      q.scale.push_back(static_cast<float>(scale[i]));
      q.zero.push_back(static_cast<int64_t>(zero[i]) + qmin - 128);
    }
    q.is_signed = true;
    return c.set(0, emit_quantize_dequantize(c, x, q));
  }
  Value* clamped = c.emit("Max", {c.emit("Min", {x, r.high}), r.low});
  Value* steps = c.emit("Sub", {c.emit("Div", {c.emit("Sub", {clamped, r.low}), r.scale}), r.zero});
  steps = c.emit("Floor", {c.emit("Add", {steps, c.scalar(0.5, DType::kF32)})});
  return c.set(0, c.emit("Mul", {steps, r.scale}));
}

Status convert_fake_args(OpContext& c) {
  return fake_quant(c, c.scalar(c.float_attr("min", -6), DType::kF32),
                    c.scalar(c.float_attr("max", 6), DType::kF32), false);
}

Status fake_vars(OpContext& c, bool per_channel) {
  if (!c.tensor(1)) return c.wrong_input(1);
  if (!c.tensor(2)) return c.wrong_input(2);
  return fake_quant(c, c.tensor(1), c.tensor(2), per_channel);
}

Status convert_fake_vars(OpContext& c) {
  return fake_vars(c, false);
}
Status convert_fake_channels(OpContext& c) {
  return fake_vars(c, true);
}

const char kFakeNote[] = "constant ranges of up to 8 bits as QuantizeLinear and DequantizeLinear";
const OpRule kFakeRules[] = {
    {"FakeQuantWithMinMaxArgs", convert_fake_args, "", kFakeNote},
    {"FakeQuantWithMinMaxVars", convert_fake_vars, "", kFakeNote},
    {"FakeQuantWithMinMaxVarsPerChannel", convert_fake_channels, "", kFakeNote},
};

}  // namespace

Span<const OpRule> fake_quant_rules() {
  return {kFakeRules, std::size(kFakeRules)};
}

}  // namespace jetline::tf
