// QuantizeAndDequantize V1 to V4 (tensorflow/core/kernels/quantize_and_dequantize_op.h), QuantizeV2 and
// Dequantize (quantize_op.cc, dequantize_op.cc).
#include "jetline/importers/tensorflow/ops/quantize.h"

#include <limits>

#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {

Value* emit_quantize_dequantize(OpContext& c, Value* x, const QuantizeSteps& q) {
  const DType type = c.dtype(x);
  x = c.cast(x, DType::kF32);
  if (q.clamp) x = c.emit("Max", {c.emit("Min", {x, q.high}), q.low});
  const bool channels = q.axis != INT64_MIN;
  std::vector<int64_t> dims;
  if (channels) dims.push_back(static_cast<int64_t>(q.scale.size()));
  std::vector<uint8_t> zero;
  for (const int64_t z : q.zero) zero.push_back(static_cast<uint8_t>(z));
  Value* scale = c.floats(dims, q.scale);
  Value* point =
      c.constant(Tensor::own(q.is_signed ? DType::kI8 : DType::kU8, dims, std::move(zero)).value());
  std::vector<AttrArg> attributes;
  if (channels) {
    const int64_t axis = q.axis < 0 && c.rank(x) > 0 ? q.axis + c.rank(x) : q.axis;
    attributes.push_back({"axis", axis});
  }
  Value* steps = c.emit("QuantizeLinear", {x, scale, point}, attributes);
  return c.cast(c.emit("DequantizeLinear", {steps, scale, point}, attributes), type);
}

namespace {

struct QuantizeRange {
  Value *low, *high, *scale, *inverse;  // float32; scale is steps a unit
};

// The larger of the two step sizes that the ends of the range ask for; zero stays a step.
QuantizeRange quantize_range(OpContext& c, Value* min, Value* max, int64_t qmin, int64_t qmax) {
  const auto number = [&](double v) { return c.scalar(v, DType::kF32); };
  Value *low = number(static_cast<double>(qmin)), *high = number(static_cast<double>(qmax));
  Value *zero = number(0), *one = number(1), *huge = number(std::numeric_limits<float>::max());
  Value* max_counts = c.emit("Greater", {max, zero});
  Value* from_max =
      c.emit("Where", {max_counts, c.emit("Div", {high, c.emit("Where", {max_counts, max, one})}), huge});
  QuantizeRange r{};
  Value* inverse_max = c.emit("Div", {max, high});
  if (qmin == 0) {
    r = {c.emit("Mul", {low, inverse_max}), max, from_max, inverse_max};
    return r;
  }
  Value* min_counts = c.emit("Less", {min, zero});
  Value* from_min =
      c.emit("Where", {min_counts, c.emit("Div", {low, c.emit("Where", {min_counts, min, one})}), huge});
  Value* inverse_min = c.emit("Div", {min, low});
  Value* by_min = c.emit("Less", {from_min, from_max});
  r.scale = c.emit("Where", {by_min, from_min, from_max});
  r.inverse = c.emit("Where", {by_min, inverse_min, inverse_max});
  r.low = c.emit("Where", {by_min, min, c.emit("Mul", {low, inverse_max})});
  r.high = c.emit("Where", {by_min, c.emit("Mul", {high, inverse_min}), max});
  return r;
}

Status quantize_and_back(OpContext& c, Value* min, Value* max, int64_t bits, bool half_up,
                         bool given_default = false) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const bool is_signed = c.bool_attr("signed_input", true), narrow = c.bool_attr("narrow_range");
  const bool given = c.bool_attr("range_given", given_default);
  const int64_t axis = c.int_attr("axis", -1);
  if (bits < 1 || bits > 62) return c.unsupported("num_bits " + std::to_string(bits));
  const int64_t qmin = is_signed ? -(int64_t{1} << (bits - 1)) + (narrow ? 1 : 0) : 0;
  const int64_t qmax = is_signed ? (int64_t{1} << (bits - 1)) - 1 : (int64_t{1} << bits) - 1;
  const DType type = c.dtype(x);
  Value* v = c.cast(x, DType::kF32);
  const int rank = c.rank(x);
  if (axis >= 0 && rank < 0) return c.unsupported("channels of an input of unknown rank");
  if (!given) {
    std::vector<int64_t> axes;
    for (int i = 0; i < rank; ++i)
      if (axis < 0 || i != axis) axes.push_back(i);
    std::vector<AttrArg> attributes{{"keepdims", axis >= 0 ? 1 : 0}};
    if (axis >= 0) attributes.push_back({"axes", axes});
    min = c.emit("ReduceMin", {v}, attributes);
    max = c.emit("ReduceMax", {v}, attributes);
  } else if (axis >= 0) {  // [channels] stretched along its axis
    std::vector<int64_t> behind;
    for (int i = 1; i < rank - axis; ++i) behind.push_back(i);
    min = c.unsqueeze(min, behind);
    max = c.unsqueeze(max, behind);
  }
  const QuantizeRange r = quantize_range(c, c.cast(min, DType::kF32), c.cast(max, DType::kF32), qmin, qmax);
  std::vector<double> inverse;
  if (given && bits <= 8 && !half_up && c.known_floats(r.inverse, inverse)) {
    QuantizeSteps q;
    q.is_signed = is_signed;
    q.axis = axis >= 0 ? axis : INT64_MIN;
    q.clamp = bits < 8 || narrow;
    q.low = r.low;
    q.high = r.high;
    bool sound = true;
    for (const double s : inverse) {
      sound = sound && s > 0;
      q.scale.push_back(static_cast<float>(s));
      q.zero.push_back(0);
    }
    if (sound) return c.set(0, emit_quantize_dequantize(c, x, q));
  }
  if (given) v = c.emit("Max", {c.emit("Min", {v, r.high}), r.low});
  v = c.emit("Mul", {v, r.scale});
  v = half_up ? c.emit("Floor", {c.emit("Add", {v, c.scalar(0.5, v)})}) : c.emit("Round", {v});
  return c.set(0, c.cast(c.emit("Mul", {v, r.inverse}), type));
}

Status convert_quantize_v1(OpContext& c) {
  return quantize_and_back(c, c.scalar(c.float_attr("input_min"), DType::kF32),
                           c.scalar(c.float_attr("input_max"), DType::kF32), c.int_attr("num_bits", 8),
                           false);
}

Status convert_quantize_v2(OpContext& c) {
  if (!c.tensor(1)) return c.wrong_input(1);
  if (!c.tensor(2)) return c.wrong_input(2);
  return quantize_and_back(c, c.tensor(1), c.tensor(2), c.int_attr("num_bits", 8),
                           c.string_attr("round_mode", "HALF_TO_EVEN") == "HALF_UP");
}

// num_bits is input 3.
Status convert_quantize_v3(OpContext& c) {
  if (!c.tensor(1)) return c.wrong_input(1);
  if (!c.tensor(2)) return c.wrong_input(2);
  int64_t bits = 0;
  if (!c.known_int(c.tensor(3), bits)) return c.unsupported("num_bits that is only known at run time");
  return quantize_and_back(c, c.tensor(1), c.tensor(2), bits, false, true);
}

struct QuantizeLimits {
  double min, max;
};

bool quantize_limits(DType t, QuantizeLimits* l) {
  if (t == DType::kU8) *l = {0, 255};
  if (t == DType::kI8) *l = {-128, 127};
  if (t == DType::kU16) *l = {0, 65535};
  if (t == DType::kI16) *l = {-32768, 32767};
  if (t == DType::kI32) *l = {-2147483648.0, 2147483647.0};
  return t == DType::kU8 || t == DType::kI8 || t == DType::kU16 || t == DType::kI16 || t == DType::kI32;
}

Value* quantize_along(OpContext& c, Value* v, int64_t axis, int rank) {
  std::vector<int64_t> behind;
  for (int i = 1; axis >= 0 && i < rank - axis; ++i) behind.push_back(i);
  return c.unsqueeze(c.cast(v, DType::kF32), behind);
}

// The step of mode SCALED: max / 255, or the larger of both ends' for signed types.
Value* quantize_scaled_step(OpContext& c, Value* min, Value* max, const QuantizeLimits& l, bool narrow) {
  Value* high = c.emit("Div", {max, c.scalar(l.max, DType::kF32)});
  if (l.min == 0) return high;
  return c.emit("Max", {c.emit("Div", {min, c.scalar(l.min + (narrow ? 1 : 0), DType::kF32)}), high});
}

Status convert_dequantize(OpContext& c) {
  Value* x = c.tensor(0);
  QuantizeLimits l{};
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  if (!quantize_limits(c.dtype(x), &l)) return c.unsupported("this quantised type");
  const std::string mode = c.string_attr("mode", "MIN_COMBINED");
  const int64_t axis = c.int_attr("axis", -1);
  if (axis >= 0 && c.rank(x) < 0) return c.unsupported("channels of an input of unknown rank");
  Value* min = quantize_along(c, c.tensor(1), axis, c.rank(x));
  Value* max = quantize_along(c, c.tensor(2), axis, c.rank(x));
  Value* v = c.cast(x, DType::kF32);
  const DType out = c.dtype_attr("dtype", DType::kF32);
  if (mode == "SCALED") {
    Value* step = quantize_scaled_step(c, min, max, l, c.bool_attr("narrow_range"));
    return c.set(0, c.cast(c.emit("Mul", {v, step}), out));
  }
  Value* step = c.emit("Div", {c.emit("Sub", {max, min}), c.scalar(l.max - l.min, DType::kF32)});
  if (mode == "MIN_COMBINED") {
    if (l.min != 0) v = c.emit("Add", {v, c.scalar((l.max - l.min + 1) / 2, DType::kF32)});
    return c.set(0, c.cast(c.emit("Add", {c.emit("Mul", {v, step}), min}), out));
  }
  if (mode != "MIN_FIRST") return c.unsupported("mode " + mode);
  // The lowest step lies on a multiple of the step size.
  Value* first = c.emit("Mul", {c.emit("Round", {c.emit("Div", {min, step})}), step});
  v = c.emit("Sub", {v, c.scalar(l.min, DType::kF32)});
  return c.set(0, c.cast(c.emit("Add", {c.emit("Mul", {v, step}), first}), out));
}

const char kQadNote[] = "given constant ranges of up to 8 bits as QuantizeLinear and DequantizeLinear";
const char kQuantizedNote[] =
    "computes on quantised numbers with ranges beside them; export the float model, or fake quantisation";
const OpRule kQuantizeRules[] = {
    {"QuantizeAndDequantize", convert_quantize_v1, "", kQadNote},
    {"QuantizeAndDequantizeV2", convert_quantize_v2, "", kQadNote},
    {"QuantizeAndDequantizeV3", convert_quantize_v3, "", kQadNote},
    {"QuantizeAndDequantizeV4", convert_quantize_v2, "", kQadNote},
    {"Dequantize", convert_dequantize, "", "MIN_COMBINED, MIN_FIRST and SCALED"},
    {"Requantize", nullptr, "output,output_min,output_max", kQuantizedNote},
    {"RequantizationRange", nullptr, "output_min,output_max", kQuantizedNote},
    {"QuantizeDownAndShrinkRange", nullptr, "output,output_min,output_max", kQuantizedNote},
    {"QuantizedConv2D", nullptr, "output,min_output,max_output", kQuantizedNote},
    {"QuantizedMatMul", nullptr, "out,min_out,max_out", kQuantizedNote},
    {"QuantizedBiasAdd", nullptr, "output,min_out,max_out", kQuantizedNote},
    {"QuantizedRelu", nullptr, "activations,min_activations,max_activations", kQuantizedNote},
    {"QuantizedRelu6", nullptr, "activations,min_activations,max_activations", kQuantizedNote},
    {"QuantizedMaxPool", nullptr, "output,min_output,max_output", kQuantizedNote},
    {"QuantizedAvgPool", nullptr, "output,min_output,max_output", kQuantizedNote},
    {"QuantizedAdd", nullptr, "z,min_z,max_z", kQuantizedNote},
    {"QuantizedMul", nullptr, "z,min_z,max_z", kQuantizedNote},
    {"QuantizedConcat", nullptr, "output,output_min,output_max", kQuantizedNote},
    {"QuantizedReshape", nullptr, "output,output_min,output_max", kQuantizedNote},
};

}  // namespace

Span<const OpRule> quantize_rules() {
  return {kQuantizeRules, std::size(kQuantizeRules)};
}

}  // namespace jetline::tf
