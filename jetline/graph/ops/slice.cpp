// Operators that pick elements: Slice, Gather and its kin, Scatter (whose result has the shape of the data).
#include <algorithm>

#include "jetline/graph/ops/follow.h"

namespace jetline::ops {
namespace {

struct SliceAxis {
  int64_t start, end, step;
};

// Start and end brought into the range of a dimension of n elements (ONNX Operators.md, Slice-13).
SliceAxis slice_clamp(SliceAxis s, int64_t n) {
  if (s.start < 0) s.start += n;
  if (s.end < 0 && s.end > INT64_MIN + n) s.end += n;
  if (s.step > 0) {
    s.start = std::clamp<int64_t>(s.start, 0, n);
    s.end = std::clamp<int64_t>(s.end, 0, n);
  } else {
    s.start = std::clamp<int64_t>(s.start, 0, n - 1);
    s.end = std::clamp<int64_t>(s.end, -1, n - 1);
  }
  return s;
}

int64_t slice_length(const SliceAxis& s) {
  if (s.step > 0) return s.end > s.start ? (s.end - s.start - 1) / s.step + 1 : 0;
  return s.start > s.end ? (s.start - s.end - 1) / -s.step + 1 : 0;
}

void slice_follow(Context& c, const std::vector<int64_t>& axes, const std::vector<int64_t>& starts,
                  const std::vector<int64_t>& ends, const std::vector<int64_t>& steps) {
  const auto* from = followed_dims(c, 0);
  if (!from) return;
  std::vector<SliceAxis> ranges;
  for (int64_t n : *from) ranges.push_back({0, n, 1});
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] >= static_cast<int64_t>(from->size()) || steps[i] == 0 || steps[i] == INT64_MIN) return;
    const auto axis = static_cast<size_t>(axes[i]);
    if ((*from)[axis] > 0) ranges[axis] = slice_clamp({starts[i], ends[i], steps[i]}, (*from)[axis]);
  }
  std::vector<int64_t> dims;
  for (const SliceAxis& r : ranges) dims.push_back(slice_length(r));
  std::vector<Pick> picks(static_cast<size_t>(element_count(dims)));
  for (size_t i = 0; i < picks.size(); ++i) {
    int64_t rest = static_cast<int64_t>(i), at = 0, stride = 1;
    for (size_t k = dims.size(); k-- > 0;) {
      at += (ranges[k].start + rest % dims[k] * ranges[k].step) * stride;
      rest /= dims[k];
      stride *= (*from)[k];
    }
    picks[i] = {0, at};
  }
  follow_picks(c, 0, std::move(dims), picks);
}

void slice_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set_dtype(0, c.dtype(0));
  std::vector<int64_t> starts, ends, axes, steps;
  bool given = false, axes_given = false, steps_given = false;
  const bool bounds = axes_from(c, "starts", 1, starts, given) && axes_from(c, "ends", 2, ends, given);
  const bool have_axes = axes_from(c, "axes", 3, axes, axes_given);
  const bool have_steps = axes_from(c, "steps", 4, steps, steps_given);
  std::vector<Dim> out = *x;
  if (!have_axes) return c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
  if (!axes_given) {
    const auto* length = c.shape(1);
    const size_t n = bounds ? starts.size()
                     : length && length->size() == 1 && (*length)[0].known()
                         ? static_cast<size_t>((*length)[0].value)
                         : x->size();
    for (size_t i = 0; i < n && i < x->size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (!steps_given) steps.assign(axes.size(), 1);
  const bool exact = bounds && have_steps && starts.size() == axes.size() && ends.size() == axes.size() &&
                     steps.size() == axes.size();
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!normalize_axis(axes[i], x->size())) return c.set_dtype(0, c.dtype(0));
    Dim& d = out[static_cast<size_t>(axes[i])];
    const Dim in = d;
    d = Dim();
    if (!exact || steps[i] == 0 || steps[i] == INT64_MIN) continue;
    if (starts[i] == 0 && ends[i] >= INT32_MAX && steps[i] == 1) {
      d = in;  // "all of it", whatever its size
    } else if (in.known()) {
      d = Dim(in.value == 0 ? 0 : slice_length(slice_clamp({starts[i], ends[i], steps[i]}, in.value)));
    }
  }
  c.set(0, c.dtype(0), std::move(out));
  if (exact) slice_follow(c, axes, starts, ends, steps);
}

void gather_follow(Context& c, size_t axis) {
  const auto* from = followed_dims(c, 0);
  const KnownInts* which = c.ints(1);
  if (!from || !which || axis >= from->size()) return;
  int64_t inner = 1, outer = 1;
  for (size_t k = 0; k < from->size(); ++k) (k < axis ? outer : inner) *= k == axis ? 1 : (*from)[k];
  const int64_t n = (*from)[axis];
  std::vector<int64_t> dims(from->begin(), from->begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), which->dims.begin(), which->dims.end());
  dims.insert(dims.end(), from->begin() + static_cast<std::ptrdiff_t>(axis) + 1, from->end());
  const int64_t count = element_count(dims);
  if (count < 0 || count > static_cast<int64_t>(kMaxKnownInts)) return;
  std::vector<Pick> picks;
  for (int64_t o = 0; o < outer; ++o) {
    for (const Dim& d : which->elements) {
      const int64_t i = d.known() && d.value < 0 ? d.value + n : d.value;
      for (int64_t k = 0; k < inner; ++k)
        picks.push_back({0, d.known() && i >= 0 && i < n ? (o * n + i) * inner + k : -1});
    }
  }
  follow_picks(c, 0, std::move(dims), picks);
}

void gather_infer(Context& c) {
  const auto *x = c.shape(0), *indices = c.shape(1);
  int64_t axis = c.node().int_or("axis", 0);
  if (!x || !indices || !normalize_axis(axis, x->size())) return c.set_dtype(0, c.dtype(0));
  const auto at = static_cast<std::ptrdiff_t>(axis);
  std::vector<Dim> out(x->begin(), x->begin() + at);
  out.insert(out.end(), indices->begin(), indices->end());
  out.insert(out.end(), x->begin() + at + 1, x->end());
  c.set(0, c.dtype(0), std::move(out));
  gather_follow(c, static_cast<size_t>(axis));
}

void gather_elements_infer(Context& c) {
  if (const auto* i = c.shape(1))
    c.set(0, c.dtype(0), *i);
  else
    c.set_dtype(0, c.dtype(0));
  const auto* from = followed_dims(c, 0);
  std::vector<int64_t> at;
  if (!from || from->size() != 1 || !c.all_ints(1, at)) return;
  std::vector<Pick> picks;
  for (int64_t i : at) {
    if (i < 0) i += (*from)[0];
    if (i < 0 || i >= (*from)[0]) return;
    picks.push_back({0, i});
  }
  const int64_t n = static_cast<int64_t>(picks.size());
  follow_picks(c, 0, {n}, picks);
}

void scatter_infer(Context& c) {
  if (const auto* x = c.shape(0))
    c.set(0, c.dtype(0), *x);
  else
    c.set_dtype(0, c.dtype(0));
}

// Where each index tuple of input 1 points in input 0 (as a flat offset) and how many elements it picks.
bool nd_rows(Context& c, std::vector<int64_t>& rows, int64_t& inner) {
  const auto* from = followed_dims(c, 0);
  const KnownInts* at = c.ints(1);
  if (!from || !at || at->dims.empty()) return false;
  const int64_t length = at->dims.back();
  if (length < 1 || length > static_cast<int64_t>(from->size())) return false;
  inner = 1;
  for (size_t k = static_cast<size_t>(length); k < from->size(); ++k) inner *= (*from)[k];
  for (size_t i = 0; i < at->elements.size(); i += static_cast<size_t>(length)) {
    int64_t offset = 0;
    for (size_t k = 0; k < static_cast<size_t>(length); ++k) {
      const Dim& d = at->elements[i + k];
      const int64_t n = (*from)[k], v = d.known() && d.value < 0 ? d.value + n : d.value;
      if (!d.known() || v < 0 || v >= n) return false;
      offset = offset * n + v;
    }
    rows.push_back(offset * inner);
  }
  return true;
}

void gather_nd_follow(Context& c) {
  std::vector<int64_t> rows;
  int64_t inner = 0;
  if (!nd_rows(c, rows, inner)) return;
  const auto* from = followed_dims(c, 0);
  const KnownInts* at = c.ints(1);
  std::vector<int64_t> dims(at->dims.begin(), at->dims.end() - 1);
  dims.insert(dims.end(), from->begin() + at->dims.back(), from->end());
  const int64_t count = element_count(dims);
  if (count < 0 || count > static_cast<int64_t>(kMaxKnownInts)) return;
  std::vector<Pick> picks;
  for (int64_t r : rows) {
    for (int64_t k = 0; k < inner; ++k) picks.push_back({0, r + k});
  }
  follow_picks(c, 0, std::move(dims), picks);
}

void gather_nd_infer(Context& c) {
  const auto *x = c.shape(0), *i = c.shape(1);
  const int64_t batch = c.node().int_or("batch_dims", 0);
  c.set_dtype(0, c.dtype(0));
  if (!x || !i || i->empty() || !i->back().known() || batch < 0 || batch > static_cast<int64_t>(x->size()))
    return;
  const int64_t skip = batch + i->back().value;
  if (skip < 0 || skip > static_cast<int64_t>(x->size())) return;
  std::vector<Dim> out(i->begin(), i->end() - 1);
  out.insert(out.end(), x->begin() + static_cast<std::ptrdiff_t>(skip), x->end());
  c.set(0, c.dtype(0), std::move(out));
  if (batch == 0) gather_nd_follow(c);
}

// Elements of `data` replaced by those of `updates`: the content of both with known indices.
void scatter_nd_infer(Context& c) {
  scatter_infer(c);
  const auto *from = followed_dims(c, 0), *updates = followed_dims(c, 2);
  std::vector<int64_t> rows;
  int64_t inner = 0;
  if (!from || !updates || c.node().string_or("reduction", "none") != "none" || !nd_rows(c, rows, inner))
    return;
  const int64_t n = element_count(*from);
  if (static_cast<int64_t>(rows.size()) * inner != element_count(*updates)) return;
  std::vector<Pick> picks;
  for (int64_t i = 0; i < n; ++i) picks.push_back({0, i});
  for (size_t r = 0; r < rows.size(); ++r) {
    for (int64_t k = 0; k < inner; ++k)
      picks[static_cast<size_t>(rows[r] + k)] = {2, static_cast<int64_t>(r) * inner + k};
  }
  follow_picks(c, 0, *from, picks);
}

const Rule kSliceRules[] = {
    {"", "Slice", slice_infer},
    {"", "Gather", gather_infer},
    {"", "GatherElements", gather_elements_infer},
    {"", "GatherND", gather_nd_infer},
    {"", "Scatter", scatter_infer},
    {"", "ScatterElements", scatter_infer},
    {"", "ScatterND", scatter_nd_infer},
};
}  // namespace

Span<const Rule> slice_rules() {
  return {kSliceRules, sizeof(kSliceRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
