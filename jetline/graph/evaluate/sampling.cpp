// Reading images between their pixels: GridSample, AffineGrid, RoiAlign, MaxRoiPool.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

enum class GridPadding : uint8_t { kZeros, kBorder, kReflection };

struct GridSpec {
  int taps = 2;  // 1 nearest, 2 linear, 4 cubic
  GridPadding padding = GridPadding::kZeros;
  bool align = false;
};

// Into [low, high] by mirroring at its ends.
double grid_reflect(double x, double low, double high) {
  const double range = high - low;
  if (range <= 0) return low;
  if (x < low || x > high) {
    const double d = x < low ? low - x : x - high, n = std::floor(d / range), r = d - n * range;
    const bool even = std::fmod(n, 2) == 0;
    return (x < low) == even ? low + r : high - r;
  }
  return x;
}

double grid_clamp(double x, int64_t n) {
  return std::max(0.0, std::min(x, static_cast<double>(n - 1)));
}

// Pixel indices (-1: zero) and weights along one axis for a normalised coordinate.
void grid_axis(const GridSpec& s, double normal, int64_t n, int64_t (&index)[4], double (&weight)[4]) {
  const auto size = static_cast<double>(n);
  const double low = s.align ? 0 : -0.5, high = s.align ? size - 1 : size - 0.5;
  double x = s.align ? (normal + 1) / 2 * (size - 1) : ((normal + 1) * size - 1) / 2;
  x = static_cast<float>(x);
  if (s.taps == 1) x = std::nearbyint(x);
  if (!(std::fabs(x) < 1e15)) x = -1e15;
  if (s.padding == GridPadding::kBorder && (x < low || x > high)) x = grid_clamp(x, n);
  if (s.padding == GridPadding::kReflection) x = grid_reflect(x, low, high);
  const double base = std::floor(x), f = x - base;
  const double a = -0.75;  // of the cubic kernel
  if (s.taps == 1) {
    weight[0] = 1;
  } else if (s.taps == 2) {
    weight[0] = 1 - f;
    weight[1] = f;
  } else {
    weight[0] = ((a * (f + 1) - 5 * a) * (f + 1) + 8 * a) * (f + 1) - 4 * a;
    weight[1] = ((a + 2) * f - (a + 3)) * f * f + 1;
    weight[2] = ((a + 2) * (1 - f) - (a + 3)) * (1 - f) * (1 - f) + 1;
    weight[3] = ((a * (2 - f) - 5 * a) * (2 - f) + 8 * a) * (2 - f) - 4 * a;
  }
  for (int k = 0; k < s.taps; ++k) {
    double i = base + k - (s.taps == 4 ? 1 : 0);
    if (s.padding == GridPadding::kBorder) i = grid_clamp(i, n);
    if (s.padding == GridPadding::kReflection) i = grid_clamp(std::trunc(grid_reflect(i, low, high)), n);
    index[k] = i >= 0 && i < size ? static_cast<int64_t>(i) : -1;
  }
}

Status run_grid_sample(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &x = *c.tensor(0), &grid = *c.tensor(1);
  const Dims &d = x.dims(), &g = grid.dims();
  const size_t r = d.size() < 3 ? 0 : d.size() - 2;
  if (r == 0 || r > 8 || g.size() != d.size() || g[0] != d[0] || g.back() != static_cast<int64_t>(r)) {
    return c.bad_input("the grid " + dims_text(g) + " does not fit " + dims_text(d));
  }
  GridSpec s;
  const std::string mode = c.string_or("mode", "linear"), padding = c.string_or("padding_mode", "zeros");
  s.taps = mode == "nearest" ? 1 : mode == "cubic" || mode == "bicubic" ? 4 : 2;
  if (s.taps == 2 && mode != "linear" && mode != "bilinear") return c.unsupported("mode '" + mode + "'");
  s.padding = padding == "border"       ? GridPadding::kBorder
              : padding == "reflection" ? GridPadding::kReflection
                                        : GridPadding::kZeros;
  s.align = c.int_or("align_corners", 0) != 0;
  Dims out = {d[0], d[1]};
  out.insert(out.end(), g.begin() + 1, g.end() - 1);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), out));
  const int64_t points = span_count(g, 1, g.size() - 1), plane = span_count(d, 2, d.size());
  if (y.size() > 0 && plane == 0) return c.bad_input("nothing to sample");
  const Dims strides = row_strides(Dims(d.begin() + 2, d.end())), taps(r, s.taps);
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({element_count(out), element_count(taps)}, 0, 2)));
  const Numbers<double> v(x), at(grid);
  std::vector<int64_t> index(r * 4);
  std::vector<double> weight(r * 4);
  for (int64_t p = 0; p < d[0] * points && y.size() > 0; ++p) {
    for (size_t k = 0; k < r; ++k) {  // the grid names the last axis first
      int64_t i[4];
      double w[4];
      grid_axis(s, at[p * static_cast<int64_t>(r) + static_cast<int64_t>(r - 1 - k)], d[k + 2], i, w);
      std::copy(i, i + s.taps, index.begin() + static_cast<std::ptrdiff_t>(4 * k));
      std::copy(w, w + s.taps, weight.begin() + static_cast<std::ptrdiff_t>(4 * k));
    }
    const int64_t n = p / points;
    for (int64_t ch = 0; ch < d[1]; ++ch) {
      const double* from = v.data() + (n * d[1] + ch) * plane;
      double sum = 0;
      Odometer tap(taps);
      do {
        double w = 1;
        int64_t offset = 0;
        bool inside = true;
        for (size_t k = 0; k < r; ++k) {
          const size_t e = 4 * k + static_cast<size_t>(tap.index[k]);
          w *= weight[e];
          inside = inside && index[e] >= 0;
          offset += index[e] * strides[k];
        }
        if (inside) sum += w * from[offset];
      } while (tap.next());
      store(x.dtype(), y.data(), (n * d[1] + ch) * points + p % points, 1, &sum);
    }
  }
  c.set(0, y.tensor(x.dtype(), out));
  return {};
}

// Normalised positions of every output pixel through theta [N, 2, 3] or [N, 3, 4].
Status run_affine_grid(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor& theta = *c.tensor(0);
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  JETLINE_ASSIGN_OR_RETURN(const Dims size, c.ints(1));
  const size_t r = size.size() < 4 ? 0 : size.size() - 2;
  const auto axes = static_cast<int64_t>(r);
  if ((r != 2 && r != 3) || theta.dims() != Dims{size[0], axes, axes + 1}) {
    return c.bad_input("theta does not fit the size");
  }
  const bool align = c.int_or("align_corners", 0) != 0;
  Dims out = {size[0]};
  out.insert(out.end(), size.begin() + 2, size.end());
  const Dims spatial(size.begin() + 2, size.end());
  out.push_back(axes);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(theta.dtype(), out));
  const Numbers<double> t(theta);
  const int64_t points = element_count(spatial);
  Odometer at(spatial);
  for (int64_t p = 0; p < size[0] * points; ++p, at.next()) {
    double position[4] = {0, 0, 0, 1};
    for (size_t k = 0; k < r; ++k) {
      const auto n = static_cast<double>(spatial[k]), i = static_cast<double>(at.index[k]);
      position[r - 1 - k] = align ? (n > 1 ? 2 * i / (n - 1) - 1 : 0) : (2 * i + 1) / n - 1;
    }
    position[r] = 1;
    for (int64_t k = 0; k < axes; ++k) {
      double sum = 0;
      for (int64_t j = 0; j <= axes; ++j) sum += t[(p / points * axes + k) * (axes + 1) + j] * position[j];
      store(theta.dtype(), y.data(), p * axes + k, 1, &sum);
    }
  }
  c.set(0, y.tensor(theta.dtype(), out));
  return {};
}

struct RoiSample {
  int64_t index[4] = {0, 0, 0, 0};
  double weight[4] = {0, 0, 0, 0};
};

// Bilinear, as RoiAlign defines it: nothing beyond one pixel outside, clamped within.
RoiSample roi_sample(double y, double x, int64_t h, int64_t w) {
  RoiSample s;
  if (!(y >= -1 && y <= static_cast<double>(h) && x >= -1 && x <= static_cast<double>(w))) return s;
  const auto split = [](double v, int64_t n, int64_t& low, int64_t& high, double& f) {
    v = std::max(v, 0.0);
    low = static_cast<int64_t>(v);
    if (low >= n - 1) {
      low = high = n - 1;
      f = 0;
    } else {
      high = low + 1;
      f = v - static_cast<double>(low);
    }
  };
  int64_t y0 = 0, y1 = 0, x0 = 0, x1 = 0;
  double fy = 0, fx = 0;
  split(y, h, y0, y1, fy);
  split(x, w, x0, x1, fx);
  const int64_t index[4] = {y0 * w + x0, y0 * w + x1, y1 * w + x0, y1 * w + x1};
  const double weight[4] = {(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx};
  std::copy(index, index + 4, s.index);
  std::copy(weight, weight + 4, s.weight);
  return s;
}

Status run_roi_align(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  const Tensor &x = *c.tensor(0), &rois = *c.tensor(1);
  const Dims& d = x.dims();
  if (d.size() != 4 || rois.dims().size() != 2 || rois.dims()[1] != 4 || d[2] == 0 || d[3] == 0) {
    return c.bad_input("the regions do not fit the input");
  }
  JETLINE_ASSIGN_OR_RETURN(const Dims batch, c.ints(2));
  const int64_t regions = rois.dims()[0], ph = c.int_or("output_height", 1), pw = c.int_or("output_width", 1);
  const int64_t ratio = c.int_or("sampling_ratio", 0);
  if (static_cast<int64_t>(batch.size()) != regions || ph < 1 || pw < 1 || ratio < 0 || ratio > 1024) {
    return c.bad_input("batch indices or the output size");
  }
  const bool half = c.string_or("coordinate_transformation_mode",
                                c.opset() < 16 ? "output_half_pixel" : "half_pixel") == "half_pixel";
  const bool max = c.string_or("mode", "avg") == "max";
  const double scale = c.float_or("spatial_scale", 1), shift = half ? 0.5 : 0;
  const Dims out = {regions, d[1], ph, pw};
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), out));
  const Numbers<double> v(x), r(rois);
  const int64_t plane = d[2] * d[3];
  for (int64_t n = 0; n < regions; ++n) {
    const int64_t image = batch[static_cast<size_t>(n)];
    if (image < 0 || image >= d[0]) return c.bad_input("a batch index outside the batch");
    const double x0 = r[n * 4] * scale - shift, y0 = r[n * 4 + 1] * scale - shift;
    double width = r[n * 4 + 2] * scale - shift - x0, height = r[n * 4 + 3] * scale - shift - y0;
    if (!half) {
      width = std::max(width, 1.0);
      height = std::max(height, 1.0);
    }
    const double bin_h = height / static_cast<double>(ph), bin_w = width / static_cast<double>(pw);
    if (!(std::fabs(bin_h) < 1e6) || !(std::fabs(bin_w) < 1e6)) return c.bad_input("a region out of range");
    const int64_t gh = ratio > 0 ? ratio : std::max<int64_t>(0, static_cast<int64_t>(std::ceil(bin_h)));
    const int64_t gw = ratio > 0 ? ratio : std::max<int64_t>(0, static_cast<int64_t>(std::ceil(bin_w)));
    const auto count = static_cast<double>(std::max<int64_t>(1, gh * gw));
    JETLINE_RETURN_IF_ERROR(c.charge(span_count({d[1], ph, pw, gh, gw}, 0, 5)));
    for (int64_t i = 0; i < d[1] * ph * pw; ++i) {
      const double* from = v.data() + (image * d[1] + i / (ph * pw)) * plane;
      const auto py = static_cast<double>(i / pw % ph), px = static_cast<double>(i % pw);
      double result = 0;
      for (int64_t k = 0; k < gh * gw; ++k) {
        const auto iy = static_cast<double>(k / gw), ix = static_cast<double>(k % gw);
        const RoiSample s =
            roi_sample(y0 + py * bin_h + (iy + 0.5) * bin_h / static_cast<double>(gh),
                       x0 + px * bin_w + (ix + 0.5) * bin_w / static_cast<double>(gw), d[2], d[3]);
        double best = s.weight[0] * from[s.index[0]], sum = 0;
        for (int j = 0; j < 4; ++j) {
          sum += s.weight[j] * from[s.index[j]];
          best = std::max(best, s.weight[j] * from[s.index[j]]);
        }
        result = max ? (k == 0 ? best : std::max(result, best)) : result + sum;
      }
      if (!max) result /= count;
      store(x.dtype(), y.data(), n * d[1] * ph * pw + i, 1, &result);
    }
  }
  c.set(0, y.tensor(x.dtype(), out));
  return {};
}

// The largest value of each of pooled_shape cells of a region [batch, x1, y1, x2, y2], ends included.
Status run_max_roi_pool(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &x = *c.tensor(0), &rois = *c.tensor(1);
  const Dims &d = x.dims(), pooled = c.ints_or("pooled_shape", {});
  if (d.size() != 4 || rois.dims().size() != 2 || rois.dims()[1] != 5 || pooled.size() != 2 ||
      pooled[0] < 1 || pooled[1] < 1) {
    return c.bad_input("the regions do not fit the input");
  }
  const double scale = c.float_or("spatial_scale", 1);
  const int64_t regions = rois.dims()[0];
  const Dims out = {regions, d[1], pooled[0], pooled[1]};
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), out));
  const Numbers<double> v(x), r(rois);
  for (int64_t i = 0, n = element_count(out); i < n; ++i) {
    const int64_t pw = i % pooled[1], ph = i / pooled[1] % pooled[0], ch = i / (pooled[0] * pooled[1]) % d[1];
    const double* roi = r.data() + i / (pooled[0] * pooled[1] * d[1]) * 5;
    if (!(roi[0] >= 0 && roi[0] < static_cast<double>(d[0])))
      return c.bad_input("a region outside the batch");
    double edges[4];
    for (int k = 0; k < 4; ++k) {
      edges[k] = std::round(roi[k + 1] * scale);
      if (!(std::fabs(edges[k]) < 1e9)) return c.bad_input("a region out of range");
    }
    const double bin_w = std::max(edges[2] - edges[0] + 1, 1.0) / static_cast<double>(pooled[1]);
    const double bin_h = std::max(edges[3] - edges[1] + 1, 1.0) / static_cast<double>(pooled[0]);
    const auto edge = [](double start, double at, int64_t size) {
      return static_cast<int64_t>(std::max(0.0, std::min(static_cast<double>(size), start + at)));
    };
    const int64_t top = edge(edges[1], std::floor(static_cast<double>(ph) * bin_h), d[2]),
                  bottom = edge(edges[1], std::ceil(static_cast<double>(ph + 1) * bin_h), d[2]);
    const int64_t left = edge(edges[0], std::floor(static_cast<double>(pw) * bin_w), d[3]),
                  right = edge(edges[0], std::ceil(static_cast<double>(pw + 1) * bin_w), d[3]);
    const double* plane = v.data() + (static_cast<int64_t>(roi[0]) * d[1] + ch) * d[2] * d[3];
    double best = bottom > top && right > left ? plane[top * d[3] + left] : 0;
    JETLINE_RETURN_IF_ERROR(
        c.charge(std::max<int64_t>(0, bottom - top) * std::max<int64_t>(0, right - left)));
    for (int64_t row = top; row < bottom; ++row) {
      for (int64_t column = left; column < right; ++column) best = std::max(best, plane[row * d[3] + column]);
    }
    store(x.dtype(), y.data(), i, 1, &best);
  }
  c.set(0, y.tensor(x.dtype(), out));
  return {};
}

const Rule kSamplingRules[] = {{"GridSample", run_grid_sample},
                               {"AffineGrid", run_affine_grid},
                               {"RoiAlign", run_roi_align},
                               {"MaxRoiPool", run_max_roi_pool}};

}  // namespace

Span<const Rule> sampling_rules() {
  return {kSamplingRules, sizeof kSamplingRules / sizeof *kSamplingRules};
}

}  // namespace jetline::calc
