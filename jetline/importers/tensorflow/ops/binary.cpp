// Element-wise functions of two arguments. TensorFlow broadcasts as ONNX does; integers wrap around.
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Both inputs, or the status that says which is of a wrong kind.
struct BinaryArgs {
  Value *x = nullptr, *y = nullptr;
  Status status;
};
BinaryArgs binary_args(const OpContext& c) {
  BinaryArgs a{c.tensor(0), c.tensor(1), {}};
  if (!a.x)
    a.status = c.wrong_input(0);
  else if (!a.y)
    a.status = c.wrong_input(1);
  else if (is_complex(c.dtype(a.x)))
    a.status = c.unsupported("complex numbers");
  return a;
}

Status binary_as(OpContext& c, const char* onnx) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  return c.set(0, typed2(c, onnx, a.x, a.y));
}
#define JETLINE_TF_BINARY(NAME)        \
  Status binary_##NAME(OpContext& c) { \
    return binary_as(c, #NAME);        \
  }
JETLINE_TF_BINARY(Add)
JETLINE_TF_BINARY(Sub)
JETLINE_TF_BINARY(Mul)
#undef JETLINE_TF_BINARY

// Unsigned 64-bit numbers compare as shifted int64; everything else in its kernel type.
Status binary_extreme(OpContext& c, bool greater) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  if (c.dtype(a.x) == DType::kU64) {
    Value* test = c.emit(greater ? "Greater" : "Less", {ordered(c, a.x), ordered(c, a.y)});
    return c.set(0, where(c, test, a.x, a.y));
  }
  return c.set(0, typed2(c, greater ? "Max" : "Min", a.x, a.y));
}
Status convert_maximum(OpContext& c) {
  return binary_extreme(c, true);
}
Status convert_minimum(OpContext& c) {
  return binary_extreme(c, false);
}

Status convert_squared_difference(OpContext& c) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  Value* d = typed2(c, "Sub", a.x, a.y);
  return c.set(0, typed2(c, "Mul", d, d));
}

// A zero of x or y decides the result whatever the other one is: 0, also beside NaN or infinity.
Status binary_zero_wins(OpContext& c, const char* onnx, bool x_decides) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  Value* zero = c.scalar(0, a.x);
  Value* test = typed(c, "Equal", {x_decides ? a.x : a.y, zero}, {}, TypedResult::kOwn);
  return c.set(0, where(c, test, zero, typed2(c, onnx, a.x, a.y)));
}
Status convert_div_no_nan(OpContext& c) {
  return binary_zero_wins(c, "Div", false);
}
Status convert_mul_no_nan(OpContext& c) {
  return binary_zero_wins(c, "Mul", false);
}
Status convert_xdivy(OpContext& c) {
  return binary_zero_wins(c, "Div", true);
}

Status convert_xlogy(OpContext& c) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  Value* zero = c.scalar(0, a.x);
  Value* test = typed(c, "Equal", {a.x, zero}, {}, TypedResult::kOwn);
  return c.set(0, where(c, test, zero, typed2(c, "Mul", a.x, typed(c, "Log", {a.y}))));
}

Status convert_xlog1py(OpContext& c) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  Value* zero = c.scalar(0, a.x);
  Value* test = typed(c, "Equal", {a.x, zero}, {}, TypedResult::kOwn);
  return c.set(0, where(c, test, zero, typed2(c, "Mul", a.x, log_one_plus(c, a.y))));
}

// Integer powers: small constant exponents by multiplication, which is exact and wraps like TensorFlow's;
// others by ONNX Pow, exact up to 2^53.
Status convert_pow(OpContext& c) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  int64_t n = 0;
  if (is_integer(c.dtype(a.x)) && c.known_int(a.y, n) && n >= 1 && n <= 64 && c.rank(a.y) == 0) {
    Value *power = nullptr, *square = a.x;
    for (int64_t rest = n; rest > 0; rest >>= 1) {
      if (rest & 1) power = power ? typed2(c, "Mul", power, square) : square;
      if (rest > 1) square = typed2(c, "Mul", square, square);
    }
    return c.set(0, power);
  }
  return c.set(0, typed2(c, "Pow", a.x, a.y));
}

// The angle of (x, y): atan(y/x), turned by half a circle left of the origin; on the vertical axis the sign
// of y decides. Signed zeros are taken as 0.
Status convert_atan2(OpContext& c) {
  Value *y = c.tensor(0), *x = c.tensor(1);
  if (!y || !x) return c.wrong_input(y ? 1 : 0);
  constexpr double kPi = 3.14159265358979323846;
  const DType own = c.dtype(x);
  x = c.cast(x, kernel_type("Atan", own));
  y = c.cast(y, kernel_type("Atan", own));
  Value* zero = c.scalar(0, x);
  Value* up = c.emit("Not", {c.emit("Less", {y, zero})});
  Value* turn = where(c, up, c.scalar(kPi, x), c.scalar(-kPi, x));
  Value* vertical = c.emit("Mul", {c.emit("Sign", {y}), c.scalar(kPi / 2, x)});
  Value* on_axis = c.emit("Equal", {x, zero});
  Value* safe_x = where(c, on_axis, c.scalar(1, x), x);
  Value* angle = c.emit("Atan", {c.emit("Div", {y, safe_x})});
  angle = where(c, c.emit("Less", {x, zero}), c.emit("Add", {angle, turn}), angle);
  return c.set(0, c.cast(where(c, on_axis, vertical, angle), own));
}

// |x - y| < tolerance.
Status convert_approximate_equal(OpContext& c) {
  const BinaryArgs a = binary_args(c);
  if (!a.status.ok()) return a.status;
  Value* d = typed(c, "Abs", {typed2(c, "Sub", a.x, a.y)});
  Value* tolerance = c.scalar(c.float_attr("tolerance", 1e-5f), a.x);
  return c.set(0, typed(c, "Less", {d, tolerance}, {}, TypedResult::kOwn));
}

const OpRule kBinaryRules[] = {
    {"Add", binary_Add},
    {"AddV2", binary_Add},
    {"ApproximateEqual", convert_approximate_equal},
    {"Atan2", convert_atan2, "", "double is computed as float"},
    {"DivNoNan", convert_div_no_nan},
    {"Maximum", convert_maximum},
    {"Minimum", convert_minimum},
    {"Mul", binary_Mul},
    {"MulNoNan", convert_mul_no_nan},
    {"Pow", convert_pow, "",
     "integers: exact up to 2^53, beyond that only with a constant exponent up to 64"},
    {"SquaredDifference", convert_squared_difference},
    {"Sub", binary_Sub},
    {"Xdivy", convert_xdivy},
    {"Xlog1py", convert_xlog1py},
    {"Xlogy", convert_xlogy},
};
}  // namespace

Span<const OpRule> binary_rules() {
  return {kBinaryRules, sizeof(kBinaryRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
