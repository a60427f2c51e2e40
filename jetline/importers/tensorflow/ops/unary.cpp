// Element-wise functions of one argument that ONNX has under a name of its own, or that are a formula of two
// or three operators.
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status unary_as(OpContext& c, const char* onnx) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  if (is_complex(c.dtype(x))) return c.unsupported("complex numbers");
  return c.set(0, typed(c, onnx, {x}));
}
// One ONNX operator: template over its name, so that the table below holds plain function pointers.
#define JETLINE_TF_UNARY(NAME)        \
  Status unary_##NAME(OpContext& c) { \
    return unary_as(c, #NAME);        \
  }
JETLINE_TF_UNARY(Acos)
JETLINE_TF_UNARY(Acosh)
JETLINE_TF_UNARY(Asin)
JETLINE_TF_UNARY(Asinh)
JETLINE_TF_UNARY(Atan)
JETLINE_TF_UNARY(Atanh)
JETLINE_TF_UNARY(Ceil)
JETLINE_TF_UNARY(Cos)
JETLINE_TF_UNARY(Cosh)
JETLINE_TF_UNARY(Erf)
JETLINE_TF_UNARY(Exp)
JETLINE_TF_UNARY(Floor)
JETLINE_TF_UNARY(Log)
JETLINE_TF_UNARY(Neg)
JETLINE_TF_UNARY(Sign)
JETLINE_TF_UNARY(Sigmoid)
JETLINE_TF_UNARY(Sin)
JETLINE_TF_UNARY(Sinh)
JETLINE_TF_UNARY(Sqrt)
JETLINE_TF_UNARY(Tan)
JETLINE_TF_UNARY(Tanh)
#undef JETLINE_TF_UNARY

Status convert_abs(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, is_unsigned(c.dtype(x)) ? x : typed(c, "Abs", {x}));
}

// TensorFlow rounds halves to even, as ONNX does; integers stay as they are.
Status convert_round(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, is_float(c.dtype(x)) ? typed(c, "Round", {x}) : x);
}

Status convert_reciprocal(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  if (is_float(c.dtype(x))) return c.set(0, typed(c, "Reciprocal", {x}));
  return c.set(0, typed2(c, "Div", c.scalar(1, x), x));
}

Status convert_rsqrt(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, typed(c, "Reciprocal", {typed(c, "Sqrt", {x})}));
}

Status convert_square(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, typed2(c, "Mul", x, x));
}

// exp(x) - 1 loses digits near 0; exp(x) - 1 = 2 sinh(x/2) exp(x/2) = tanh(x/2) (exp(x) + 1) does not. The
// second overflows no earlier than the result, and tanh is 1 where it would.
Status convert_expm1(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const DType t = c.dtype(x);
  Value* y = c.cast(x, kernel_type("Exp", t));
  Value* tanh = c.emit("Tanh", {c.emit("Mul", {y, c.scalar(0.5, y)})});
  Value* near_zero = c.emit("Mul", {tanh, c.emit("Add", {c.emit("Exp", {y}), c.scalar(1, y)})});
  return c.set(0, c.cast(near_zero, t));
}

// log(1 + x) with the rounding of 1 + x taken back: u = 1 + x, log(u) - ((u - 1) - x) / u.
// (N. Higham, Accuracy and Stability of Numerical Algorithms, section 1.14.1, in the additive form.) Where u
// is infinite or 0 the correction is left out.
Status convert_log1p(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, log_one_plus(c, x));
}

Status convert_is_nan(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, typed(c, "IsNaN", {x}, {}, TypedResult::kOwn));
}

Status convert_is_inf(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, typed(c, "IsInf", {x}, {}, TypedResult::kOwn));
}

// x - x is 0 for every finite number, and NaN for the others.
Status convert_is_finite(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  Value* zero = typed2(c, "Sub", x, x);
  return c.set(0, typed(c, "Equal", {zero, c.scalar(0, x)}, {}, TypedResult::kOwn));
}

Status convert_logical_not(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, c.emit("Not", {x}));
}

constexpr const char* kDoubleNote = "double is computed as float";

const OpRule kUnaryRules[] = {
    {"Abs", convert_abs},
    {"Acos", unary_Acos, "", kDoubleNote},
    {"Acosh", unary_Acosh, "", kDoubleNote},
    {"Asin", unary_Asin, "", kDoubleNote},
    {"Asinh", unary_Asinh, "", kDoubleNote},
    {"Atan", unary_Atan, "", kDoubleNote},
    {"Atanh", unary_Atanh, "", kDoubleNote},
    {"Ceil", unary_Ceil},
    {"Cos", unary_Cos},
    {"Cosh", unary_Cosh, "", kDoubleNote},
    {"Erf", unary_Erf, "", kDoubleNote},
    {"Exp", unary_Exp},
    {"Expm1", convert_expm1},
    {"Floor", unary_Floor},
    {"Inv", convert_reciprocal},
    {"IsFinite", convert_is_finite},
    {"IsInf", convert_is_inf},
    {"IsNan", convert_is_nan},
    {"Log", unary_Log},
    {"Log1p", convert_log1p},
    {"LogicalNot", convert_logical_not},
    {"Neg", unary_Neg},
    {"Reciprocal", convert_reciprocal},
    {"Rint", convert_round},
    {"Round", convert_round},
    {"Rsqrt", convert_rsqrt},
    {"Sigmoid", unary_Sigmoid},
    {"Sign", unary_Sign},
    {"Sin", unary_Sin},
    {"Sinh", unary_Sinh, "", kDoubleNote},
    {"Sqrt", unary_Sqrt},
    {"Square", convert_square},
    {"Tan", unary_Tan, "", kDoubleNote},
    {"Tanh", unary_Tanh},
};
}  // namespace

Value* log_one_plus(OpContext& c, Value* x) {
  const DType t = OpContext::dtype(x);
  Value* y = c.cast(x, kernel_type("Log", t));
  Value* one = c.scalar(1, y);
  Value* u = c.emit("Add", {y, one});
  Value* lost = c.emit("Sub", {c.emit("Sub", {u, one}), y});
  Value* correction = c.emit("Div", {lost, u});
  Value* small = c.emit("Less", {c.emit("Abs", {y}), c.scalar(0.5, y)});
  correction = where(c, small, correction, c.scalar(0, y));
  return c.cast(c.emit("Sub", {c.emit("Log", {u}), correction}), t);
}

Span<const OpRule> unary_rules() {
  return {kUnaryRules, sizeof(kUnaryRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
