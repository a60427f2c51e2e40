// Reductions over axes: Reduce*, ArgMax, ArgMin, CumSum, CumProd. Sums accumulate in double (integers wrap in
// 64 bits).
#include <algorithm>
#include <cmath>
#include <limits>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

// The kept axes are walked outside, the reduced ones inside.
struct ReducePlan {
  Dims axes, out;    // out: with or without the reduced axes, as asked
  Dims kept, inner;  // sizes
  Dims kept_strides, inner_strides;
  bool nothing = false;  // no axes given and noop_with_empty_axes
};

Result<ReducePlan> reduce_plan(Call& c) {
  const Dims& d = c.tensor(0)->dims();
  ReducePlan p;
  p.axes = c.ints_or("axes", {});
  if (c.has(1)) {
    JETLINE_ASSIGN_OR_RETURN(p.axes, c.ints(1));
  }
  if (p.axes.empty()) {
    p.nothing = c.int_or("noop_with_empty_axes", 0) != 0;
    for (size_t i = 0; i < d.size() && !p.nothing; ++i) p.axes.push_back(static_cast<int64_t>(i));
  }
  if (!fix_axes(p.axes, d.size()))
    return c.bad_input("axes " + dims_text(p.axes) + " do not fit " + dims_text(d));
  const bool keep = c.int_or("keepdims", 1) != 0;
  const Dims strides = row_strides(d);
  for (size_t i = 0; i < d.size(); ++i) {
    const bool gone = std::find(p.axes.begin(), p.axes.end(), static_cast<int64_t>(i)) != p.axes.end();
    (gone ? p.inner : p.kept).push_back(d[i]);
    (gone ? p.inner_strides : p.kept_strides).push_back(strides[i]);
    if (!gone) p.out.push_back(d[i]);
    if (gone && keep) p.out.push_back(1);
  }
  return p;
}

enum class ReduceKind : uint8_t { kSum, kMean, kMax, kMin, kProd, kL1, kL2, kSumSquare, kLogSum, kLogSumExp };

template <typename T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

// One result from the elements that `each` hands out.
template <typename T, typename Each>
double reduce_float(ReduceKind kind, int64_t n, const Each& each) {
  double acc = kind == ReduceKind::kProd ? 1 : 0;
  switch (kind) {
    case ReduceKind::kMax:
    case ReduceKind::kMin: {
      const bool max = kind == ReduceKind::kMax;
      acc = max ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
      each([&](T v) {
        if (max ? v > acc : v < acc) acc = v;
        if (v != v) acc = v;  // and stays: no comparison with NaN holds
      });
      return acc;
    }
    case ReduceKind::kProd:
      each([&](T v) { acc *= v; });
      return acc;
    case ReduceKind::kL1:
      each([&](T v) { acc += std::fabs(v); });
      return acc;
    case ReduceKind::kL2:
    case ReduceKind::kSumSquare:
      each([&](T v) { acc += static_cast<double>(v) * v; });
      return kind == ReduceKind::kL2 ? std::sqrt(acc) : acc;
    case ReduceKind::kLogSumExp: {
      double top = -std::numeric_limits<double>::infinity();
      each([&](T v) { top = v > top ? v : top; });
      if (std::isinf(top)) top = 0;
      each([&](T v) { acc += std::exp(static_cast<double>(v) - top); });
      return std::log(acc) + top;
    }
    default:
      each([&](T v) { acc += v; });
      if (kind == ReduceKind::kMean) return acc / static_cast<double>(n);
      return kind == ReduceKind::kLogSum ? std::log(acc) : acc;
  }
}

template <typename T, typename Each>
T reduce_int(ReduceKind kind, int64_t n, const Each& each) {
  uint64_t acc = kind == ReduceKind::kProd ? 1 : 0;
  const auto wide = [](T v) { return static_cast<uint64_t>(v); };
  switch (kind) {
    case ReduceKind::kMax: {
      T best = std::numeric_limits<T>::min();
      each([&](T v) { best = std::max(best, v); });
      return best;
    }
    case ReduceKind::kMin: {
      T best = std::numeric_limits<T>::max();
      each([&](T v) { best = std::min(best, v); });
      return best;
    }
    case ReduceKind::kProd:
      each([&](T v) { acc *= wide(v); });
      return static_cast<T>(acc);
    case ReduceKind::kL1:
      each([&](T v) { acc += v < 0 ? 0 - wide(v) : wide(v); });
      return static_cast<T>(acc);
    case ReduceKind::kL2:
    case ReduceKind::kSumSquare:
      each([&](T v) { acc += wide(v) * wide(v); });
      return kind == ReduceKind::kL2 ? static_cast<T>(std::sqrt(static_cast<double>(acc)))
                                     : static_cast<T>(acc);
    case ReduceKind::kLogSum:
    case ReduceKind::kLogSumExp:
      return static_cast<T>(reduce_float<double>(
          kind, n, [&](const auto& fn) { each([&](T v) { fn(static_cast<double>(v)); }); }));
    default:
      each([&](T v) { acc += wide(v); });
      if (kind == ReduceKind::kMean && n > 0) return static_cast<T>(acc) / static_cast<T>(n);
      return static_cast<T>(acc);
  }
}

template <typename T>
void reduce_all(const ReducePlan& p, ReduceKind kind, const Tensor& x, DType out, const Buffer& y) {
  const Numbers<T> v(x);
  const int64_t count = element_count(p.inner), results = element_count(p.kept);
  const Dims kept[1] = {p.kept_strides}, inner[1] = {p.inner_strides};
  int64_t base[1] = {0};
  Odometer outer(p.kept);
  // A contiguous run inside is walked without the odometer.
  Dims inside = p.inner, inside_strides = p.inner_strides;
  int64_t run = 1, step = 0;
  if (!inside.empty()) {
    run = inside.back();
    step = inside_strides.back();
    inside.pop_back();
    inside_strides.pop_back();
  }
  const Dims walk[1] = {inside_strides};
  for (int64_t r = 0; r < results; ++r, outer.next(kept, base)) {
    const auto each = [&](const auto& fn) {
      if (count == 0) return;
      Odometer at(inside);
      int64_t offset[1] = {base[0]};
      do {
        for (int64_t i = 0; i < run; ++i) fn(v[offset[0] + i * step]);
      } while (at.next(walk, offset));
    };
    if constexpr (std::is_floating_point_v<T>) {
      const double result = reduce_float<T>(kind, count, each);
      store(out, y.data(), r, 1, &result);
    } else {
      const T result = reduce_int<T>(kind, count, each);
      store(out, y.data(), r, 1, &result);
    }
  }
}

// The extreme of nothing: infinity, or the type's own end where it has none.
void fill_with_end(DType t, bool high, int64_t n, const Buffer& y) {
  const Lane lane = lane_of(t);
  const int bits = t == DType::kBool ? 1 : dtype_bits(t);
  const bool is_signed = t == DType::kI8 || t == DType::kI16 || t == DType::kI32 || t == DType::kI64;
  const double infinity = std::numeric_limits<double>::infinity() * (high ? 1 : -1);
  const uint64_t top = ~uint64_t{0} >> (is_signed ? 65 - bits : 64 - bits);
  const uint64_t end = high ? top : is_signed ? ~top : 0;
  for (int64_t i = 0; i < n; ++i) {
    if (lane == Lane::kInt || lane == Lane::kUint) {
      store(t, y.data(), i, 1, &end);
    } else {
      store(t, y.data(), i, 1, &infinity);
    }
  }
}

Status reduce_with(Call& c, ReduceKind kind) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(ReducePlan p, reduce_plan(c));
  if (dtype_bits(x.dtype()) < 8) return c.unsupported_type(x.dtype());
  JETLINE_RETURN_IF_ERROR(c.charge(x.count()));
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), p.out));
  if (element_count(p.inner) == 0 && (kind == ReduceKind::kMax || kind == ReduceKind::kMin)) {
    fill_with_end(x.dtype(), kind == ReduceKind::kMin, element_count(p.out), y);
  } else {
    with_lane(x.dtype(), [&](auto lane) { reduce_all<decltype(lane)>(p, kind, x, x.dtype(), y); });
  }
  c.set(0, y.tensor(x.dtype(), p.out));
  return {};
}

template <ReduceKind kind>
Status run_reduce(Call& c) {
  return reduce_with(c, kind);
}

// One axis: outer x n x inner.
struct AxisPlan {
  int64_t outer = 1, n = 1, inner = 1;
};

Result<AxisPlan> axis_plan(Call& c, const Dims& d, int64_t axis) {
  if (!fix_axis(axis, d.size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  return AxisPlan{span_count(d, 0, at), d[at], span_count(d, at + 1, d.size())};
}

Status arg_extreme(Call& c, bool max) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  int64_t axis = c.int_or("axis", 0);
  JETLINE_ASSIGN_OR_RETURN(const AxisPlan p, axis_plan(c, x.dims(), axis));
  fix_axis(axis, x.dims().size());
  Dims out = x.dims();
  if (c.int_or("keepdims", 1) != 0) {
    out[static_cast<size_t>(axis)] = 1;
  } else {
    out.erase(out.begin() + axis);
  }
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(DType::kI64, out));
  if (p.n == 0 && y.size() > 0) return c.bad_input("the extreme of nothing");
  const bool last = c.int_or("select_last_index", 0) != 0;
  with_lane(x.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const Numbers<T> v(x);
    for (int64_t o = 0; o < p.outer; ++o) {
      for (int64_t i = 0; i < p.inner; ++i) {
        int64_t best = 0;
        T top = v[o * p.n * p.inner + i];
        for (int64_t k = 1; k < p.n; ++k) {
          const T w = v[(o * p.n + k) * p.inner + i];
          const bool better = max ? w > top : w < top;
          if (better || (last && w == top) || (w != w && top == top)) {
            best = k;
            top = w;
          }
        }
        y.as<int64_t>()[o * p.inner + i] = best;
      }
    }
  });
  c.set(0, y.tensor(DType::kI64, out));
  return {};
}

Status run_arg_max(Call& c) {
  return arg_extreme(c, true);
}
Status run_arg_min(Call& c) {
  return arg_extreme(c, false);
}

Status cumulate(Call& c, bool product) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(const int64_t axis, c.scalar_int(1));
  JETLINE_ASSIGN_OR_RETURN(const AxisPlan p, axis_plan(c, x.dims(), axis));
  const bool exclusive = c.int_or("exclusive", 0) != 0, reverse = c.int_or("reverse", 0) != 0;
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), x.dims()));
  with_lane(x.dtype(), [&](auto lane) {
    using T = decltype(lane);
    using A = Accumulator<T>;
    const Numbers<T> v(x);
    for (int64_t o = 0; o < p.outer; ++o) {
      for (int64_t i = 0; i < p.inner; ++i) {
        A acc = product ? 1 : 0;
        for (int64_t k = 0; k < p.n; ++k) {
          const int64_t at = (o * p.n + (reverse ? p.n - 1 - k : k)) * p.inner + i;
          const A before = acc;
          acc = product ? acc * static_cast<A>(v[at]) : acc + static_cast<A>(v[at]);
          const T result = static_cast<T>(exclusive ? before : acc);
          store(x.dtype(), y.data(), at, 1, &result);
        }
      }
    }
  });
  c.set(0, y.tensor(x.dtype(), x.dims()));
  return {};
}

Status run_cum_sum(Call& c) {
  return cumulate(c, false);
}
Status run_cum_prod(Call& c) {
  return cumulate(c, true);
}

const Rule kReduceRules[] = {
    {"ReduceSum", run_reduce<ReduceKind::kSum>},
    {"ReduceMean", run_reduce<ReduceKind::kMean>},
    {"ReduceMax", run_reduce<ReduceKind::kMax>},
    {"ReduceMin", run_reduce<ReduceKind::kMin>},
    {"ReduceProd", run_reduce<ReduceKind::kProd>},
    {"ReduceL1", run_reduce<ReduceKind::kL1>},
    {"ReduceL2", run_reduce<ReduceKind::kL2>},
    {"ReduceSumSquare", run_reduce<ReduceKind::kSumSquare>},
    {"ReduceLogSum", run_reduce<ReduceKind::kLogSum>},
    {"ReduceLogSumExp", run_reduce<ReduceKind::kLogSumExp>},
    {"ArgMax", run_arg_max},
    {"ArgMin", run_arg_min},
    {"CumSum", run_cum_sum},
    {"CumProd", run_cum_prod},
};

}  // namespace

Span<const Rule> reduce_rules() {
  return {kReduceRules, sizeof kReduceRules / sizeof *kReduceRules};
}

}  // namespace jetline::calc
