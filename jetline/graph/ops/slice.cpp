// Operators that pick elements: Slice, Gather and its kin, Scatter (whose result has the shape of the data).
#include <algorithm>

#include "jetline/graph/ops/rules.h"

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
  const KnownInts* k = c.ints(0);
  if (k && exact && x->size() == 1 && axes.size() == 1 && !k->elements.empty() && steps[0] != 0 &&
      steps[0] != INT64_MIN) {
    const SliceAxis s = slice_clamp({starts[0], ends[0], steps[0]}, static_cast<int64_t>(k->elements.size()));
    KnownInts picked;
    const int64_t n = slice_length(s);
    for (int64_t i = 0; i < n; ++i)
      picked.elements.push_back(k->elements[static_cast<size_t>(s.start + i * s.step)]);
    picked.dims = {n};
    c.set_ints(0, std::move(picked));
  }
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
  const KnownInts* k = c.ints(0);
  const KnownInts* which = c.ints(1);
  if (!k || !which || x->size() != 1) return;
  KnownInts picked;
  picked.dims = which->dims;
  for (const Dim& d : which->elements) {
    const int64_t n = static_cast<int64_t>(k->elements.size());
    const int64_t i = d.known() && d.value < 0 ? d.value + n : d.value;
    if (!d.known() || i < 0 || i >= n) return;
    picked.elements.push_back(k->elements[static_cast<size_t>(i)]);
  }
  c.set_ints(0, std::move(picked));
}

void gather_elements_infer(Context& c) {
  if (const auto* i = c.shape(1))
    c.set(0, c.dtype(0), *i);
  else
    c.set_dtype(0, c.dtype(0));
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
}

void scatter_infer(Context& c) {
  if (const auto* x = c.shape(0))
    c.set(0, c.dtype(0), *x);
  else
    c.set_dtype(0, c.dtype(0));
}

const Rule kSliceRules[] = {
    {"", "Slice", slice_infer},
    {"", "Gather", gather_infer},
    {"", "GatherElements", gather_elements_infer},
    {"", "GatherND", gather_nd_infer},
    {"", "Scatter", scatter_infer},
    {"", "ScatterElements", scatter_infer},
    {"", "ScatterND", scatter_infer},
};
}  // namespace

Span<const Rule> slice_rules() {
  return {kSliceRules, sizeof(kSliceRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
