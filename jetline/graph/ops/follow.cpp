#include "jetline/graph/ops/follow.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace jetline::ops {
namespace {

constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

template <typename Known, typename Element>
bool follow_gather(const std::vector<const Known*>& from, std::vector<int64_t> dims,
                   const std::vector<Pick>& picks, const Element& unknown, Known& out) {
  out.dims = std::move(dims);
  out.elements.reserve(picks.size());
  for (const Pick& p : picks) {
    if (p.at < 0) {
      out.elements.push_back(unknown);
      continue;
    }
    if (p.input >= from.size() || !from[p.input]) return false;
    const auto& elements = from[p.input]->elements;
    if (static_cast<size_t>(p.at) >= elements.size()) return false;
    out.elements.push_back(elements[static_cast<size_t>(p.at)]);
  }
  return true;
}

// Both inputs of a step brought to common dims, or nothing.
template <typename Known>
bool follow_pair(const Known& a, const Known& b, Known& out, std::vector<int64_t>& ia,
                 std::vector<int64_t>& ib) {
  if (!broadcast_sizes(a.dims, b.dims, out.dims)) return false;
  ia = broadcast_indices(a.dims, out.dims);
  ib = broadcast_indices(b.dims, out.dims);
  return true;
}

}  // namespace

bool follow_is_int(DType t) {
  switch (t) {
    case DType::kU8:
    case DType::kI8:
    case DType::kU16:
    case DType::kI16:
    case DType::kI32:
    case DType::kI64:
    case DType::kU32:
    case DType::kU64:
    case DType::kBool:
      return true;
    default:
      return false;
  }
}

bool follow_is_float(DType t) {
  return t == DType::kF16 || t == DType::kBF16 || t == DType::kF32 || t == DType::kF64;
}

const std::vector<int64_t>* followed_dims(const Context& c, size_t i) {
  if (const KnownInts* k = c.ints(i)) return &k->dims;
  if (const KnownFloats* k = c.known_floats(i)) return &k->dims;
  return nullptr;
}

void follow_picks(Context& c, size_t output, std::vector<int64_t> dims, const std::vector<Pick>& picks) {
  if (picks.size() > kMaxKnownInts || element_count(dims) != static_cast<int64_t>(picks.size())) return;
  const size_t n = c.node().inputs().size();
  bool any_ints = false, any_floats = false;
  std::vector<const KnownInts*> ints(n);
  std::vector<const KnownFloats*> floats(n);
  for (const Pick& p : picks) {
    if (p.at < 0 || p.input >= n || ints[p.input] || floats[p.input]) continue;
    ints[p.input] = c.ints(p.input);
    if (!ints[p.input]) floats[p.input] = c.known_floats(p.input);
    any_ints = any_ints || ints[p.input];
    any_floats = any_floats || floats[p.input];
  }
  if (any_floats && !any_ints) {
    KnownFloats out;
    if (follow_gather(floats, std::move(dims), picks, kNotKnown, out)) c.set_floats(output, std::move(out));
  } else if (any_ints && !any_floats) {
    KnownInts out;
    if (follow_gather(ints, std::move(dims), picks, Dim(), out)) c.set_ints(output, std::move(out));
  } else if (picks.empty() && followed_dims(c, 0)) {
    if (c.ints(0))
      c.set_ints(output, {std::move(dims), {}});
    else
      c.set_floats(output, {std::move(dims), {}});
  }
}

void follow_reshaped(Context& c, size_t output, std::vector<int64_t> dims) {
  const int64_t n = element_count(dims);
  if (const KnownInts* k = c.ints(0)) {
    if (n == static_cast<int64_t>(k->elements.size())) c.set_ints(output, {std::move(dims), k->elements});
  } else if (const KnownFloats* f = c.known_floats(0)) {
    if (n == static_cast<int64_t>(f->elements.size())) c.set_floats(output, {std::move(dims), f->elements});
  }
}

void follow_same_elements(Context& c, size_t output, const std::vector<Dim>& shape) {
  if (!followed_dims(c, 0)) return;
  std::vector<int64_t> dims;
  for (const Dim& d : shape) {
    if (!d.known()) return;
    dims.push_back(d.value);
  }
  follow_reshaped(c, output, std::move(dims));
}

bool broadcast_sizes(const std::vector<int64_t>& a, const std::vector<int64_t>& b,
                     std::vector<int64_t>& out) {
  const std::vector<int64_t>&longer = a.size() >= b.size() ? a : b, &shorter = a.size() >= b.size() ? b : a;
  out = longer;
  const size_t shift = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    int64_t& o = out[shift + i];
    if (shorter[i] == o || shorter[i] == 1) continue;
    if (o != 1) return false;
    o = shorter[i];
  }
  const int64_t n = element_count(out);
  return n >= 0 && n <= static_cast<int64_t>(kMaxKnownInts);
}

std::vector<int64_t> broadcast_indices(const std::vector<int64_t>& in, const std::vector<int64_t>& out) {
  std::vector<int64_t> indices(static_cast<size_t>(element_count(out)), 0);
  int64_t out_stride = 1, in_stride = 1;
  for (size_t i = 0; i < in.size(); ++i) {
    const size_t axis = out.size() - 1 - i;
    const int64_t size = in[in.size() - 1 - i];
    if (size != 1) {
      for (size_t k = 0; k < indices.size(); ++k)
        indices[k] += static_cast<int64_t>(k) / out_stride % out[axis] * in_stride;
    }
    in_stride *= size;
    out_stride *= out[axis];
  }
  return indices;
}

Dim fit_int(const Dim& d, DType t) {
  if (!d.known()) return d;
  const int bits = dtype_bits(t);
  if (t == DType::kBool) return Dim(d.value != 0);
  const bool is_unsigned = t == DType::kU8 || t == DType::kU16 || t == DType::kU32 || t == DType::kU64;
  if (is_unsigned && d.value < 0) return Dim();
  if (bits >= 64 || bits == 0) return d;
  const int64_t limit = int64_t{1} << (is_unsigned ? bits : bits - 1);
  return d.value < limit && d.value >= (is_unsigned ? 0 : -limit) ? d : Dim();
}

double round_float(double v, DType t) {
  if (t == DType::kF64) return v;
  if (t == DType::kF32) return static_cast<double>(static_cast<float>(v));
  const bool half = t == DType::kF16;
  if ((!half && t != DType::kBF16) || !std::isfinite(v)) return kNotKnown;
  // Steps of 2^-10 (half) or 2^-7 (bfloat16) of the leading bit; half ends at 2^-24 and 65504.
  int exponent = 0;
  std::frexp(v, &exponent);
  const double step = std::ldexp(1.0, half ? std::max(exponent - 11, -24) : exponent - 8);
  const double r = std::nearbyint(v / step) * step;
  return half && std::fabs(r) > 65504 ? kNotKnown : r;
}

void follow_binary(Context& c, IntFn int_fn, FloatFn float_fn) {
  const size_t n = c.node().inputs().size();
  const DType type = c.dtype(0);
  for (size_t i = 0; i < n; ++i) {
    if (!followed_dims(c, i)) return;
  }
  std::vector<int64_t> ia, ib;
  if (int_fn && c.ints(0) && follow_is_int(type)) {
    KnownInts sum = *c.ints(0);
    for (size_t i = 1; i < n; ++i) {
      const KnownInts* b = c.ints(i);
      KnownInts next;
      if (!b || !follow_pair(sum, *b, next, ia, ib)) return;
      for (size_t k = 0; k < ia.size(); ++k)
        next.elements.push_back(fit_int(
            int_fn(sum.elements[static_cast<size_t>(ia[k])], b->elements[static_cast<size_t>(ib[k])]), type));
      sum = std::move(next);
    }
    c.set_ints(0, std::move(sum));
  } else if (float_fn && c.known_floats(0)) {
    KnownFloats sum = *c.known_floats(0);
    for (size_t i = 1; i < n; ++i) {
      const KnownFloats* b = c.known_floats(i);
      KnownFloats next;
      if (!b || !follow_pair(sum, *b, next, ia, ib)) return;
      for (size_t k = 0; k < ia.size(); ++k)
        next.elements.push_back(round_float(
            float_fn(sum.elements[static_cast<size_t>(ia[k])], b->elements[static_cast<size_t>(ib[k])]),
            type));
      sum = std::move(next);
    }
    c.set_floats(0, std::move(sum));
  }
}

void follow_compare(Context& c, IntFn int_fn, bool (*float_fn)(double, double)) {
  std::vector<int64_t> ia, ib;
  KnownInts out;
  if (const KnownInts* a = int_fn ? c.ints(0) : nullptr) {
    const KnownInts* b = c.ints(1);
    KnownInts fitted;
    if (!b || !follow_pair(*a, *b, fitted, ia, ib)) return;
    out.dims = fitted.dims;
    for (size_t k = 0; k < ia.size(); ++k)
      out.elements.push_back(
          int_fn(a->elements[static_cast<size_t>(ia[k])], b->elements[static_cast<size_t>(ib[k])]));
  } else if (const KnownFloats* f = float_fn ? c.known_floats(0) : nullptr) {
    const KnownFloats* b = c.known_floats(1);
    KnownFloats fitted;
    if (!b || !follow_pair(*f, *b, fitted, ia, ib)) return;
    out.dims = fitted.dims;
    for (size_t k = 0; k < ia.size(); ++k) {
      const double x = f->elements[static_cast<size_t>(ia[k])], y = b->elements[static_cast<size_t>(ib[k])];
      out.elements.push_back(std::isnan(x) || std::isnan(y) ? Dim() : Dim(float_fn(x, y)));
    }
  } else {
    return;
  }
  c.set_ints(0, std::move(out));
}

void follow_unary(Context& c, IntFn int_fn, FloatFn float_fn) {
  if (const KnownInts* k = int_fn ? c.ints(0) : nullptr) {
    KnownInts out = *k;
    for (Dim& d : out.elements) d = fit_int(int_fn(d, d), c.dtype(0));
    c.set_ints(0, std::move(out));
  } else if (const KnownFloats* f = float_fn ? c.known_floats(0) : nullptr) {
    KnownFloats out = *f;
    for (double& v : out.elements) v = round_float(float_fn(v, v), c.dtype(0));
    c.set_floats(0, std::move(out));
  }
}

}  // namespace jetline::ops
