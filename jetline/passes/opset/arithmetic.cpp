// Element-wise operators that gained types or inputs: Clip, Max, Min, Mod, Pow, Equal, Relu, comparisons.
#include <cmath>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {

DType wider_type(const std::string& op, DType t, uint32_t allowed) {
  const auto can = [allowed](DType d) { return (allowed >> static_cast<int>(d) & 1u) != 0; };
  const bool small = t == DType::kI8 || t == DType::kI16 || t == DType::kU8 || t == DType::kU16;
  static const char* const kWrapping[] = {"Add",       "Sub",       "Mul",        "Div",    "ReduceMax",
                                          "ReduceMin", "ReduceSum", "ReduceProd", "MatMul", "Gemm"};
  for (const char* name : kWrapping) {
    // Small integers computed in 32 bits and cut again give the same bits.
    if (op == name && small && can(DType::kI32)) return DType::kI32;
  }
  if (op == "Equal" && small && can(DType::kI32)) return DType::kI32;
  if (op == "Equal" && t == DType::kU32 && can(DType::kI64)) return DType::kI64;
  if ((op == "TopK" || op == "CumSum") && small && can(DType::kI32)) return DType::kI32;
  return DType::kUndefined;
}

namespace {

bool is_floating(DType t) {
  return t == DType::kF32 || t == DType::kF64 || t == DType::kF16 || t == DType::kBF16;
}

// The greater (or lesser) of each pair by comparing and choosing: any numeric type has that.
Value* choose(Step& s, Value* a, Value* b, bool greater) {
  return s.emit("Where", {s.emit(greater ? "Greater" : "Less", {a, b}), a, b});
}

std::string max_min_down(Step& s) {
  if (is_floating(Step::dtype(s.in(0))) || Step::dtype(s.in(0)) == DType::kUndefined) return "";
  Value* best = s.in(0);
  for (size_t i = 1; i < s.node().inputs().size(); ++i) best = choose(s, best, s.in(i), s.node().is("Max"));
  return s.become(best == s.in(0) ? s.emit("Identity", {best}) : best);
}

std::string clip_up(Step& s) {
  Node& n = s.node();
  const Attribute *low = n.attribute("min"), *high = n.attribute("max");
  const DType t = Step::dtype(s.in(0));
  if ((low || high) && t == DType::kUndefined) return "limits for an unknown element type";
  Value* least = low && low->as_float() ? s.scalar(static_cast<double>(*low->as_float()), t) : nullptr;
  Value* most = high && high->as_float() ? s.scalar(static_cast<double>(*high->as_float()), t) : nullptr;
  n.remove_attribute("min");
  n.remove_attribute("max");
  if (least || most) n.set_input(1, least);
  if (most) n.set_input(2, most);
  return "";
}

// Limits that are constants become attributes, others Max and Min.
std::string clip_down(Step& s) {
  Node& n = s.node();
  std::vector<double> low, high;
  const bool constant = (!s.in(1) || (Step::numbers_of(s.in(1), low) && low.size() == 1)) &&
                        (!s.in(2) || (Step::numbers_of(s.in(2), high) && high.size() == 1));
  const auto fits = [](const std::vector<double>& v) {
    return v.empty() || static_cast<double>(static_cast<float>(v[0])) == v[0];
  };
  if (constant && fits(low) && fits(high)) {
    s.drop_inputs(1);
    if (!low.empty()) n.set_attribute(Attribute("min", static_cast<float>(low[0])));
    if (!high.empty()) n.set_attribute(Attribute("max", static_cast<float>(high[0])));
    return "";
  }
  Value* x = s.in(0);
  if (s.in(1)) x = s.emit("Max", {x, s.in(1)});
  if (s.in(2)) x = s.emit("Min", {x, s.in(2)});
  return s.become(x);
}

std::string clip_down_12(Step& s) {
  if (is_floating(Step::dtype(s.in(0))) || Step::dtype(s.in(0)) == DType::kUndefined) return "";
  Value* x = s.in(0);
  if (s.in(1)) x = choose(s, x, s.in(1), true);
  if (s.in(2)) x = choose(s, x, s.in(2), false);
  return s.become(x == s.in(0) ? s.emit("Identity", {x}) : x);
}

std::string relu_down(Step& s) {
  const DType t = Step::dtype(s.in(0));
  if (is_floating(t) || t == DType::kUndefined) return "";
  return s.become(s.emit("Max", {s.in(0), s.scalar(0, t)}));
}

// a - b * trunc(a / b), and for the default the remainder moved to the sign of b. Integer Div truncates.
std::string mod_down(Step& s) {
  const DType t = Step::dtype(s.in(0));
  const bool small = t == DType::kI8 || t == DType::kI16 || t == DType::kU8 || t == DType::kU16;
  if (!small && t != DType::kI32 && t != DType::kI64) return "of " + std::string(dtype_name(t));
  Value *a = s.in(0), *b = s.in(1);
  if (small) a = s.cast(a, DType::kI32), b = s.cast(b, DType::kI32);
  Value* r = s.emit("Sub", {a, s.emit("Mul", {s.emit("Div", {a, b}), b})});
  if (s.node().int_or("fmod", 0) == 0) {
    Value* zero = s.scalar(0, Step::dtype(a));
    Value* whole = s.emit("Equal", {r, zero});
    Value* differ = s.emit("Xor", {s.emit("Less", {r, zero}), s.emit("Less", {b, zero})});
    Value* move = s.emit("And", {differ, s.emit("Not", {whole})});
    r = s.emit("Where", {move, s.emit("Add", {r, b}), r});
  }
  return s.become(s.cast(r, t));
}

// Pow-7 takes floating types, base and exponent alike.
std::string pow_down(Step& s) {
  const DType t = Step::dtype(s.in(0)), e = Step::dtype(s.in(1));
  if (t == DType::kUndefined || e == DType::kUndefined) return "";
  if (is_floating(t)) {
    if (t != e) s.node().set_input(1, s.cast(s.in(1), t));
    return "";
  }
  std::vector<double> power;
  const bool known = Step::numbers_of(s.in(1), power) && power.size() == 1;
  if (known && power[0] == std::floor(power[0]) && power[0] >= 1 && power[0] <= 4) {
    Value* y = s.in(0);
    for (int i = 1; i < static_cast<int>(power[0]); ++i) y = s.emit("Mul", {y, s.in(0)});
    return s.become(y == s.in(0) ? s.emit("Identity", {y}) : y);
  }
  if (t == DType::kI64 || t == DType::kU64) return "a power of 64-bit integers";
  Value* y = s.emit("Pow", {s.cast(s.in(0), DType::kF64), s.cast(s.in(1), DType::kF64)});
  return s.become(s.cast(y, t));
}

// Neither less nor greater, and no NaN among them.
std::string equal_down_11(Step& s) {
  const DType t = Step::dtype(s.in(0));
  if (!is_floating(t)) return "";
  Value *a = s.in(0), *b = s.in(1);
  Value* apart = s.emit("Or", {s.emit("Less", {a, b}), s.emit("Greater", {a, b})});
  Value* nan = s.emit("Or", {s.emit("IsNaN", {a}), s.emit("IsNaN", {b})});
  return s.become(s.emit("Not", {s.emit("Or", {apart, nan})}));
}

// The matrix that is added may be left out only from 11 on.
std::string gemm_down_11(Step& s) {
  if (!s.in(2)) s.node().set_input(2, s.number(0, s.in(0)));
  return "";
}

std::string or_equal_down(Step& s) {
  const char* strict = s.node().is("LessOrEqual") ? "Less" : "Greater";
  Value *a = s.in(0), *b = s.in(1);
  return s.become(s.emit("Or", {s.emit(strict, {a, b}), s.emit("Equal", {a, b})}));
}

const Change kArithmeticChanges[] = {
    {"Max", 12, nullptr, max_min_down},
    {"Min", 12, nullptr, max_min_down},
    {"Clip", 11, clip_up, clip_down},
    {"Clip", 12, nullptr, clip_down_12},
    {"Relu", 14, nullptr, relu_down},
    {"Mod", 10, nullptr, mod_down},
    {"Pow", 12, nullptr, pow_down},
    {"Equal", 11, nullptr, equal_down_11},
    {"Gemm", 11, nullptr, gemm_down_11},
    {"GreaterOrEqual", 12, nullptr, or_equal_down},
    {"LessOrEqual", 12, nullptr, or_equal_down},
};
}  // namespace

Span<const Change> arithmetic_changes() {
  return {kArithmeticChanges, sizeof(kArithmeticChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
