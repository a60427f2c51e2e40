#include "jetline/sim/sensor.h"

#include <algorithm>

namespace jetline::sim {
namespace {

constexpr int kNoiseCount = 1 << 14;
constexpr int kCurveCount = 4096;
constexpr float kCurveTop = 1.6f;  // square root of the brightest light the curve tells apart

// Three weights of a spot with deviation sigma: exact variance for sigma^2 <= 0.6.
void spot_weights(float sigma, float& side, float& middle) {
  side = std::min(sigma * sigma * 0.5f, 0.31f);
  middle = 1 - 2 * side;
}

}  // namespace

void Sensor::blur_rows(int w, int h, float motion, float sigma) {
  float side, middle;
  spot_weights(sigma, side, middle);
  const int reach = std::min(static_cast<int>(std::ceil(std::max(motion - 1, 0.0f) / 2)), 32);
  for (int y = 0; y < h; ++y) {
    const F4* in = a_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
    F4* out = b_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
    for (int x = 1; x + 1 < w; ++x) out[x] = in[x] * middle + (in[x - 1] + in[x + 1]) * side;
    out[0] = in[0];
    out[w - 1] = in[w - 1];
  }
  if (reach > 0) {  // running mean of the pixels the picture slid over
    for (int y = 0; y < h; ++y) {
      F4* row = b_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
      F4* out = a_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
      const float tail =
          (motion - 1) / 2 - static_cast<float>(reach - 1);  // weight of the two outermost pixels
      const float norm = 1 / std::max(motion, 1.0f);
      const auto at = [&](int x) { return row[std::min(std::max(x, 0), w - 1)]; };
      for (int x = 0; x < w; ++x) {
        F4 sum = f4(0);
        for (int k = -reach + 1; k < reach; ++k) sum += at(x + k);
        out[x] = (sum + (at(x - reach) + at(x + reach)) * tail) * norm;
      }
    }
    std::swap(a_, b_);
  }
  for (int y = 0; y < h; ++y) {
    const F4* in = b_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
    const F4* up = y > 0 ? in - w : in;
    const F4* down = y + 1 < h ? in + w : in;
    F4* out = a_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
    for (int x = 0; x < w; ++x) out[x] = in[x] * middle + (up[x] + down[x]) * side;
  }
}

float Sensor::develop(const std::vector<F4>& light, int w, int h, const SensorSettings& s, Random& random,
                      Image& out) {
  const size_t n = static_cast<size_t>(w) * static_cast<size_t>(h);
  if (w != width_ || h != height_) {
    width_ = w, height_ = h;
    b_.resize(n);
    falloff_.resize(n);
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) {
        const float u = (static_cast<float>(x) + 0.5f) / static_cast<float>(w) * 2 - 1,
                    v = (static_cast<float>(y) + 0.5f) / static_cast<float>(h) * 2 - 1;
        falloff_[static_cast<size_t>(y) * static_cast<size_t>(w) + static_cast<size_t>(x)] =
            (u * u + v * v) * 0.5f;
      }
    }
  }
  if (noise_.empty()) {
    Random table(77);
    noise_.resize(kNoiseCount);
    for (F4& v : noise_) {
      for (int k = 0; k < 3; ++k) v[k] = static_cast<float>(table.normal());
      v[3] = 0;
    }
  }
  if (curve_contrast_ != s.contrast) {
    curve_contrast_ = s.contrast;
    curve_.resize(kCurveCount);
    for (int i = 0; i < kCurveCount; ++i) {
      const float root = static_cast<float>(i) / (kCurveCount - 1) * kCurveTop;
      const float x = root * root;
      // Highlights are rolled off above 0.6 instead of clipped.
      const float soft = x < 0.6f ? x : 0.6f + 0.4f * (1 - std::exp(-(x - 0.6f) / 0.4f));
      const float display = std::pow(soft, 1 / 2.2f);
      const float bent = s.contrast == 1  ? display
                         : display < 0.5f ? 0.5f * std::pow(2 * display, s.contrast)
                                          : 1 - 0.5f * std::pow(2 - 2 * display, s.contrast);
      curve_[static_cast<size_t>(i)] = static_cast<uint8_t>(std::min(bent * 255 + 0.5f, 255.0f));
    }
  }
  float exposure = s.exposure;
  if (exposure <= 0) {
    double sum = 0;
    int64_t count = 0;
    for (size_t i = 0; i < n; i += 37) {
      const F4 c = light[i];
      sum += std::min(0.25f * c[0] + 0.6f * c[1] + 0.15f * c[2], 4.0f);
      ++count;
    }
    exposure = s.key / std::max(static_cast<float>(sum / static_cast<double>(count)), 1e-4f);
  }
  a_ = light;
  blur_rows(w, h, s.motion_x, s.blur);

  out.resize(w, h, PixelFormat::kRGB);
  const F4 gain = s.white_balance * exposure;
  const float to_index = (kCurveCount - 1) / kCurveTop;
  const float noise =
      s.noise * 0.5f * to_index;  // d sqrt(x) = dx / (2 sqrt(x)): photon noise is flat after the root
  for (int y = 0; y < h; ++y) {
    const F4* in = a_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
    const float* fall = falloff_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
    uint8_t* to = out.row(y);
    const auto start = static_cast<size_t>(random.next());
    for (int x = 0; x < w; ++x) {
      const F4 c = in[x] * gain * (1 - s.vignette * fall[x]);
      const F4 e = noise_[(start + static_cast<size_t>(x)) & (kNoiseCount - 1)];
      for (int k = 0; k < 3; ++k) {
        const float v = std::sqrt(std::max(c[k], 0.0f)) * to_index + e[k] * noise + 0.5f;
        const int index = v <= 0 ? 0 : v >= kCurveCount - 1 ? kCurveCount - 1 : static_cast<int>(v);
        to[3 * x + k] = curve_[static_cast<size_t>(index)];
      }
    }
  }
  return exposure;
}

}  // namespace jetline::sim
