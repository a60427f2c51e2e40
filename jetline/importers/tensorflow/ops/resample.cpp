#include "jetline/importers/tensorflow/ops/resample.h"

#include <algorithm>
#include <cmath>

namespace jetline::tf {
namespace {

// The product of two float32, rounded once: exact in double, so a fused multiply-add cannot change it.
float resample_times(float a, float b) {
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b));
}

// resize_bicubic_op.cc: coefficients at 1025 fractions; `a` is -0.75 for the legacy mode, -0.5 (Keys) with
// half pixel centres.
constexpr int kCubicSteps = 1024;

float cubic_near(float x, double a) {
  return static_cast<float>(((a + 2) * x - (a + 3)) * x * x + 1);
}
float cubic_far(float x, double a) {
  return static_cast<float>(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

struct ResampleKernel {
  float radius = 0;
  float (*at)(float) = nullptr;
};

float kernel_lanczos(float x, float radius) {
  constexpr float kPi = 3.14159265359f;
  x = std::abs(x);
  if (x > radius) return 0;
  if (x <= 1e-3f) return 1;
  return radius * std::sin(kPi * x) * std::sin(kPi * x / radius) / (kPi * kPi * x * x);
}
float kernel_box(float x) {
  x = std::abs(x);
  return x < 0.5f ? 1.0f : x == 0.5f ? 0.5f : 0.0f;
}
float kernel_triangle(float x) {
  x = std::abs(x);
  return x < 1 ? 1 - x : 0;
}
float kernel_gaussian(float x) {  // radius 1.5, sigma = radius / 3
  return std::abs(x) >= 1.5f ? 0 : std::exp(-x * x / (2.0f * 0.5f * 0.5f));
}
float kernel_keys(float x) {
  x = std::abs(x);
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : ((1.5f * x - 2.5f) * x) * x + 1;
}
float kernel_mitchell(float x) {
  x = std::abs(x);
  if (x >= 2) return 0;
  return x >= 1 ? (((-7.0f / 18.0f) * x + 2.0f) * x - 10.0f / 3.0f) * x + 16.0f / 9.0f
                : (((7.0f / 6.0f) * x - 2.0f) * x) * x + 8.0f / 9.0f;
}

ResampleKernel resample_kernel(std::string_view name) {
  if (name == "lanczos1") return {1, [](float x) { return kernel_lanczos(x, 1); }};
  if (name == "lanczos3") return {3, [](float x) { return kernel_lanczos(x, 3); }};
  if (name == "lanczos5") return {5, [](float x) { return kernel_lanczos(x, 5); }};
  if (name == "gaussian") return {1.5f, kernel_gaussian};
  if (name == "box") return {1, kernel_box};
  if (name == "triangle") return {1, kernel_triangle};
  if (name == "keyscubic") return {2, kernel_keys};
  if (name == "mitchellcubic") return {2, kernel_mitchell};
  return {};
}

// Rows of different length become one table; what is too short repeats an index with weight 0.
ResampleTable resample_pack(const std::vector<std::vector<std::pair<int64_t, float>>>& rows) {
  ResampleTable t;
  t.out = static_cast<int64_t>(rows.size());
  for (const auto& row : rows) t.taps = std::max<int64_t>(t.taps, static_cast<int64_t>(row.size()));
  t.taps = std::max<int64_t>(t.taps, 1);
  for (const auto& row : rows) {
    for (size_t k = 0; k < static_cast<size_t>(t.taps); ++k) {
      t.index.push_back(k < row.size() ? row[k].first : row.empty() ? 0 : row.back().first);
      t.weight.push_back(k < row.size() ? row[k].second : 0.0f);
    }
  }
  return t;
}

}  // namespace

float resize_scale(int64_t in, int64_t out, ResizeMode mode) {
  return mode == ResizeMode::kAlignCorners && out > 1
             ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
             : static_cast<float>(in) / static_cast<float>(out);
}

float linear_coordinate(int64_t i, float scale, ResizeMode mode) {
  const float x = static_cast<float>(i);
  return mode == ResizeMode::kHalfPixel ? resample_times(x + 0.5f, scale) - 0.5f : resample_times(x, scale);
}

std::vector<int64_t> nearest_indices(int64_t in, int64_t out, ResizeMode mode) {
  const float scale = resize_scale(in, out, mode);
  std::vector<int64_t> index;
  for (int64_t i = 0; i < out; ++i) {
    const float x = static_cast<float>(i);
    const float at = resample_times(mode == ResizeMode::kHalfPixel ? x + 0.5f : x, scale);
    const float whole = mode == ResizeMode::kAlignCorners ? std::round(at) : std::floor(at);
    index.push_back(std::clamp<int64_t>(static_cast<int64_t>(whole), 0, in - 1));
  }
  return index;
}

void cubic_coefficients(bool half_pixel, std::vector<float>* near, std::vector<float>* far) {
  const double a = half_pixel ? -0.5 : -0.75;
  for (int i = 0; i <= kCubicSteps; ++i) {
    const float x = static_cast<float>(i) / kCubicSteps;
    near->push_back(cubic_near(x, a));
    far->push_back(cubic_far(x + 1, a));
  }
}

ResampleTable cubic_table(int64_t in, int64_t out, ResizeMode mode) {
  const bool half = mode == ResizeMode::kHalfPixel;
  const double a = half ? -0.5 : -0.75;
  const float scale = resize_scale(in, out, mode);
  ResampleTable t{out, 4, {}, {}};
  for (int64_t i = 0; i < out; ++i) {
    const float at = linear_coordinate(i, scale, mode);
    const auto whole = static_cast<int64_t>(std::floor(at));
    const float fraction = at - static_cast<float>(whole);
    const int64_t step = std::lrint(fraction * kCubicSteps);
    const float x = static_cast<float>(step) / kCubicSteps,
                y = static_cast<float>(kCubicSteps - step) / kCubicSteps;
    float w[4] = {cubic_far(x + 1, a), cubic_near(x, a), cubic_near(y, a), cubic_far(y + 1, a)};
    int64_t at_index[4];
    for (int k = 0; k < 4; ++k) at_index[k] = std::clamp<int64_t>(whole - 1 + k, 0, in - 1);
    if (half) {  // what lies outside has no weight; the rest is scaled to 1
      float sum = 0;
      for (int k = 0; k < 4; ++k) {
        if (at_index[k] != whole - 1 + k) w[k] = 0;
        sum += w[k];
      }
      if (std::abs(sum) >= 1000.0f * 1.17549435e-38f)
        for (float& v : w) v /= sum;
    }
    for (int k = 0; k < 4; ++k) {
      t.index.push_back(at_index[k]);
      t.weight.push_back(w[k]);
    }
  }
  return t;
}

ResampleTable area_table(int64_t in, int64_t out, bool align_corners) {
  const float scale = resize_scale(in, out, align_corners ? ResizeMode::kAlignCorners : ResizeMode::kLegacy);
  std::vector<std::vector<std::pair<int64_t, float>>> rows;
  for (int64_t i = 0; i < out; ++i) {
    const float from = resample_times(static_cast<float>(i), scale);
    const float to = resample_times(static_cast<float>(i + 1), scale);
    const auto first = static_cast<int64_t>(std::floor(from));
    const auto last = static_cast<int64_t>(std::ceil(to));
    std::vector<std::pair<int64_t, float>> row;
    for (int64_t v = first; v < last; ++v) {
      const float x = static_cast<float>(v);
      float share = 0;
      if (x < from) {
        share = x + 1 > to ? scale : x + 1 - from;
      } else {
        share = x + 1 > to ? to - x : 1.0f;
      }
      row.emplace_back(std::clamp<int64_t>(v, 0, in - 1), share / scale);
    }
    rows.push_back(std::move(row));
  }
  return resample_pack(rows);
}

ResampleTable scale_table(int64_t in, int64_t out, float scale, float translate, std::string_view kernel,
                          bool antialias) {
  const ResampleKernel k = resample_kernel(kernel);
  if (!k.at || !(scale > 0)) return {};
  const float inverse = 1.0f / scale;
  const float inverse_translate = -inverse * translate;
  const float kernel_scale = antialias ? std::max(inverse, 1.0f) : 1.0f;
  const float one_over = 1.0f / kernel_scale;
  std::vector<std::vector<std::pair<int64_t, float>>> rows;
  for (int64_t i = 0; i < out; ++i) {
    const float at = resample_times(static_cast<float>(i) + 0.5f, inverse) + inverse_translate;
    std::vector<std::pair<int64_t, float>> row;
    if (at >= 0 && at <= static_cast<float>(in)) {
      auto first = static_cast<int64_t>(std::ceil(at - k.radius * kernel_scale - 0.5f));
      auto last = static_cast<int64_t>(std::floor(at + k.radius * kernel_scale - 0.5f));
      first = std::clamp<int64_t>(first, 0, in - 1);
      last = std::clamp<int64_t>(last, 0, in - 1) + 1;
      float sum = 0;
      for (int64_t v = first; v < last; ++v) {
        const float w = k.at(std::abs(static_cast<float>(v) + 0.5f - at) * one_over);
        sum += w;
        row.emplace_back(v, w);
      }
      if (std::abs(sum) >= 1000.0f * 1.17549435e-38f)
        for (auto& tap : row) tap.second /= sum;
    }
    rows.push_back(std::move(row));
  }
  return resample_pack(rows);
}

}  // namespace jetline::tf
