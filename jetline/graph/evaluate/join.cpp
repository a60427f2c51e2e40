// Concat and Split.
#include <algorithm>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {

// Shared with ConcatFromSequence; all tensors are of one type and rank and fit in all but `axis`.
Result<Tensor> concat_tensors(Call& c, const std::vector<const Tensor*>& parts, int64_t axis) {
  const Tensor& first = *parts[0];
  if (!fix_axis(axis, first.dims().size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  Dims out = first.dims();
  out[at] = 0;
  for (const Tensor* t : parts) {
    bool fits = t->dtype() == first.dtype() && t->dims().size() == out.size();
    for (size_t i = 0; fits && i < out.size(); ++i) fits = i == at || t->dims()[i] == out[i];
    if (!fits || __builtin_add_overflow(out[at], t->dims()[at], &out[at])) {
      return c.bad_input("shapes " + dims_text(first.dims()) + " and " + dims_text(t->dims()) +
                         " cannot be joined");
    }
  }
  const int64_t width = cell_width(first.dtype());
  if (width == 0) return c.unsupported_type(first.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(width, out));
  const int64_t rows = span_count(out, 0, at), inner = span_count(out, at + 1, out.size());
  int64_t offset = 0;
  for (const Tensor* t : parts) {
    const Cells cells(*t);
    const int64_t run = t->dims()[at] * inner;
    copy_strided(width, {rows, run}, y.data() + offset * width, {out[at] * inner, 1}, cells.data, {run, 1});
    offset += run;
  }
  return from_cells(y, first.dtype(), out);
}

Result<std::vector<Tensor>> split_tensor(Call& c, const Tensor& x, int64_t axis, const Dims& sizes) {
  if (!fix_axis(axis, x.dims().size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  int64_t sum = 0;
  for (int64_t s : sizes) {
    if (s < 0 || __builtin_add_overflow(sum, s, &sum)) return c.bad_input("split " + dims_text(sizes));
  }
  if (sum != x.dims()[at]) {
    return c.bad_input("split " + dims_text(sizes) + " does not fit " + dims_text(x.dims()));
  }
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  const int64_t rows = span_count(x.dims(), 0, at), inner = span_count(x.dims(), at + 1, x.dims().size());
  std::vector<Tensor> out;
  int64_t offset = 0;
  for (int64_t s : sizes) {
    Dims dims = x.dims();
    dims[at] = s;
    JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, dims));
    copy_strided(cells.width, {rows, s * inner}, y.data(), {s * inner, 1}, cells.data + offset * cells.width,
                 {x.dims()[at] * inner, 1});
    offset += s * inner;
    out.push_back(from_cells(y, x.dtype(), std::move(dims)));
  }
  return out;
}

namespace {

Status run_concat(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(c.input_count()));
  if (c.input_count() == 0) return c.bad_input("nothing to join");
  std::vector<const Tensor*> parts;
  for (size_t i = 0; i < c.input_count(); ++i) parts.push_back(c.tensor(i));
  JETLINE_ASSIGN_OR_RETURN(Tensor y, concat_tensors(c, parts, c.int_or("axis", 1)));
  c.set(0, std::move(y));
  return {};
}

Status run_split(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  int64_t axis = c.int_or("axis", 0);
  if (!fix_axis(axis, x.dims().size())) return c.bad_input("axis is out of range");
  Dims sizes = c.ints_or("split", {});
  if (c.tensor(1)) {
    JETLINE_ASSIGN_OR_RETURN(sizes, c.ints(1));
  }
  const size_t parts = c.node().outputs().size();
  if (sizes.empty() && !c.tensor(1) && parts > 0) {
    // Equal parts; from opset 18 on the last one may be smaller.
    const int64_t n = x.dims()[static_cast<size_t>(axis)], k = static_cast<int64_t>(parts);
    const int64_t chunk = (n + k - 1) / k;
    int64_t left = n;
    for (int64_t i = 0; i < k; ++i) {
      sizes.push_back(std::min(chunk, left));
      left -= sizes.back();
    }
  }
  if (sizes.size() != parts) return c.bad_input("split has " + std::to_string(sizes.size()) + " parts");
  JETLINE_ASSIGN_OR_RETURN(auto pieces, split_tensor(c, x, axis, sizes));
  for (size_t i = 0; i < pieces.size(); ++i) c.set(i, std::move(pieces[i]));
  return {};
}

const Rule kJoinRules[] = {{"Concat", run_concat}, {"Split", run_split}};

}  // namespace

Span<const Rule> join_rules() {
  return {kJoinRules, sizeof kJoinRules / sizeof *kJoinRules};
}

}  // namespace jetline::calc
