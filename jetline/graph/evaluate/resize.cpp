// Resize and Upsample: one dimension after another, each output sample a weighted sum of input samples along
// it. Coordinates follow the formulas of the operator's text, in float.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

struct ResizeSpec {
  std::string mode, transform, nearest;
  double cubic_a = -0.75, extrapolation = 0;
  bool antialias = false, exclude_outside = false;
};

// Input samples and weights of one output sample; `outside`: it is the extrapolation value.
struct ResizeTaps {
  std::vector<int64_t> index;
  std::vector<double> weight;
  bool outside = false;
};

// The size along an axis: a product in float, as ONNX Runtime has it (10 elements by 0.7 are 7, not 6).
double resize_scaled_size(int64_t in, double scale) {
  return std::floor(static_cast<float>(in) * static_cast<float>(scale));
}

// Where output sample `o` lies in the input. In float: a third of 3 is 1, and lands on a sample.
double resize_position(const ResizeSpec& s, int64_t o, double scale_given, int64_t in, double size,
                       int64_t out, double roi_start, double roi_end) {
  const auto x = static_cast<float>(o), n = static_cast<float>(in), scale = static_cast<float>(scale_given);
  const auto out_size = static_cast<float>(size);
  if (s.transform == "align_corners") return out_size == 1 ? 0 : x * (n - 1) / (out_size - 1);
  if (s.transform == "asymmetric") return x / scale;
  if (s.transform == "pytorch_half_pixel") return out_size == 1 ? -0.5f : (x + 0.5f) / scale - 0.5f;
  if (s.transform == "tf_half_pixel_for_nn") return (x + 0.5f) / scale;
  if (s.transform == "tf_crop_and_resize") {
    const auto start = static_cast<float>(roi_start), end = static_cast<float>(roi_end);
    return out_size > 1 ? start * (n - 1) + x * (end - start) * (n - 1) / (out_size - 1)
                        : (start + end) * (n - 1) / 2;
  }
  if (s.transform == "half_pixel_symmetric") {
    const float adjustment = static_cast<float>(out) / out_size;
    return n / 2 * (1 - adjustment) + (x + 0.5f) / scale - 0.5f;
  }
  return (x + 0.5f) / scale - 0.5f;  // half_pixel
}

int64_t resize_nearest(const std::string& mode, double x) {
  if (mode == "floor") return static_cast<int64_t>(std::floor(x));
  if (mode == "ceil") return static_cast<int64_t>(std::ceil(x));
  if (mode == "round_prefer_ceil") return static_cast<int64_t>(std::floor(x + 0.5));
  return static_cast<int64_t>(std::ceil(x - 0.5));  // round_prefer_floor
}

double cubic_weight(double a, double x) {  // Keys' kernel
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

double linear_weight(double x) {
  x = std::fabs(x);
  return x < 1 ? 1 - x : 0;
}

ResizeTaps resize_taps(const ResizeSpec& s, double x, double scale, int64_t in) {
  ResizeTaps t;
  if (s.mode == "nearest") {
    t.index = {std::max<int64_t>(0, std::min(in - 1, resize_nearest(s.nearest, x)))};
    t.weight = {1};
    return t;
  }
  const bool cubic = s.mode == "cubic";
  const double stretch = s.antialias && scale < 1 ? scale : 1;  // the kernel grows when shrinking
  const double radius = (cubic ? 2 : 1) / stretch;
  const auto first = static_cast<int64_t>(std::ceil(x - radius)),
             last = static_cast<int64_t>(std::floor(x + radius));
  double sum = 0;
  for (int64_t i = first; i <= last; ++i) {
    const double d = (static_cast<double>(i) - x) * stretch;
    double w = cubic ? cubic_weight(s.cubic_a, d) : linear_weight(d);
    const bool inside = i >= 0 && i < in;
    if (!inside && s.exclude_outside) w = 0;
    if (w == 0) continue;
    t.index.push_back(std::max<int64_t>(0, std::min(in - 1, i)));
    t.weight.push_back(w);
    sum += w;
  }
  if (s.exclude_outside || s.antialias) {
    for (double& w : t.weight) w /= sum;
  }
  return t;
}

// Along one axis of an array [outer, in, inner] into [outer, taps, inner].
void resize_axis(const double* x, int64_t outer, int64_t in, int64_t inner,
                 const std::vector<ResizeTaps>& taps, double extrapolation, double* y) {
  const auto out = static_cast<int64_t>(taps.size());
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t k = 0; k < out; ++k) {
      const ResizeTaps& t = taps[static_cast<size_t>(k)];
      double* to = y + (o * out + k) * inner;
      std::fill(to, to + inner, t.outside ? extrapolation : 0);
      for (size_t j = 0; j < t.index.size() && !t.outside; ++j) {
        const double* from = x + (o * in + t.index[j]) * inner;
        const double weight = t.weight[j];
        for (int64_t i = 0; i < inner; ++i) to[i] += weight * from[i];
      }
    }
  }
}

struct ResizeSizes {
  Dims out;                    // of all dimensions
  std::vector<double> scales;  // of all dimensions
};

// scales or sizes for `axes`; keep_aspect_ratio_policy changes sizes so that one scale serves all.
Result<ResizeSizes> resize_sizes(Call& c, const Dims& in, const Dims& axes, size_t scales_input,
                                 size_t sizes_input) {
  ResizeSizes r{in, std::vector<double>(in.size(), 1)};
  const Tensor *scales = c.tensor(scales_input), *sizes = c.tensor(sizes_input);
  if (scales && scales->count() > 0 && scales->dims().size() == 1) {
    if (lane_of(scales->dtype()) == Lane::kNone) return c.unsupported_type(scales->dtype());
    const Numbers<double> s(*scales);
    if (s.size() != static_cast<int64_t>(axes.size())) return c.bad_input("one scale a dimension is needed");
    for (size_t i = 0; i < axes.size(); ++i) {
      const auto a = static_cast<size_t>(axes[i]);
      r.scales[a] = s[static_cast<int64_t>(i)];
      const double size = resize_scaled_size(in[a], r.scales[a]);
      if (!(r.scales[a] > 0) || !(size < 9e15)) return c.bad_input("a scale out of range");
      r.out[a] = static_cast<int64_t>(size);
    }
    return r;
  }
  JETLINE_ASSIGN_OR_RETURN(Dims wanted, c.ints(sizes_input));
  if (!sizes || wanted.size() != axes.size()) return c.bad_input("one size a dimension is needed");
  const std::string policy = c.string_or("keep_aspect_ratio_policy", "stretch");
  double common = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto a = static_cast<size_t>(axes[i]);
    if (wanted[i] < 0 || in[a] == 0) return c.bad_input("a size out of range");
    r.scales[a] = static_cast<double>(wanted[i]) / static_cast<double>(in[a]);
    const bool better = policy == "not_larger" ? r.scales[a] < common : r.scales[a] > common;
    if (i == 0 || better) common = r.scales[a];
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto a = static_cast<size_t>(axes[i]);
    r.out[a] = wanted[i];
    if (policy == "stretch") continue;
    r.scales[a] = common;
    const double size = std::floor(common * static_cast<double>(in[a]) + 0.5);
    if (!(size < 9e15)) return c.bad_input("a size out of range");
    r.out[a] = static_cast<int64_t>(size);
  }
  return r;
}

Status resize_with(Call& c, const ResizeSpec& spec, const Dims& axes, size_t roi_input,
                   const ResizeSizes& sizes) {
  const Tensor& x = *c.tensor(0);
  const Dims& in = x.dims();
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), sizes.out));
  if (y.size() == 0) {
    c.set(0, y.tensor(x.dtype(), sizes.out));
    return {};
  }
  std::vector<double> roi(2 * axes.size(), 0);
  std::fill(roi.begin() + static_cast<std::ptrdiff_t>(axes.size()), roi.end(), 1);
  const Tensor* given = roi_input > 0 ? c.tensor(roi_input) : nullptr;
  if (given && spec.transform == "tf_crop_and_resize") {
    const Numbers<double> values(*given);
    if (values.size() != static_cast<int64_t>(roi.size())) return c.bad_input("roi does not fit the axes");
    std::copy(values.begin(), values.end(), roi.begin());
  }
  const Numbers<double> all(x);
  Buffer made;  // what the axes so far gave
  const double* v = all.data();
  Dims now = in;
  std::vector<char> outside;  // positions of the output beyond the region, along any axis
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto a = static_cast<size_t>(axes[i]);
    const int64_t out = sizes.out[a];
    const bool crops = spec.transform == "tf_crop_and_resize";
    if (out == in[a] && sizes.scales[a] == 1 && !crops) continue;
    if (in[a] == 0) return c.bad_input("an empty dimension cannot grow");
    if (out > c.budget().options.max_output_bytes / 128) return c.too_large("a size along one axis");
    std::vector<ResizeTaps> taps;
    // The size that the scale asks for, before it is rounded down (as the reference takes it).
    const double exact = sizes.scales[a] * static_cast<double>(in[a]);
    const double size = spec.transform == "align_corners" || spec.transform == "half_pixel_symmetric"
                            ? exact
                            : static_cast<double>(out);
    for (int64_t o = 0; o < out; ++o) {
      const double p =
          resize_position(spec, o, sizes.scales[a], in[a], size, out, roi[i], roi[i + axes.size()]);
      if (!(std::fabs(p) < 9e15)) return c.bad_input("a position out of range");
      taps.push_back(resize_taps(spec, p, sizes.scales[a], in[a]));
      taps.back().outside = crops && (p < 0 || p > static_cast<double>(in[a] - 1));
      JETLINE_RETURN_IF_ERROR(c.charge(static_cast<int64_t>(taps.back().index.size())));
    }
    const int64_t outer = span_count(now, 0, a), inner = span_count(now, a + 1, now.size());
    now[a] = out;
    if (element_count(now) < 0 || element_count(now) > c.budget().options.max_output_bytes / 8)
      return c.too_large("a size");
    JETLINE_ASSIGN_OR_RETURN(const Buffer next, c.allocate(DType::kF64, now));
    resize_axis(v, outer, in[a], inner, taps, spec.extrapolation, next.as<double>());
    made = next;
    v = made.as<double>();
    // What an earlier axis extrapolated must not be mixed again: mark it, and write it at the end.
    if (crops) {
      for (int64_t o = 0; o < out; ++o) {
        if (!taps[static_cast<size_t>(o)].outside) continue;
        if (outside.empty()) outside.assign(static_cast<size_t>(element_count(sizes.out)), 0);
        const int64_t tail = span_count(sizes.out, a + 1, sizes.out.size()),
                      head = span_count(sizes.out, 0, a);
        for (int64_t h = 0; h < head; ++h) {
          std::fill_n(outside.begin() + (h * out + o) * tail, tail, 1);
        }
      }
    }
  }
  const int64_t count = span_count(now, 0, now.size());
  // Integers that did not move are whole; an array that did is ours to change.
  for (size_t i = 0; i < outside.size(); ++i) {
    if (outside[i]) made.as<double>()[i] = spec.extrapolation;
  }
  if (lane_of(x.dtype()) == Lane::kInt && spec.mode != "nearest" && made.data()) {
    std::transform(v, v + count, made.as<double>(), [](double e) { return std::nearbyint(e); });
  }
  store(x.dtype(), y.data(), 0, count, v);
  c.set(0, y.tensor(x.dtype(), sizes.out));
  return {};
}

Status run_resize(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Dims& in = c.tensor(0)->dims();
  const bool early = c.opset() < 11;  // inputs x, scales; asymmetric, nearest by floor
  ResizeSpec s;
  s.mode = c.string_or("mode", "nearest");
  s.transform = early ? "asymmetric" : c.string_or("coordinate_transformation_mode", "half_pixel");
  s.nearest = early ? "floor" : c.string_or("nearest_mode", "round_prefer_floor");
  s.cubic_a = c.float_or("cubic_coeff_a", -0.75f);
  s.extrapolation = c.float_or("extrapolation_value", 0);
  s.antialias = c.int_or("antialias", 0) != 0;
  s.exclude_outside = c.int_or("exclude_outside", 0) != 0;
  if (s.mode != "nearest" && s.mode != "linear" && s.mode != "cubic")
    return c.unsupported("mode '" + s.mode + "'");
  Dims axes = c.ints_or("axes", {});
  if (axes.empty()) {
    for (size_t i = 0; i < in.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (!fix_axes(axes, in.size())) return c.bad_input("axes are out of range");
  JETLINE_ASSIGN_OR_RETURN(const ResizeSizes sizes, resize_sizes(c, in, axes, early ? 1 : 2, early ? 99 : 3));
  return resize_with(c, s, axes, early ? 0 : 1, sizes);
}

Status run_upsample(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Dims& in = c.tensor(0)->dims();
  ResizeSpec s;
  s.mode = c.string_or("mode", "nearest");
  s.transform = "asymmetric";
  s.nearest = "floor";
  if (s.mode == "bilinear") s.mode = "linear";
  if (s.mode != "nearest" && s.mode != "linear") return c.unsupported("mode '" + s.mode + "'");
  Dims axes;
  for (size_t i = 0; i < in.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (c.has(1)) {
    JETLINE_ASSIGN_OR_RETURN(const ResizeSizes sizes, resize_sizes(c, in, axes, 1, 99));
    return resize_with(c, s, axes, 0, sizes);
  }
  const auto scales = c.floats_or("scales", {});
  if (scales.size() != in.size()) return c.bad_input("one scale a dimension is needed");
  ResizeSizes sizes{in, {scales.begin(), scales.end()}};
  for (size_t i = 0; i < in.size(); ++i) {
    const double size = resize_scaled_size(in[i], sizes.scales[i]);
    if (!(sizes.scales[i] > 0) || !(size < 9e15)) return c.bad_input("a scale out of range");
    sizes.out[i] = static_cast<int64_t>(size);
  }
  return resize_with(c, s, axes, 0, sizes);
}

const Rule kResizeRules[] = {{"Resize", run_resize}, {"Upsample", run_upsample}};

}  // namespace

Span<const Rule> resize_rules() {
  return {kResizeRules, sizeof kResizeRules / sizeof *kResizeRules};
}

}  // namespace jetline::calc
