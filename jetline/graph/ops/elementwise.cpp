// Element-wise operators of one tensor, casts, and what they do to followed contents.
#include <algorithm>
#include <cfenv>
#include <cmath>

#include "jetline/graph/ops/follow.h"

namespace jetline::ops {
namespace {

void same_as_first(Context& c) {
  if (const auto* x = c.shape(0))
    c.set(0, c.dtype(0), *x);
  else
    c.set_dtype(0, c.dtype(0));
}

void identity_infer(Context& c) {
  if (const ValueType* t = c.type(0); t && !t->is_tensor()) return c.set_type(0, *t);
  same_as_first(c);
  if (const auto* dims = followed_dims(c, 0)) follow_reshaped(c, 0, *dims);
}

template <IntFn ints, double (*floats)(double, double)>
void unary(Context& c) {
  same_as_first(c);
  follow_unary(c, ints, floats);
}
bool unary_is_name(const Dim& d) {
  return d.kind == Dim::Kind::kParam;
}
// A named dimension is its own absolute value; the rest needs a number.
Dim unary_abs(const Dim& d, const Dim&) {
  if (unary_is_name(d)) return d;
  return d.known() && d.value != INT64_MIN ? Dim(std::abs(d.value)) : Dim();
}
Dim unary_neg(const Dim& d, const Dim&) {
  return d.known() && d.value != INT64_MIN ? Dim(-d.value) : Dim();
}
Dim unary_sign(const Dim& d, const Dim&) {
  return d.known() ? Dim((d.value > 0) - (d.value < 0)) : Dim();
}
Dim unary_relu(const Dim& d, const Dim&) {
  if (unary_is_name(d)) return d;
  return d.known() ? Dim(std::max<int64_t>(d.value, 0)) : Dim();
}
Dim unary_bitwise_not(const Dim& d, const Dim&) {
  return d.known() ? Dim(~d.value) : Dim();
}
double unary_abs(double v, double) {
  return std::fabs(v);
}
double unary_neg(double v, double) {
  return -v;
}
double unary_sign(double v, double) {
  return v > 0 ? 1 : v < 0 ? -1 : v;
}
double unary_relu(double v, double) {
  return v < 0 ? 0 : v;
}
double unary_floor(double v, double) {
  return std::floor(v);
}
double unary_ceil(double v, double) {
  return std::ceil(v);
}
// Halves go to the even neighbour (ONNX Operators.md, Round).
double unary_round(double v, double) {
  const double low = std::floor(v), rest = v - low;
  if (rest != 0.5) return rest < 0.5 ? low : low + 1;
  return std::fmod(low, 2) == 0 ? low : low + 1;
}
double unary_sqrt(double v, double) {
  return std::sqrt(v);
}
double unary_reciprocal(double v, double) {
  return v == 0 ? std::numeric_limits<double>::quiet_NaN() : 1 / v;
}

void clip_infer(Context& c) {
  same_as_first(c);
  const KnownInts* k = c.ints(0);
  if (!k) return;
  const KnownInts *low = c.ints(1), *high = c.ints(2);
  if ((c.has(1) && (!low || low->elements.size() != 1 || !low->elements[0].known())) ||
      (c.has(2) && (!high || high->elements.size() != 1 || !high->elements[0].known())))
    return;
  KnownInts out = *k;
  for (Dim& d : out.elements) {
    const bool name_fits = unary_is_name(d) && !high && (!low || low->elements[0].value <= 0);
    if (name_fits) continue;
    if (!d.known()) {
      d = Dim();
      continue;
    }
    if (low) d.value = std::max(d.value, low->elements[0].value);
    if (high) d.value = std::min(d.value, high->elements[0].value);
  }
  c.set_ints(0, std::move(out));
}

// Casts between integers, bool and floating types keep what can be kept exactly: integers that the new type
// holds, and the whole part of numbers.
void cast_to(Context& c, DType t) {
  if (const auto* x = c.shape(0))
    c.set(0, t, *x);
  else
    c.set_dtype(0, t);
  if (const KnownInts* k = c.ints(0)) {
    if (follow_is_int(t)) {
      KnownInts out = *k;
      for (Dim& d : out.elements) {
        if (t == DType::kBool && !d.known())
          d = Dim();
        else
          d = fit_int(d, t);
      }
      c.set_ints(0, std::move(out));
    } else if (follow_is_float(t)) {
      KnownFloats out;
      out.dims = k->dims;
      for (const Dim& d : k->elements)
        out.elements.push_back(d.known() ? round_float(static_cast<double>(d.value), t)
                                         : std::numeric_limits<double>::quiet_NaN());
      c.set_floats(0, std::move(out));
    }
  } else if (const KnownFloats* f = c.known_floats(0)) {
    if (follow_is_float(t)) {
      KnownFloats out = *f;
      for (double& v : out.elements) v = round_float(v, t);
      c.set_floats(0, std::move(out));
    } else if (follow_is_int(t)) {
      KnownInts out;
      out.dims = f->dims;
      for (double v : f->elements) {
        // What does not fit the target is undefined in ONNX and therefore not known.
        const bool fits = std::fabs(v) < 9e18;
        const Dim whole = fits ? Dim(static_cast<int64_t>(v)) : Dim();
        out.elements.push_back(t != DType::kBool ? fit_int(whole, t) : fits ? Dim(v != 0) : Dim());
      }
      c.set_ints(0, std::move(out));
    }
  }
}

void cast_infer(Context& c) {
  const int64_t to = c.node().int_or("to", 0);
  cast_to(c, to > 0 && to <= static_cast<int64_t>(DType::kI2) ? static_cast<DType>(to) : DType::kUndefined);
}

void cast_like_infer(Context& c) {
  cast_to(c, c.dtype(1));
}

void same_bool(Context& c) {
  if (const auto* x = c.shape(0))
    c.set(0, DType::kBool, *x);
  else
    c.set_dtype(0, DType::kBool);
}

const Rule kElementwiseRules[] = {
    {"", "Identity", identity_infer},
    {"", "Cast", cast_infer},
    {"", "CastLike", cast_like_infer},
    {"", "IsNaN", same_bool},
    {"", "IsInf", same_bool},
    {"", "BitwiseNot", unary<unary_bitwise_not, nullptr>},
    {"", "PRelu", same_as_first},
    {"", "Abs", unary<unary_abs, unary_abs>},
    {"", "Acos", same_as_first},
    {"", "Acosh", same_as_first},
    {"", "Asin", same_as_first},
    {"", "Asinh", same_as_first},
    {"", "Atan", same_as_first},
    {"", "Atanh", same_as_first},
    {"", "Ceil", unary<nullptr, unary_ceil>},
    {"", "Celu", same_as_first},
    {"", "Clip", clip_infer},
    {"", "Cos", same_as_first},
    {"", "Cosh", same_as_first},
    {"", "Elu", same_as_first},
    {"", "Erf", same_as_first},
    {"", "Exp", same_as_first},
    {"", "Floor", unary<nullptr, unary_floor>},
    {"", "Gelu", same_as_first},
    {"", "HardSigmoid", same_as_first},
    {"", "HardSwish", same_as_first},
    {"", "LeakyRelu", same_as_first},
    {"", "Log", same_as_first},
    {"", "Mish", same_as_first},
    {"", "Neg", unary<unary_neg, unary_neg>},
    {"", "Reciprocal", unary<nullptr, unary_reciprocal>},
    {"", "Relu", unary<unary_relu, unary_relu>},
    {"", "Round", unary<nullptr, unary_round>},
    {"", "Selu", same_as_first},
    {"", "Shrink", same_as_first},
    {"", "Sigmoid", same_as_first},
    {"", "Sign", unary<unary_sign, unary_sign>},
    {"", "Sin", same_as_first},
    {"", "Sinh", same_as_first},
    {"", "Softplus", same_as_first},
    {"", "Softsign", same_as_first},
    {"", "Sqrt", unary<nullptr, unary_sqrt>},
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
