// Resize and Upsample: floor(input * scale), or given sizes (ONNX Operators.md, Resize-19).
#include <algorithm>
#include <cmath>

#include "jetline/graph/ops/rules.h"

namespace jetline::ops {
namespace {

Dim resize_scaled(const Dim& in, double scale) {
  if (scale == 1) return in;
  const double v = in.known() ? std::floor(static_cast<double>(in.value) * scale) : -1;
  return v >= 0 && v < 1e15 ? Dim(static_cast<int64_t>(v)) : Dim();
}

void resize_with(Context& c, const std::vector<double>& scales, const std::vector<int64_t>& axes) {
  std::vector<Dim> out = *c.shape(0);
  for (size_t i = 0; i < axes.size() && i < scales.size(); ++i) {
    Dim& d = out[static_cast<size_t>(axes[i])];
    d = resize_scaled(d, scales[i]);
  }
  c.set(0, c.dtype(0), std::move(out));
}

// The greatest scale that keeps every size within what is asked, or the least that reaches it; sizes are
// rounded, halves up (ONNX Operators.md, Resize-18).
void resize_keeping_aspect(Context& c, const std::vector<int64_t>& axes, bool not_larger) {
  std::vector<int64_t> sizes;
  std::vector<Dim> out = *c.shape(0);
  bool known = c.all_ints(3, sizes) && sizes.size() == axes.size() && !axes.empty();
  double scale = not_larger ? 1e300 : 0;
  for (size_t i = 0; known && i < axes.size(); ++i) {
    const Dim& d = out[static_cast<size_t>(axes[i])];
    known = d.known() && d.value > 0;
    if (!known) break;
    const double s = static_cast<double>(sizes[i]) / static_cast<double>(d.value);
    scale = not_larger ? std::min(scale, s) : std::max(scale, s);
  }
  for (int64_t a : axes) {
    Dim& d = out[static_cast<size_t>(a)];
    const double v = known ? std::floor(static_cast<double>(d.value) * scale + 0.5) : -1;
    d = v >= 0 && v < 1e15 ? Dim(static_cast<int64_t>(v)) : Dim();
  }
  c.set(0, c.dtype(0), std::move(out));
}

void resize_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set_dtype(0, c.dtype(0));
  std::vector<int64_t> axes;
  for (size_t i = 0; i < x->size(); ++i) axes.push_back(static_cast<int64_t>(i));
  axes = c.node().ints_or("axes", axes);
  for (int64_t& a : axes) {
    if (!normalize_axis(a, x->size())) return c.set_dtype(0, c.dtype(0));
  }
  std::vector<double> scales;
  const size_t scales_at = c.opset() < 11 ? 1 : 2;  // Resize-10 has no roi
  const KnownInts* sizes = c.ints(3);
  const std::string policy = c.node().string_or("keep_aspect_ratio_policy", "stretch");
  if (c.has(3) && policy != "stretch") return resize_keeping_aspect(c, axes, policy == "not_larger");
  if (c.has(3)) {
    std::vector<Dim> out = *x;
    for (size_t i = 0; i < axes.size(); ++i) {
      const bool known = sizes && sizes->elements.size() == axes.size();
      out[static_cast<size_t>(axes[i])] = known ? sizes->elements[i] : Dim();
    }
    return c.set(0, c.dtype(0), std::move(out));
  }
  if (!c.has(3) && c.floats(scales_at, scales) && scales.size() == axes.size())
    return resize_with(c, scales, axes);
  c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
}

void upsample_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set_dtype(0, c.dtype(0));
  std::vector<int64_t> axes;
  for (size_t i = 0; i < x->size(); ++i) axes.push_back(static_cast<int64_t>(i));
  std::vector<double> scales;
  if (const Attribute* a = c.node().attribute("scales"); a && a->as_floats()) {
    scales.assign(a->as_floats()->begin(), a->as_floats()->end());
  } else if (!c.floats(1, scales)) {
    return c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
  }
  if (scales.size() != axes.size()) return c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
  resize_with(c, scales, axes);
}

const Rule kResizeRules[] = {{"", "Resize", resize_infer}, {"", "Upsample", upsample_infer}};
}  // namespace

Span<const Rule> resize_rules() {
  return {kResizeRules, sizeof(kResizeRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
