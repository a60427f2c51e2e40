// QuantizeLinear and DequantizeLinear (10, 13, 19, 21).
#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

bool quantize_scalar(const Value* scale) {
  return Step::rank(scale) == 0 || (Step::rank(scale) == 1 && Step::dim(scale, 0) == 1);
}

// Scale or zero point of one axis brought to where it broadcasts against x; null: it cannot be.
Value* quantize_along(Step& s, Value* v, Value* x) {
  if (!v || quantize_scalar(v)) return v;
  const int rank = Step::rank(x);
  int64_t axis = s.node().int_or("axis", 1);
  axis += axis < 0 ? rank : 0;
  if (rank < 1 || axis < 0 || axis >= rank || Step::rank(v) != 1) return nullptr;
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  dims[static_cast<size_t>(axis)] = -1;
  return s.emit("Reshape", {v, s.int_list(dims)});
}

struct QuantizeRange {
  double low, high;
};
bool quantize_range(DType t, QuantizeRange& r) {
  if (t == DType::kU8) return r = {0, 255}, true;
  if (t == DType::kI8) return r = {-128, 127}, true;
  if (t == DType::kU16) return r = {0, 65535}, true;
  if (t == DType::kI16) return r = {-32768, 32767}, true;
  return false;
}

// Round(x / scale), by hand where Round is too new, plus zero point, cut to the range of the type.
std::string quantize_apart(Step& s, bool round_by_hand) {
  const DType t = s.in(2) ? Step::dtype(s.in(2)) : DType::kU8;
  QuantizeRange range{};
  Value *x = s.in(0), *scale = quantize_along(s, s.in(1), x);
  if (!quantize_range(t, range) || !scale) return "quantises to " + std::string(dtype_name(t));
  Value* zero = s.in(2) ? quantize_along(s, s.cast(s.in(2), DType::kF32), x) : nullptr;
  Value* y = s.emit("Div", {s.cast(x, DType::kF32), s.cast(scale, DType::kF32)});
  if (round_by_hand) {
    Value* half = s.scalar(0.5, DType::kF32);
    Value* low = s.emit("Floor", {y});
    Value* rest = s.emit("Sub", {y, low});
    Value* pairs = s.emit("Floor", {s.emit("Mul", {low, half})});
    Value* odd = s.emit("Greater", {s.emit("Sub", {low, s.emit("Add", {pairs, pairs})}), half});
    Value* over = s.emit("Greater", {rest, half});
    Value* tie = s.emit("Not", {s.emit("Or", {over, s.emit("Less", {rest, half})})});
    y = s.emit("Add", {low, s.cast(s.emit("Or", {over, s.emit("And", {tie, odd})}), DType::kF32)});
  } else {
    y = s.emit("Round", {y});
  }
  if (zero) y = s.emit("Add", {y, zero});
  if (round_by_hand) {
    y = s.emit("Clip", {y}, {{"min", range.low}, {"max", range.high}});
  } else {
    y = s.emit("Clip", {y, s.scalar(range.low, DType::kF32), s.scalar(range.high, DType::kF32)});
  }
  return s.become(s.cast(y, t));
}

std::string dequantize_apart(Step& s) {
  Value *x = s.in(0), *scale = quantize_along(s, s.in(1), x);
  if (!scale) return "scales along an axis of a tensor of unknown rank";
  const DType t = Step::dtype(s.in(1));
  Value* y = s.cast(x, t);
  if (s.in(2)) {
    Value* zero = quantize_along(s, s.cast(s.in(2), t), x);
    if (!zero) return "scales along an axis of a tensor of unknown rank";
    y = s.emit("Sub", {y, zero});
  }
  return s.become(s.emit("Mul", {y, scale}));
}

std::string quantize_down_10(Step& s) {
  return quantize_apart(s, true);
}

// Before 13 there is one scale for all.
std::string quantize_down_13(Step& s) {
  if (!quantize_scalar(s.in(1))) return quantize_apart(s, false);
  s.node().remove_attribute("axis");
  return "";
}
std::string dequantize_down_13(Step& s) {
  if (!quantize_scalar(s.in(1))) return dequantize_apart(s);
  s.node().remove_attribute("axis");
  return "";
}

std::string quantize_down_19(Step& s) {
  s.node().remove_attribute("saturate");  // says something only of 8-bit floats, which the types refuse
  return "";
}

std::string quantize_down_21(Step& s) {
  Node& n = s.node();
  if (n.int_or("block_size", 0) != 0) return "scales by blocks (block_size)";
  const int64_t to = n.int_or("output_dtype", 0);
  n.remove_attribute("block_size");
  n.remove_attribute("output_dtype");
  if (to == 0 || s.in(2)) return "";
  QuantizeRange range{};
  const auto t = static_cast<DType>(to);
  if (to > static_cast<int64_t>(DType::kI2) || !quantize_range(t, range))
    return "quantises to " + std::string(dtype_name(t));
  if (quantize_scalar(s.in(1))) {
    n.set_input(2, s.scalar(0, t));
    return "";
  }
  const int64_t count = s.dim(s.in(1), 0);
  if (Step::rank(s.in(1)) != 1 || count < 0 || count > 1 << 20) return "scales of unknown number";
  n.set_input(2, s.tensor(t, {count}, std::vector<double>(static_cast<size_t>(count), 0.0)));
  return "";
}
std::string dequantize_down_21(Step& s) {
  if (s.node().int_or("block_size", 0) != 0) return "scales by blocks (block_size)";
  s.node().remove_attribute("block_size");
  return "";
}

const Change kQuantizeChanges[] = {
    {"QuantizeLinear", 10, nullptr, quantize_down_10},
    {"QuantizeLinear", 13, nullptr, quantize_down_13},
    {"QuantizeLinear", 19, nullptr, quantize_down_19},
    {"QuantizeLinear", 21, nullptr, quantize_down_21},
    {"DequantizeLinear", 10, nullptr, dequantize_apart},
    {"DequantizeLinear", 13, nullptr, dequantize_down_13},
    {"DequantizeLinear", 21, nullptr, dequantize_down_21},
};
}  // namespace

Span<const Change> quantize_changes() {
  return {kQuantizeChanges, sizeof(kQuantizeChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
