// Scatter, ScatterElements, ScatterND and TensorScatter: a copy of the data with elements replaced or
// reduced.
#include <algorithm>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

enum class ScatterOp : uint8_t { kSet, kAdd, kMul, kMin, kMax, kUnknown };

ScatterOp scatter_op(const Call& c) {
  const std::string r = c.string_or("reduction", "none");
  return r == "none"  ? ScatterOp::kSet
         : r == "add" ? ScatterOp::kAdd
         : r == "mul" ? ScatterOp::kMul
         : r == "min" ? ScatterOp::kMin
         : r == "max" ? ScatterOp::kMax
                      : ScatterOp::kUnknown;
}

// The data as cells or, where elements are combined, as numbers; `at` counts elements.
struct ScatterTarget {
  const Tensor& data;
  const Tensor& updates;
  ScatterOp op;
  Cells cells;
  Buffer out;

  Status prepare(Call& c) {
    if (op == ScatterOp::kUnknown) return c.unsupported("reduction '" + c.string_or("reduction", "") + "'");
    if (data.dtype() != updates.dtype()) return c.bad_input("updates have another type than the data");
    if (op != ScatterOp::kSet && (lane_of(data.dtype()) == Lane::kNone || dtype_bits(data.dtype()) < 8)) {
      return c.unsupported_type(data.dtype());
    }
    if (cells.width == 0) return c.unsupported_type(data.dtype());
    JETLINE_ASSIGN_OR_RETURN(out, c.allocate_cells(cells.width, data.dims()));
    const Cells from(data);
    if (out.size() > 0) std::memcpy(out.data(), from.data, out.size());
    return {};
  }

  // out[at, at + n) takes updates[from, from + n).
  void put(int64_t at, int64_t from, int64_t n) const {
    if (op == ScatterOp::kSet) {
      std::memcpy(out.data() + at * cells.width, cells.data + from * cells.width,
                  static_cast<size_t>(n * cells.width));
      return;
    }
    with_lane(data.dtype(), [&](auto lane) {
      using T = decltype(lane);
      for (int64_t i = 0; i < n; ++i) {
        T a, b;
        load(data.dtype(), out.data(), at + i, 1, &a);
        load(data.dtype(), cells.data, from + i, 1, &b);
        using Wide = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;  // integers wrap
        if (op == ScatterOp::kAdd) a = static_cast<T>(static_cast<Wide>(a) + static_cast<Wide>(b));
        if (op == ScatterOp::kMul) a = static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b));
        if (op == ScatterOp::kMin) a = b < a ? b : a;
        if (op == ScatterOp::kMax) a = a < b ? b : a;
        store(data.dtype(), out.data(), at + i, 1, &a);
      }
    });
  }
};

Status run_scatter_elements(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(3));
  const Tensor &x = *c.tensor(0), &indices = *c.tensor(1), &updates = *c.tensor(2);
  const size_t rank = x.dims().size();
  int64_t axis = c.int_or("axis", 0);
  if (!fix_axis(axis, rank) || indices.dims().size() != rank || updates.dims() != indices.dims()) {
    return c.bad_input("indices and updates do not fit the data");
  }
  const auto at = static_cast<size_t>(axis);
  for (size_t i = 0; i < rank; ++i) {
    if (i != at && indices.dims()[i] > x.dims()[i]) return c.bad_input("indices do not fit the data");
  }
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  std::vector<int64_t> picks;
  if (!fix_indices(indices, x.dims()[at], picks)) return c.bad_input("an index outside the data");
  ScatterTarget target{x, updates, scatter_op(c), Cells(updates), {}};
  JETLINE_RETURN_IF_ERROR(target.prepare(c));
  Dims strides[1] = {row_strides(x.dims())};
  const int64_t step = strides[0][at];
  strides[0][at] = 0;
  int64_t offsets[1] = {0};
  Odometer walk(indices.dims());
  for (size_t i = 0; i < picks.size(); ++i) {
    target.put(offsets[0] + picks[i] * step, static_cast<int64_t>(i), 1);
    walk.next(strides, offsets);
  }
  c.set(0, from_cells(target.out, x.dtype(), x.dims()));
  return {};
}

Status run_scatter_nd(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(3));
  const Tensor &x = *c.tensor(0), &indices = *c.tensor(1), &updates = *c.tensor(2);
  const Dims &d = x.dims(), &id = indices.dims();
  if (id.empty() || id.back() > static_cast<int64_t>(d.size()))
    return c.bad_input("indices do not fit the data");
  const auto k = static_cast<size_t>(id.back());
  const int64_t picks = span_count(id, 0, id.size() - 1), run = span_count(d, k, d.size());
  Dims expected(id.begin(), id.end() - 1);
  expected.insert(expected.end(), d.begin() + static_cast<std::ptrdiff_t>(k), d.end());
  if (updates.dims() != expected) {
    return c.bad_input("updates " + dims_text(updates.dims()) + " are not " + dims_text(expected));
  }
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  auto list = indices.to_ints();
  if (!list.ok()) return c.bad_input("indices are no integers");
  ScatterTarget target{x, updates, scatter_op(c), Cells(updates), {}};
  JETLINE_RETURN_IF_ERROR(target.prepare(c));
  for (int64_t i = 0; i < picks && run > 0; ++i) {
    int64_t offset = 0;
    for (size_t j = 0; j < k; ++j) {
      int64_t v = (*list)[static_cast<size_t>(i) * k + j];
      if (v < 0) v += d[j];
      if (v < 0 || v >= d[j]) return c.bad_input("an index outside the data");
      offset = offset * d[j] + v;
    }
    target.put(offset * run, i * run, run);
  }
  c.set(0, from_cells(target.out, x.dtype(), d));
  return {};
}

// A cache [B, ..., S, ...] in which update [B, ..., s, ...] is written from position write_indices[b] on.
Status run_tensor_scatter(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &x = *c.tensor(0), &update = *c.tensor(1);
  const size_t rank = x.dims().size();
  int64_t axis = c.int_or("axis", -2);
  if (!fix_axis(axis, rank) || axis == 0 || update.dims().size() != rank) {
    return c.bad_input("the update does not fit the cache");
  }
  const auto at = static_cast<size_t>(axis);
  for (size_t i = 0; i < rank; ++i) {
    if (i == at ? update.dims()[i] > x.dims()[i] : update.dims()[i] != x.dims()[i]) {
      return c.bad_input("the update does not fit the cache");
    }
  }
  Dims positions(static_cast<size_t>(x.dims()[0]), 0);
  if (c.has(2)) {
    JETLINE_ASSIGN_OR_RETURN(positions, c.ints(2));
  }
  if (static_cast<int64_t>(positions.size()) != x.dims()[0])
    return c.bad_input("one position a batch is needed");
  const bool circular = c.string_or("mode", "linear") == "circular";
  ScatterTarget target{x, update, ScatterOp::kSet, Cells(update), {}};
  JETLINE_RETURN_IF_ERROR(target.prepare(c));
  const int64_t length = x.dims()[at], steps = update.dims()[at];
  const int64_t middle = span_count(x.dims(), 1, at), run = span_count(x.dims(), at + 1, rank);
  for (int64_t b = 0; b < x.dims()[0] && run > 0; ++b) {
    const int64_t first = positions[static_cast<size_t>(b)];
    if (first < 0 || first > length || (!circular && first + steps > length)) {
      return c.bad_input("a position outside the cache");
    }
    for (int64_t m = b * middle; m < (b + 1) * middle; ++m) {
      for (int64_t s = 0; s < steps; ++s) {
        target.put((m * length + (first + s) % length) * run, (m * steps + s) * run, run);
      }
    }
  }
  c.set(0, from_cells(target.out, x.dtype(), x.dims()));
  return {};
}

const Rule kScatterRules[] = {
    {"Scatter", run_scatter_elements},
    {"ScatterElements", run_scatter_elements},
    {"ScatterND", run_scatter_nd},
    {"TensorScatter", run_tensor_scatter},
};

}  // namespace

Span<const Rule> scatter_rules() {
  return {kScatterRules, sizeof kScatterRules / sizeof *kScatterRules};
}

}  // namespace jetline::calc
