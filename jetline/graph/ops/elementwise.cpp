// Element-wise operators with broadcasting, comparisons, casts, and their arithmetic on known integers.
#include <algorithm>

#include "jetline/graph/ops/rules.h"

namespace jetline::ops {
namespace {

void same_as_first(Context& c) {
  if (const auto* x = c.shape(0))
    c.set(0, c.dtype(0), *x);
  else
    c.set_dtype(0, c.dtype(0));
}

void identity_infer(Context& c) {
  same_as_first(c);
  if (const KnownInts* k = c.ints(0)) c.set_ints(0, *k);
}

void broadcast_infer(Context& c, DType dtype) {
  std::vector<Dim> out;
  for (size_t i = 0; i < c.node().inputs().size(); ++i) {
    const auto* s = c.shape(i);
    if (!s) return c.set_dtype(0, dtype);
    out = i == 0 ? *s : broadcast(out, *s);
  }
  c.set(0, dtype, std::move(out));
}

void variadic_infer(Context& c) {
  broadcast_infer(c, c.dtype(0));
}
void compare_infer(Context& c) {
  broadcast_infer(c, DType::kBool);
}

// Combines two known integer tensors of up to one dimension (or equal shape) element by element.
template <typename Fn>
void combine_ints(Context& c, const Fn& fn) {
  const KnownInts *a = c.ints(0), *b = c.ints(1);
  if (!a || !b) return;
  const size_t na = a->elements.size(), nb = b->elements.size();
  const bool shapes_fit = a->dims == b->dims || (nb == 1 && b->dims.size() <= a->dims.size()) ||
                          (na == 1 && a->dims.size() <= b->dims.size());
  if (!shapes_fit || na == 0 || nb == 0) return;
  KnownInts out;
  out.dims = nb == 1 && b->dims.size() <= a->dims.size() ? a->dims : b->dims;
  for (size_t i = 0; i < std::max(na, nb); ++i)
    out.elements.push_back(fn(a->elements[na == 1 ? 0 : i], b->elements[nb == 1 ? 0 : i]));
  c.set_ints(0, std::move(out));
}

// The number that `compute(a, b, &result)` finds, unless it reports an overflow.
template <typename Fn>
Dim combine_numbers(const Dim& a, const Dim& b, const Fn& compute) {
  int64_t v = 0;
  if (!a.known() || !b.known() || compute(a.value, b.value, &v)) return Dim();
  return Dim(v);
}

void add_infer(Context& c) {
  variadic_infer(c);
  combine_ints(c, [](const Dim& a, const Dim& b) {
    if (a.known() && a.value == 0) return b;
    if (b.known() && b.value == 0) return a;
    return combine_numbers(a, b,
                           [](int64_t x, int64_t y, int64_t* v) { return __builtin_add_overflow(x, y, v); });
  });
}

void sub_infer(Context& c) {
  variadic_infer(c);
  combine_ints(c, [](const Dim& a, const Dim& b) {
    if (b.known() && b.value == 0) return a;
    return combine_numbers(a, b,
                           [](int64_t x, int64_t y, int64_t* v) { return __builtin_sub_overflow(x, y, v); });
  });
}

void mul_infer(Context& c) {
  variadic_infer(c);
  combine_ints(c, [](const Dim& a, const Dim& b) {
    if (a.known() && a.value == 1) return b;
    if (b.known() && b.value == 1) return a;
    return combine_numbers(a, b,
                           [](int64_t x, int64_t y, int64_t* v) { return __builtin_mul_overflow(x, y, v); });
  });
}

// ONNX's integer Div truncates towards zero, as C does.
void div_infer(Context& c) {
  variadic_infer(c);
  combine_ints(c, [](const Dim& a, const Dim& b) {
    if (b.known() && b.value == 1) return a;
    const bool ok = a.known() && b.known() && b.value != 0 && !(b.value == -1 && a.value == INT64_MIN);
    return ok ? Dim(a.value / b.value) : Dim();
  });
}

void equal_infer(Context& c) {
  compare_infer(c);
  combine_ints(c, [](const Dim& a, const Dim& b) {
    if (a.same(b)) return Dim(1);
    if (a.known() && b.known()) return Dim(0);
    // A dimension has no negative size, whatever its name.
    const bool negative = (a.known() && a.value < 0) || (b.known() && b.value < 0);
    return negative ? Dim(0) : Dim();
  });
}

void where_infer(Context& c) {
  broadcast_infer(c, c.dtype(1));
  const KnownInts *k = c.ints(0), *a = c.ints(1), *b = c.ints(2);
  if (!k || !a || !b || k->dims != a->dims || k->dims != b->dims) return;
  KnownInts out;
  out.dims = k->dims;
  for (size_t i = 0; i < k->elements.size(); ++i) {
    const Dim& test = k->elements[i];
    out.elements.push_back(!test.known() ? Dim() : test.value ? a->elements[i] : b->elements[i]);
  }
  c.set_ints(0, std::move(out));
}

void cast_infer(Context& c) {
  const int64_t to = c.node().int_or("to", 0);
  const DType t =
      to > 0 && to <= static_cast<int64_t>(DType::kI2) ? static_cast<DType>(to) : DType::kUndefined;
  if (const auto* x = c.shape(0))
    c.set(0, t, *x);
  else
    c.set_dtype(0, t);
  // Wide integers only: a shape that passes through a narrow or floating type is no longer followed.
  if (t == DType::kI64 || t == DType::kI32) {
    if (const KnownInts* k = c.ints(0)) c.set_ints(0, *k);
  }
}

void cast_like_infer(Context& c) {
  if (const auto* x = c.shape(0))
    c.set(0, c.dtype(1), *x);
  else
    c.set_dtype(0, c.dtype(1));
}

void same_bool(Context& c) {
  if (const auto* x = c.shape(0))
    c.set(0, DType::kBool, *x);
  else
    c.set_dtype(0, DType::kBool);
}

const Rule kElementwiseRules[] = {
    {"", "Identity", identity_infer},
    {"", "Add", add_infer},
    {"", "Sub", sub_infer},
    {"", "Mul", mul_infer},
    {"", "Div", div_infer},
    {"", "Equal", equal_infer},
    {"", "Where", where_infer},
    {"", "Cast", cast_infer},
    {"", "CastLike", cast_like_infer},
    {"", "IsNaN", same_bool},
    {"", "IsInf", same_bool},
    {"", "Not", same_bool},
    {"", "Less", compare_infer},
    {"", "LessOrEqual", compare_infer},
    {"", "Greater", compare_infer},
    {"", "GreaterOrEqual", compare_infer},
    {"", "And", compare_infer},
    {"", "Or", compare_infer},
    {"", "Xor", compare_infer},
    {"", "Pow", variadic_infer},
    {"", "Mod", variadic_infer},
    {"", "Sum", variadic_infer},
    {"", "Mean", variadic_infer},
    {"", "Max", variadic_infer},
    {"", "Min", variadic_infer},
    {"", "BitShift", variadic_infer},
    {"", "BitwiseAnd", variadic_infer},
    {"", "BitwiseOr", variadic_infer},
    {"", "BitwiseXor", variadic_infer},
    {"", "BitwiseNot", same_as_first},
    {"", "PRelu", same_as_first},
    {"", "Abs", same_as_first},
    {"", "Acos", same_as_first},
    {"", "Acosh", same_as_first},
    {"", "Asin", same_as_first},
    {"", "Asinh", same_as_first},
    {"", "Atan", same_as_first},
    {"", "Atanh", same_as_first},
    {"", "Ceil", same_as_first},
    {"", "Celu", same_as_first},
    {"", "Clip", same_as_first},
    {"", "Cos", same_as_first},
    {"", "Cosh", same_as_first},
    {"", "Elu", same_as_first},
    {"", "Erf", same_as_first},
    {"", "Exp", same_as_first},
    {"", "Floor", same_as_first},
    {"", "Gelu", same_as_first},
    {"", "HardSigmoid", same_as_first},
    {"", "HardSwish", same_as_first},
    {"", "LeakyRelu", same_as_first},
    {"", "Log", same_as_first},
    {"", "Mish", same_as_first},
    {"", "Neg", same_as_first},
    {"", "Reciprocal", same_as_first},
    {"", "Relu", same_as_first},
    {"", "Round", same_as_first},
    {"", "Selu", same_as_first},
    {"", "Shrink", same_as_first},
    {"", "Sigmoid", same_as_first},
    {"", "Sign", same_as_first},
    {"", "Sin", same_as_first},
    {"", "Sinh", same_as_first},
    {"", "Softplus", same_as_first},
    {"", "Softsign", same_as_first},
    {"", "Sqrt", same_as_first},
    {"", "Swish", same_as_first},
    {"", "Tan", same_as_first},
    {"", "Tanh", same_as_first},
    {"", "ThresholdedRelu", same_as_first},
};
}  // namespace

Span<const Rule> elementwise_rules() {
  return {kElementwiseRules, sizeof(kElementwiseRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
