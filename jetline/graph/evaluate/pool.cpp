// Pooling: MaxPool, AveragePool, LpPool, their global forms and MaxUnpool.
#include <algorithm>
#include <cmath>
#include <limits>

#include "jetline/graph/evaluate/window.h"

namespace jetline::calc {
namespace {

struct PoolSetup {
  Window window;
  Dims shape;  // of the output
  int64_t planes = 0, in_count = 0, out_count = 0;
};

Result<PoolSetup> pool_setup(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Dims& d = c.tensor(0)->dims();
  if (d.size() < 2) return c.bad_input("the input has no channels");
  PoolSetup s;
  JETLINE_ASSIGN_OR_RETURN(s.window,
                           read_window(c, Dims(d.begin() + 2, d.end()), c.ints_or("kernel_shape", {}),
                                       c.int_or("ceil_mode", 0) != 0));
  s.shape = {d[0], d[1]};
  s.shape.insert(s.shape.end(), s.window.out.begin(), s.window.out.end());
  s.planes = span_count(d, 0, 2);
  s.in_count = span_count(d, 2, d.size());
  s.out_count = span_count(s.shape, 2, s.shape.size());
  JETLINE_RETURN_IF_ERROR(c.charge(
      span_count({s.planes, s.out_count, span_count(s.window.kernel, 0, s.window.kernel.size())}, 0, 3)));
  return s;
}

// Strides of the spatial dimensions; column-major when `columns` (MaxPool's storage_order).
Dims pool_strides(const Dims& in, bool columns) {
  if (!columns) return row_strides(in);
  Dims s(in.size(), 1);
  for (size_t i = 1; i < in.size(); ++i) s[i] = s[i - 1] * in[i - 1];
  return s;
}

Status run_max_pool(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const PoolSetup s, pool_setup(c));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), s.shape));
  JETLINE_ASSIGN_OR_RETURN(const Buffer where, c.allocate(DType::kI64, c.wanted(1) ? s.shape : Dims{0}));
  const bool columns = c.int_or("storage_order", 0) != 0;
  const Dims strides = row_strides(s.window.in), order = pool_strides(s.window.in, columns);
  with_lane(x.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const Numbers<T> v(x);
    Odometer at(s.window.out);
    for (int64_t o = 0; o < s.planes * s.out_count; ++o, at.next()) {
      const T* plane = v.data() + o / s.out_count * s.in_count;
      T best = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                    : std::numeric_limits<T>::min();
      int64_t index = -1;
      for_each_tap(s.window, at.index, strides, [&](int64_t, int64_t offset) {
        if (offset >= 0 && (index < 0 || plane[offset] > best || plane[offset] != plane[offset])) {
          if (index >= 0 && best != best) return;
          best = plane[offset];
          index = offset;
        }
      });
      if (index < 0 && dtype_bits(x.dtype()) == 8) best = x.dtype() == DType::kI8 ? T(-128) : T(0);
      store(x.dtype(), y.data(), o, 1, &best);
      if (!c.wanted(1)) continue;
      int64_t named = -1;
      if (index >= 0) {
        named = o / s.out_count * s.in_count;
        for (size_t d = 0; d < order.size(); ++d) named += index / strides[d] % s.window.in[d] * order[d];
      }
      where.as<int64_t>()[o] = named;
    }
  });
  c.set(0, y.tensor(x.dtype(), s.shape));
  if (c.wanted(1)) c.set(1, where.tensor(DType::kI64, s.shape));
  return {};
}

// Sums fn(v) of each window and finishes it with the number of elements that count.
template <typename Each, typename Finish>
Status pool_sums(Call& c, const PoolSetup& s, const Each& each, const Finish& finish) {
  const Tensor& x = *c.tensor(0);
  if (lane_of(x.dtype()) != Lane::kFloat && lane_of(x.dtype()) != Lane::kDouble)
    return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), s.shape));
  const Dims strides = row_strides(s.window.in);
  const bool with_padding = c.int_or("count_include_pad", 0) != 0;
  const Numbers<double> v(x);
  Odometer at(s.window.out);
  for (int64_t o = 0; o < s.planes * s.out_count; ++o, at.next()) {
    const double* plane = v.data() + o / s.out_count * s.in_count;
    double sum = 0;
    int64_t count = 0;
    for_each_tap(s.window, at.index, strides, [&](int64_t, int64_t offset) {
      if (offset >= 0) {
        sum += each(plane[offset]);
        ++count;
      }
    });
    if (with_padding) {  // taps inside the padded input; those that ceil_mode adds beyond it do not count
      count = 1;
      for (size_t d = 0; d < s.window.rank(); ++d) {
        const int64_t start = at.index[d] * s.window.strides[d],
                      room = s.window.before[d] + s.window.in[d] + s.window.after[d] - start;
        count *= std::min(s.window.kernel[d], (room + s.window.dilations[d] - 1) / s.window.dilations[d]);
      }
    }
    const double result = finish(sum, count);
    store(x.dtype(), y.data(), o, 1, &result);
  }
  c.set(0, y.tensor(x.dtype(), s.shape));
  return {};
}

Status run_average_pool(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const PoolSetup s, pool_setup(c));
  return pool_sums(
      c, s, [](double v) { return v; }, [](double sum, int64_t n) { return sum / static_cast<double>(n); });
}

Status lp_pool(Call& c, const PoolSetup& s) {
  const auto p = static_cast<double>(c.int_or("p", 2));
  return pool_sums(
      c, s, [p](double v) { return std::pow(std::fabs(v), p); },
      [p](double sum, int64_t) { return std::pow(sum, 1 / p); });
}

Status run_lp_pool(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const PoolSetup s, pool_setup(c));
  return lp_pool(c, s);
}

// One window over everything.
Result<PoolSetup> global_setup(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Dims& d = c.tensor(0)->dims();
  if (d.size() < 2) return c.bad_input("the input has no channels");
  PoolSetup s;
  s.window.in.assign(d.begin() + 2, d.end());
  s.window.kernel = s.window.in;
  const size_t r = s.window.rank();
  s.window.strides = s.window.dilations = s.window.out = Dims(r, 1);
  s.window.before = s.window.after = Dims(r, 0);
  s.shape = Dims(d.size(), 1);
  s.shape[0] = d[0];
  s.shape[1] = d[1];
  s.planes = span_count(d, 0, 2);
  s.in_count = span_count(d, 2, d.size());
  s.out_count = 1;
  if (s.in_count == 0) return c.bad_input("the planes are empty");
  JETLINE_RETURN_IF_ERROR(c.charge(c.tensor(0)->count()));
  return s;
}

Status run_global_average_pool(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const PoolSetup s, global_setup(c));
  return pool_sums(
      c, s, [](double v) { return v; }, [](double sum, int64_t n) { return sum / static_cast<double>(n); });
}
Status run_global_max_pool(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const PoolSetup s, global_setup(c));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), s.shape));
  const Numbers<double> v(x);
  for (int64_t p = 0; p < s.planes; ++p) {
    const double best = *std::max_element(v.data() + p * s.in_count, v.data() + (p + 1) * s.in_count);
    store(x.dtype(), y.data(), p, 1, &best);
  }
  c.set(0, y.tensor(x.dtype(), s.shape));
  return {};
}
Status run_global_lp_pool(Call& c) {
  JETLINE_ASSIGN_OR_RETURN(const PoolSetup s, global_setup(c));
  return lp_pool(c, s);
}

Status run_max_unpool(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &x = *c.tensor(0), &indices = *c.tensor(1);
  const Dims& d = x.dims();
  const size_t r = d.size() < 2 ? 0 : d.size() - 2;
  const Dims kernel = c.ints_or("kernel_shape", {}), strides = c.ints_or("strides", Dims(r, 1)),
             pads = c.ints_or("pads", Dims(2 * r, 0));
  if (d.size() < 2 || kernel.size() != r || strides.size() != r || pads.size() != 2 * r ||
      indices.dims() != d) {
    return c.bad_input("kernel, strides or indices do not fit the input");
  }
  Dims inferred = {d[0], d[1]};
  for (size_t i = 0; i < r; ++i) {
    int64_t n = 0;
    if (__builtin_mul_overflow(d[i + 2] - 1, strides[i], &n) || __builtin_add_overflow(n, kernel[i], &n) ||
        __builtin_sub_overflow(n, pads[i], &n) || __builtin_sub_overflow(n, pads[i + r], &n)) {
      return c.bad_input("the output is too large");
    }
    inferred.push_back(n);
  }
  Dims shape = inferred;
  if (c.has(2)) {
    JETLINE_ASSIGN_OR_RETURN(shape, c.ints(2));
  }
  if (shape.size() != d.size()) return c.bad_input("output_shape does not fit");
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  const Cells cells(x);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, shape, true));
  const Numbers<int64_t> at(indices);
  const Dims from = row_strides(inferred), to = row_strides(shape);
  const int64_t count = element_count(inferred);
  for (int64_t i = 0; i < at.size(); ++i) {
    if (at[i] < 0 || at[i] >= count) return c.bad_input("an index outside the output");
    int64_t offset = 0;
    for (size_t k = 0; k < shape.size(); ++k) {
      const int64_t p = at[i] / from[k] % inferred[k];
      if (p >= shape[k]) return c.bad_input("an index outside the output");
      offset += p * to[k];
    }
    std::memcpy(y.data() + offset * cells.width, cells.data + i * cells.width,
                static_cast<size_t>(cells.width));
  }
  c.set(0, from_cells(y, x.dtype(), shape));
  return {};
}

const Rule kPoolRules[] = {
    {"MaxPool", run_max_pool},
    {"AveragePool", run_average_pool},
    {"LpPool", run_lp_pool},
    {"GlobalAveragePool", run_global_average_pool},
    {"GlobalMaxPool", run_global_max_pool},
    {"GlobalLpPool", run_global_lp_pool},
    {"MaxUnpool", run_max_unpool},
};

}  // namespace

Span<const Rule> pool_rules() {
  return {kPoolRules, sizeof kPoolRules / sizeof *kPoolRules};
}

}  // namespace jetline::calc
