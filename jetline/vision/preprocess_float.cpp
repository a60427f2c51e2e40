#include "jetline/vision/preprocess_float.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

struct FloatSample {
  int low, high;
  float weight;  // of high
};

// tensorflow/core/kernels/image/resize_bilinear_op.cc: compute_interpolation_weights with LegacyScaler or
// HalfPixelScaler; all of it in float.
FloatSample float_sample(int out, int n_out, int n_in, bool corners) {
  const float scale = static_cast<float>(n_in) / static_cast<float>(n_out);
  const float in =
      corners ? static_cast<float>(out) * scale : (static_cast<float>(out) + 0.5f) * scale - 0.5f;
  const float floor = std::floor(in);
  return {std::max(static_cast<int>(floor), 0),
          std::max(0, std::min(static_cast<int>(std::ceil(in)), n_in - 1)), in - floor};
}

void float_store(void* tensor, DType dtype, int64_t i, float v) {
  if (dtype == DType::kF32)
    static_cast<float*>(tensor)[i] = v;
  else if (dtype == DType::kF16)
    static_cast<uint16_t*>(tensor)[i] = float_to_half(v);
  else
    static_cast<uint8_t*>(tensor)[i] = static_cast<uint8_t>(std::lrintf(std::min(std::max(v, 0.f), 255.f)));
}

}  // namespace

void resample_float(const ImageView& image, const InputSpec& spec, const FitGeometry& g,
                    const PreValues& values, void* tensor) {
  const bool corners = spec.resample == Resample::kFloatCorners;
  const bool grey_image = image.format == PixelFormat::kGray, grey_tensor = spec.order == ColorOrder::kGray;
  const bool swap = !grey_image && ((image.format == PixelFormat::kBGR) != (spec.order == ColorOrder::kBGR));
  const int left = static_cast<int>(g.offset_x), top = static_cast<int>(g.offset_y);
  const int pixel = channels_of(image.format), channels = grey_tensor ? 1 : 3;
  for (int y = 0; y < spec.height; ++y) {
    if (y < top || y >= top + g.content_h) {
      values.pad_row(tensor, y, 0, spec.width);
      continue;
    }
    if (left > 0) values.pad_row(tensor, y, 0, left);
    if (left + g.content_w < spec.width) values.pad_row(tensor, y, left + g.content_w, spec.width);
    const FloatSample v = float_sample(y - top, g.content_h, image.height, corners);
    const uint8_t *upper = image.row(std::min(v.low, image.height - 1)), *lower = image.row(v.high);
    for (int x = 0; x < g.content_w; ++x) {
      const FloatSample h = float_sample(x, g.content_w, image.width, corners);
      const int a = std::min(h.low, image.width - 1) * pixel, b = h.high * pixel;
      float level[3];
      for (int c = 0; c < (grey_image ? 1 : 3); ++c) {
        const float tl = upper[a + c], tr = upper[b + c], bl = lower[a + c], br = lower[b + c];
        const float over = tl + (tr - tl) * h.weight, under = bl + (br - bl) * h.weight;
        level[c] = over + (under - over) * v.weight;
      }
      if (grey_image) level[1] = level[2] = level[0];
      if (swap) std::swap(level[0], level[2]);
      if (grey_tensor && !grey_image) {
        const bool bgr = image.format == PixelFormat::kBGR;
        const float red = swap ? (bgr ? level[0] : level[2]) : (bgr ? level[2] : level[0]);
        const float blue = swap ? (bgr ? level[2] : level[0]) : (bgr ? level[0] : level[2]);
        level[0] = 0.299f * red + 0.587f * level[1] + 0.114f * blue;
      }
      for (int c = 0; c < channels; ++c) {
        const auto k = static_cast<size_t>(c);
        const int64_t at = spec.layout == Layout::kNCHW
                               ? (static_cast<int64_t>(c) * spec.height + y) * spec.width + left + x
                               : (static_cast<int64_t>(y) * spec.width + left + x) * channels + c;
        float_store(tensor, spec.dtype, at, (level[c] - spec.mean[k]) * spec.scale[k]);
      }
    }
  }
}

}  // namespace jetline
