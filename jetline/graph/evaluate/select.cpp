// Picking elements by their value or place: NonZero, Compress, TopK, Unique, Trilu.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

Status run_non_zero(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  const Numbers<double> v(x);  // no number but 0 becomes 0
  std::vector<int64_t> hits;
  for (int64_t i = 0; i < v.size(); ++i) {
    if (v[i] != 0) hits.push_back(i);
  }
  const auto rank = static_cast<int64_t>(d.size()), n = static_cast<int64_t>(hits.size());
  const Dims out = {rank, n};
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(DType::kI64, out));
  const Dims strides = row_strides(d);
  for (int64_t r = 0; r < rank; ++r) {
    const auto a = static_cast<size_t>(r);
    for (int64_t i = 0; i < n; ++i)
      y.as<int64_t>()[r * n + i] = hits[static_cast<size_t>(i)] / strides[a] % d[a];
  }
  c.set(0, y.tensor(DType::kI64, out));
  return {};
}

Status run_compress(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &x = *c.tensor(0), &condition = *c.tensor(1);
  if (condition.dtype() != DType::kBool || condition.dims().size() != 1)
    return c.bad_input("no list of bools");
  Dims d = x.dims();
  int64_t axis = c.int_or("axis", 0);
  if (!c.attribute("axis")) d = {x.count()};
  if (!fix_axis(axis, d.size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  if (condition.count() > d[at]) return c.bad_input("the condition is longer than the axis");
  std::vector<int64_t> picks;
  for (int64_t i = 0; i < condition.count(); ++i) {
    if (condition.bytes()[static_cast<size_t>(i)]) picks.push_back(i);
  }
  Dims out = d;
  out[at] = static_cast<int64_t>(picks.size());
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  const int64_t rows = span_count(d, 0, at), run = span_count(d, at + 1, d.size()) * cells.width;
  uint8_t* to = y.data();
  for (int64_t r = 0; r < rows && run > 0; ++r) {
    for (int64_t p : picks) {
      std::memcpy(to, cells.data + (r * d[at] + p) * run, static_cast<size_t>(run));
      to += run;
    }
  }
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_top_k(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  int64_t k = c.int_or("k", 0);
  if (c.has(1)) {
    JETLINE_ASSIGN_OR_RETURN(k, c.scalar_int(1));
  }
  int64_t axis = c.int_or("axis", -1);
  if (!fix_axis(axis, x.dims().size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  const int64_t n = x.dims()[at];
  if (k < 0 || k > n)
    return c.bad_input("k is " + std::to_string(k) + " for " + std::to_string(n) + " elements");
  const bool largest = c.int_or("largest", 1) != 0;
  Dims out = x.dims();
  out[at] = k;
  JETLINE_ASSIGN_OR_RETURN(const Buffer values, c.allocate(x.dtype(), out));
  JETLINE_ASSIGN_OR_RETURN(const Buffer indices, c.allocate(DType::kI64, out));
  const int64_t outer = span_count(x.dims(), 0, at), inner = span_count(x.dims(), at + 1, x.dims().size());
  JETLINE_RETURN_IF_ERROR(c.charge(x.count()));
  with_lane(x.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const Numbers<T> v(x);
    std::vector<int64_t> order(static_cast<size_t>(n));
    for (int64_t o = 0; o < outer * inner; ++o) {
      const int64_t base = o / inner * n * inner + o % inner;
      std::iota(order.begin(), order.end(), int64_t{0});
      const auto before = [&](int64_t a, int64_t b) {
        const T p = v[base + a * inner], q = v[base + b * inner];
        const bool p_nan = p != p, q_nan = q != q;  // NaN counts as the largest, so that there is an order
        if (p_nan != q_nan) return largest ? p_nan : q_nan;
        if (p != q && !p_nan) return largest ? p > q : p < q;
        return a < b;
      };
      std::partial_sort(order.begin(), order.begin() + k, order.end(), before);
      for (int64_t i = 0; i < k; ++i) {
        const int64_t to = (o / inner * k + i) * inner + o % inner, from = order[static_cast<size_t>(i)];
        store(x.dtype(), values.data(), to, 1, &v[base + from * inner]);
        indices.as<int64_t>()[to] = from;
      }
    }
  });
  c.set(0, values.tensor(x.dtype(), out));
  c.set(1, indices.tensor(DType::kI64, out));
  return {};
}

// The slices of x along the axis (or its elements) without repetition; indices of the first ones, the place
// of each in the result, and how often it occurs.
Status run_unique(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  const bool flat = c.attribute("axis") == nullptr, sorted = c.int_or("sorted", 1) != 0;
  Dims d = flat ? Dims{x.count()} : x.dims();
  int64_t axis = c.int_or("axis", 0);
  if (!fix_axis(axis, d.size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  const int64_t n = d[at], outer = span_count(d, 0, at), inner = span_count(d, at + 1, d.size());
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({x.count(), 32}, 0, 2)));  // comparisons
  std::vector<int64_t> order(static_cast<size_t>(n)), first, inverse(static_cast<size_t>(n)), counts;
  std::iota(order.begin(), order.end(), int64_t{0});
  with_lane(x.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const Numbers<T> v(x);
    const auto compare = [&](int64_t a, int64_t b) {  // -1, 0, 1; NaN after everything
      for (int64_t o = 0; o < outer; ++o) {
        for (int64_t i = 0; i < inner; ++i) {
          const T p = v[(o * n + a) * inner + i], q = v[(o * n + b) * inner + i];
          const bool p_nan = p != p, q_nan = q != q;
          if (p_nan != q_nan) return q_nan ? -1 : 1;
          if (!p_nan && p != q) return p < q ? -1 : 1;
        }
      }
      return 0;
    };
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return compare(a, b) < 0; });
    for (size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || compare(order[i - 1], order[i]) != 0) {
        first.push_back(order[i]);
        counts.push_back(0);
      }
      ++counts.back();
      inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(first.size()) - 1;
    }
  });
  const auto m = static_cast<int64_t>(first.size());
  std::vector<int64_t> place(first.size()), rank(first.size());  // in order of first appearance
  std::iota(place.begin(), place.end(), int64_t{0});
  if (!sorted) {
    std::sort(place.begin(), place.end(), [&](int64_t a, int64_t b) {
      return first[static_cast<size_t>(a)] < first[static_cast<size_t>(b)];
    });
  }
  for (size_t i = 0; i < place.size(); ++i) rank[static_cast<size_t>(place[i])] = static_cast<int64_t>(i);
  std::vector<int64_t> out_first, out_counts;
  for (int64_t p : place) {
    out_first.push_back(first[static_cast<size_t>(p)]);
    out_counts.push_back(counts[static_cast<size_t>(p)]);
  }
  for (int64_t& i : inverse) i = rank[static_cast<size_t>(i)];
  Dims out = d;
  out[at] = m;
  const Cells cells(x);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < m && inner > 0; ++i) {
      std::memcpy(y.data() + (o * m + i) * inner * cells.width,
                  cells.data + (o * n + out_first[static_cast<size_t>(i)]) * inner * cells.width,
                  static_cast<size_t>(inner * cells.width));
    }
  }
  c.set(0, from_cells(y, x.dtype(), out));
  const std::vector<int64_t>* lists[] = {&out_first, &inverse, &out_counts};
  for (size_t i = 0; i < 3; ++i) {
    JETLINE_ASSIGN_OR_RETURN(Tensor t, Tensor::ints({static_cast<int64_t>(lists[i]->size())}, *lists[i]));
    c.set(i + 1, std::move(t));
  }
  return {};
}

Status run_trilu(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  if (d.size() < 2) return c.bad_input("the input is no matrix");
  int64_t k = 0;
  if (c.has(1)) {
    JETLINE_ASSIGN_OR_RETURN(k, c.scalar_int(1));
  }
  const bool upper = c.int_or("upper", 1) != 0;
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, d, true));
  const int64_t rows = d[d.size() - 2], columns = d.back(), matrices = span_count(d, 0, d.size() - 2);
  k = std::max(-rows - 1, std::min(k, columns + 1));
  for (int64_t m = 0; m < matrices; ++m) {
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t edge = std::max<int64_t>(0, std::min(columns, upper ? r + k : r + k + 1));
      const int64_t from = upper ? edge : 0, to = upper ? columns : edge;
      const int64_t at = ((m * rows + r) * columns + from) * cells.width;
      if (to > from)
        std::memcpy(y.data() + at, cells.data + at, static_cast<size_t>((to - from) * cells.width));
    }
  }
  c.set(0, from_cells(y, x.dtype(), d));
  return {};
}

const Rule kSelectRules[] = {{"NonZero", run_non_zero},
                             {"Compress", run_compress},
                             {"TopK", run_top_k},
                             {"Unique", run_unique},
                             {"Trilu", run_trilu}};

}  // namespace

Span<const Rule> select_rules() {
  return {kSelectRules, sizeof kSelectRules / sizeof *kSelectRules};
}

}  // namespace jetline::calc
