// Gather, GatherElements, GatherND and ReverseSequence.
#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {

// Reads indices along an axis of n elements; negative ones count from the end. False when one is outside.
bool fix_indices(const Tensor& t, int64_t n, std::vector<int64_t>& out) {
  auto values = t.to_ints();
  if (!values.ok()) return false;
  out = std::move(values).value();
  for (int64_t& v : out) {
    if (v < 0) v += n;
    if (v < 0 || v >= n) return false;
  }
  return true;
}

namespace {

Status gather_outside(Call& c, const Tensor& x) {
  return c.bad_input("an index outside " + dims_text(x.dims()));
}

Status run_gather(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &x = *c.tensor(0), &indices = *c.tensor(1);
  int64_t axis = c.int_or("axis", 0);
  if (!fix_axis(axis, x.dims().size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  const int64_t n = x.dims()[at];
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  std::vector<int64_t> picks;
  if (!fix_indices(indices, n, picks)) return gather_outside(c, x);
  Dims out(x.dims().begin(), x.dims().begin() + axis);
  out.insert(out.end(), indices.dims().begin(), indices.dims().end());
  out.insert(out.end(), x.dims().begin() + axis + 1, x.dims().end());
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  const int64_t rows = span_count(x.dims(), 0, at);
  const int64_t run = span_count(x.dims(), at + 1, x.dims().size()) * cells.width;
  uint8_t* to = y.data();
  if (run > 0 && y.size() > 0) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t p : picks) {
        std::memcpy(to, cells.data + (r * n + p) * run, static_cast<size_t>(run));
        to += run;
      }
    }
  }
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_gather_elements(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &x = *c.tensor(0), &indices = *c.tensor(1);
  const size_t rank = x.dims().size();
  int64_t axis = c.int_or("axis", 0);
  if (!fix_axis(axis, rank) || indices.dims().size() != rank)
    return c.bad_input("indices do not fit the data");
  const auto at = static_cast<size_t>(axis);
  for (size_t i = 0; i < rank; ++i) {
    if (i != at && indices.dims()[i] > x.dims()[i]) return gather_outside(c, x);
  }
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  std::vector<int64_t> picks;
  if (!fix_indices(indices, x.dims()[at], picks)) return gather_outside(c, x);
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  const Dims& out = indices.dims();
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  Dims strides[1] = {row_strides(x.dims())};
  const int64_t step = strides[0][at];
  strides[0][at] = 0;
  int64_t offsets[1] = {0};
  Odometer walk(out);
  for (size_t i = 0; i < picks.size(); ++i) {
    std::memcpy(y.data() + static_cast<int64_t>(i) * cells.width,
                cells.data + (offsets[0] + picks[i] * step) * cells.width, static_cast<size_t>(cells.width));
    walk.next(strides, offsets);
  }
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_gather_nd(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &x = *c.tensor(0), &indices = *c.tensor(1);
  const int64_t batch = c.int_or("batch_dims", 0);
  const Dims &d = x.dims(), &id = indices.dims();
  const auto b = static_cast<size_t>(batch);
  if (batch < 0 || id.empty() || b >= id.size() || b > d.size() || id.back() < 0 ||
      id.back() > static_cast<int64_t>(d.size() - b)) {
    return c.bad_input("indices " + dims_text(id) + " do not fit " + dims_text(d));
  }
  const auto k = static_cast<size_t>(id.back());
  for (size_t i = 0; i < b; ++i) {
    if (d[i] != id[i]) return c.bad_input("indices " + dims_text(id) + " do not fit " + dims_text(d));
  }
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  auto list = indices.to_ints();
  if (!list.ok()) return c.bad_input("indices are no integers");
  Dims out(id.begin(), id.end() - 1);
  out.insert(out.end(), d.begin() + static_cast<std::ptrdiff_t>(b + k), d.end());
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  const int64_t batches = span_count(d, 0, b), per_batch = span_count(id, b, id.size() - 1);
  const int64_t run = span_count(d, b + k, d.size()), block = span_count(d, b, d.size());
  const int64_t* index = list->data();
  uint8_t* to = y.data();
  if (y.size() == 0) {
    c.set(0, from_cells(y, x.dtype(), out));
    return {};
  }
  for (int64_t n = 0; n < batches; ++n) {
    for (int64_t i = 0; i < per_batch; ++i, index += k, to += run * cells.width) {
      int64_t offset = 0;
      for (size_t j = 0; j < k; ++j) {
        int64_t v = index[j];
        if (v < 0) v += d[b + j];
        if (v < 0 || v >= d[b + j]) return gather_outside(c, x);
        offset = offset * d[b + j] + v;
      }
      std::memcpy(to, cells.data + (n * block + offset * run) * cells.width,
                  static_cast<size_t>(run * cells.width));
    }
  }
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_reverse_sequence(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor& x = *c.tensor(0);
  const int64_t time = c.int_or("time_axis", 0), batch = c.int_or("batch_axis", 1);
  if (x.dims().size() < 2 || time < 0 || time > 1 || batch != 1 - time)
    return c.bad_input("axes are not 0 and 1");
  JETLINE_ASSIGN_OR_RETURN(const Dims lengths, c.ints(1));
  const int64_t steps = x.dims()[static_cast<size_t>(time)], n = x.dims()[static_cast<size_t>(batch)];
  if (static_cast<int64_t>(lengths.size()) != n) return c.bad_input("one length a sequence is needed");
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, x.dims()));
  const int64_t run = span_count(x.dims(), 2, x.dims().size()) * cells.width;
  const int64_t per_step = time == 0 ? n : 1, per_batch = time == 0 ? 1 : steps;
  for (int64_t b = 0; b < n; ++b) {
    const int64_t length = lengths[static_cast<size_t>(b)];
    if (length < 0 || length > steps) return c.bad_input("a length outside the sequence");
    for (int64_t t = 0; t < steps; ++t) {
      const int64_t from = t < length ? length - 1 - t : t;
      if (run > 0) {
        std::memcpy(y.data() + (t * per_step + b * per_batch) * run,
                    cells.data + (from * per_step + b * per_batch) * run, static_cast<size_t>(run));
      }
    }
  }
  c.set(0, from_cells(y, x.dtype(), x.dims()));
  return {};
}

const Rule kGatherRules[] = {
    {"Gather", run_gather},
    {"GatherElements", run_gather_elements},
    {"GatherND", run_gather_nd},
    {"ReverseSequence", run_reverse_sequence},
};

}  // namespace

Span<const Rule> gather_rules() {
  return {kGatherRules, sizeof kGatherRules / sizeof *kGatherRules};
}

}  // namespace jetline::calc
