// Arithmetic and comparison with broadcasting, and their effect on followed contents.
#include <algorithm>
#include <cmath>

#include "jetline/graph/ops/follow.h"

namespace jetline::ops {
namespace {

constexpr double kArithmeticUnknown = std::numeric_limits<double>::quiet_NaN();

void broadcast_all(Context& c, DType dtype) {
  std::vector<Dim> out;
  for (size_t i = 0; i < c.node().inputs().size(); ++i) {
    const auto* s = c.shape(i);
    if (!s) return c.set_dtype(0, dtype);
    out = i == 0 ? *s : broadcast(out, *s);
  }
  c.set(0, dtype, std::move(out));
}
void variadic_infer(Context& c) {
  broadcast_all(c, c.dtype(0));
}
void compare_infer(Context& c) {
  broadcast_all(c, DType::kBool);
}

// A named dimension is never negative.
bool negative(const Dim& d) {
  return d.known() && d.value < 0;
}
bool named(const Dim& d) {
  return d.kind == Dim::Kind::kParam;
}
Dim truth(bool v) {
  return Dim(v ? 1 : 0);
}

// The number that `compute(a, b, &result)` finds, unless it reports an overflow.
template <typename Fn>
Dim on_numbers(const Dim& a, const Dim& b, const Fn& compute) {
  int64_t v = 0;
  if (!a.known() || !b.known() || compute(a.value, b.value, &v)) return Dim();
  return Dim(v);
}

Dim int_add(const Dim& a, const Dim& b) {
  if (a.known() && a.value == 0) return b;
  if (b.known() && b.value == 0) return a;
  return on_numbers(a, b, [](int64_t x, int64_t y, int64_t* v) { return __builtin_add_overflow(x, y, v); });
}
Dim int_sub(const Dim& a, const Dim& b) {
  if (b.known() && b.value == 0) return a;
  if (named(a) && a.same(b)) return Dim(0);
  return on_numbers(a, b, [](int64_t x, int64_t y, int64_t* v) { return __builtin_sub_overflow(x, y, v); });
}
Dim int_mul(const Dim& a, const Dim& b) {
  if ((a.known() && a.value == 0) || (b.known() && b.value == 0)) return Dim(0);
  if (a.known() && a.value == 1) return b;
  if (b.known() && b.value == 1) return a;
  return on_numbers(a, b, [](int64_t x, int64_t y, int64_t* v) { return __builtin_mul_overflow(x, y, v); });
}
bool divides(const Dim& a, const Dim& b) {
  return a.known() && b.known() && b.value != 0 && !(b.value == -1 && a.value == INT64_MIN);
}
// ONNX's integer Div truncates towards zero, as C does.
Dim int_div(const Dim& a, const Dim& b) {
  if (b.known() && b.value == 1) return a;
  return divides(a, b) ? Dim(a.value / b.value) : Dim();
}
// Sign of the divisor (Python's %), the default of Mod.
Dim int_mod(const Dim& a, const Dim& b) {
  if (b.known() && b.value == 1) return Dim(0);
  if (!divides(a, b)) return Dim();
  const int64_t r = a.value % b.value;
  return Dim(r != 0 && (r < 0) != (b.value < 0) ? r + b.value : r);
}
Dim int_fmod(const Dim& a, const Dim& b) {
  return divides(a, b) ? Dim(a.value % b.value) : Dim();
}
Dim int_min(const Dim& a, const Dim& b) {
  if (a.same(b)) return a;
  if ((named(a) && b.known() && b.value <= 0)) return b;
  if ((named(b) && a.known() && a.value <= 0)) return a;
  return a.known() && b.known() ? Dim(std::min(a.value, b.value)) : Dim();
}
Dim int_max(const Dim& a, const Dim& b) {
  if (a.same(b)) return a;
  if (named(a) && b.known() && b.value <= 0) return a;
  if (named(b) && a.known() && a.value <= 0) return b;
  return a.known() && b.known() ? Dim(std::max(a.value, b.value)) : Dim();
}
Dim int_pow(const Dim& a, const Dim& b) {
  if (!a.known() || !b.known() || b.value < 0 || b.value > 63) return Dim();
  int64_t v = 1;
  for (int64_t i = 0; i < b.value; ++i) {
    if (__builtin_mul_overflow(v, a.value, &v)) return Dim();
  }
  return Dim(v);
}

Dim int_equal(const Dim& a, const Dim& b) {
  if (a.same(b)) return truth(true);
  if (a.known() && b.known()) return truth(false);
  if ((negative(a) && named(b)) || (negative(b) && named(a))) return truth(false);
  return Dim();
}
Dim int_less(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return truth(a.value < b.value);
  if (named(a) && (a.same(b) || (b.known() && b.value <= 0))) return truth(false);
  return negative(a) && named(b) ? truth(true) : Dim();
}
Dim int_not(const Dim& a, const Dim&) {
  return a.known() ? truth(a.value == 0) : Dim();
}
Dim int_greater(const Dim& a, const Dim& b) {
  return int_less(b, a);
}
Dim int_less_equal(const Dim& a, const Dim& b) {
  return int_not(int_less(b, a), a);
}
Dim int_greater_equal(const Dim& a, const Dim& b) {
  return int_not(int_less(a, b), a);
}
Dim int_and(const Dim& a, const Dim& b) {
  if ((a.known() && a.value == 0) || (b.known() && b.value == 0)) return truth(false);
  return a.known() && b.known() ? truth(true) : Dim();
}
Dim int_or(const Dim& a, const Dim& b) {
  if ((a.known() && a.value != 0) || (b.known() && b.value != 0)) return truth(true);
  return a.known() && b.known() ? truth(false) : Dim();
}
Dim int_xor(const Dim& a, const Dim& b) {
  return a.known() && b.known() ? truth((a.value != 0) != (b.value != 0)) : Dim();
}

template <IntFn ints, double (*floats)(double, double)>
void arithmetic(Context& c) {
  variadic_infer(c);
  follow_binary(c, ints, floats);
}
double float_add(double a, double b) {
  return a + b;
}
double float_sub(double a, double b) {
  return a - b;
}
double float_mul(double a, double b) {
  return a * b;
}
double float_div(double a, double b) {
  return b == 0 ? kArithmeticUnknown : a / b;
}
double float_min(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? kArithmeticUnknown : std::min(a, b);
}
double float_max(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? kArithmeticUnknown : std::max(a, b);
}

void mod_infer(Context& c) {
  variadic_infer(c);
  follow_binary(c, c.node().int_or("fmod", 0) ? int_fmod : int_mod, nullptr);
}

// Exponents have a type of their own (Pow-12); a negative or fractional power is not followed.
void pow_infer(Context& c) {
  variadic_infer(c);
  follow_binary(c, c.ints(1) ? int_pow : nullptr, nullptr);
}

template <IntFn ints, bool (*floats)(double, double)>
void comparison(Context& c) {
  compare_infer(c);
  follow_compare(c, ints, floats);
}
template <IntFn ints>
void logical(Context& c) {
  compare_infer(c);
  follow_compare(c, ints, nullptr);
}
bool float_equal(double a, double b) {
  return a == b;
}
bool float_less(double a, double b) {
  return a < b;
}
bool float_less_equal(double a, double b) {
  return a <= b;
}
bool float_greater(double a, double b) {
  return a > b;
}
bool float_greater_equal(double a, double b) {
  return a >= b;
}

void not_infer(Context& c) {
  broadcast_all(c, DType::kBool);
  follow_unary(c, int_not, nullptr);
}

void where_infer(Context& c) {
  broadcast_all(c, c.dtype(1));
  const KnownInts* test = c.ints(0);
  const auto *a = followed_dims(c, 1), *b = followed_dims(c, 2);
  std::vector<int64_t> both, dims;
  if (!test || !a || !b || !broadcast_sizes(*a, *b, both) || !broadcast_sizes(test->dims, both, dims)) return;
  const auto it = broadcast_indices(test->dims, dims), ia = broadcast_indices(*a, dims),
             ib = broadcast_indices(*b, dims);
  std::vector<Pick> picks(it.size());
  const KnownInts *ka = c.ints(1), *kb = c.ints(2);
  for (size_t i = 0; i < picks.size(); ++i) {
    const Dim& t = test->elements[static_cast<size_t>(it[i])];
    const bool equal =
        ka && kb && ka->elements[static_cast<size_t>(ia[i])].same(kb->elements[static_cast<size_t>(ib[i])]);
    if (t.known())
      picks[i] = t.value ? Pick{1, ia[i]} : Pick{2, ib[i]};
    else if (equal)
      picks[i] = {1, ia[i]};
  }
  follow_picks(c, 0, std::move(dims), picks);
}

const Rule kArithmeticRules[] = {
    {"", "Add", arithmetic<int_add, float_add>},
    {"", "Sub", arithmetic<int_sub, float_sub>},
    {"", "Mul", arithmetic<int_mul, float_mul>},
    {"", "Div", arithmetic<int_div, float_div>},
    {"", "Min", arithmetic<int_min, float_min>},
    {"", "Max", arithmetic<int_max, float_max>},
    {"", "Sum", arithmetic<nullptr, float_add>},
    {"", "Mean", variadic_infer},
    {"", "Mod", mod_infer},
    {"", "Pow", pow_infer},
    {"", "BitShift", variadic_infer},
    {"", "BitwiseAnd", variadic_infer},
    {"", "BitwiseOr", variadic_infer},
    {"", "BitwiseXor", variadic_infer},
    {"", "Equal", comparison<int_equal, float_equal>},
    {"", "Less", comparison<int_less, float_less>},
    {"", "LessOrEqual", comparison<int_less_equal, float_less_equal>},
    {"", "Greater", comparison<int_greater, float_greater>},
    {"", "GreaterOrEqual", comparison<int_greater_equal, float_greater_equal>},
    {"", "And", logical<int_and>},
    {"", "Or", logical<int_or>},
    {"", "Xor", logical<int_xor>},
    {"", "Not", not_infer},
    {"", "Where", where_infer},
};
}  // namespace

Span<const Rule> arithmetic_rules() {
  return {kArithmeticRules, sizeof(kArithmeticRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
