#include <algorithm>
#include <cmath>

#include "jetline/vision/preprocess.h"

namespace jetline {

FitGeometry fit_geometry(const InputSpec& spec, int image_w, int image_h) {
  FitGeometry g;
  g.content_w = spec.width;
  g.content_h = spec.height;
  if (spec.fit != Fit::kStretch) {
    const double r =
        std::min(static_cast<double>(spec.width) / image_w, static_cast<double>(spec.height) / image_h);
    const bool top_left = spec.fit == Fit::kLetterboxTopLeft;
    // nearbyint: halves to even, as Python's round().
    const double w = image_w * r, h = image_h * r;
    // YOLOX cuts off; TensorFlow's keep_aspect_ratio_resizer, also anchored at the top left, rounds.
    const bool cut = top_left && spec.resample == Resample::kLevels;
    g.content_w = static_cast<int>(cut ? w : std::nearbyint(w));
    g.content_h = static_cast<int>(cut ? h : std::nearbyint(h));
    g.content_w = std::max(1, std::min(g.content_w, spec.width));
    g.content_h = std::max(1, std::min(g.content_h, spec.height));
    if (!top_left) {
      g.offset_x = (spec.width - g.content_w) / 2;
      g.offset_y = (spec.height - g.content_h) / 2;
    }
  }
  g.scale_x = static_cast<double>(g.content_w) / image_w;
  g.scale_y = static_cast<double>(g.content_h) / image_h;
  return g;
}

Box FitGeometry::to_image(const Box& t, int image_w, int image_h) const {
  const auto back = [](double v, double offset, double scale, int limit) {
    return static_cast<float>(std::min(std::max((v - offset) / scale, 0.0), static_cast<double>(limit)));
  };
  return {back(t.x1, offset_x, scale_x, image_w), back(t.y1, offset_y, scale_y, image_h),
          back(t.x2, offset_x, scale_x, image_w), back(t.y2, offset_y, scale_y, image_h)};
}

Box FitGeometry::to_tensor(const Box& b) const {
  return {static_cast<float>(b.x1 * scale_x + offset_x), static_cast<float>(b.y1 * scale_y + offset_y),
          static_cast<float>(b.x2 * scale_x + offset_x), static_cast<float>(b.y2 * scale_y + offset_y)};
}

}  // namespace jetline
