// One found object: pixel corners in the original image, class id and score. Lists are sorted by score, ties by
// the lower index of the raw candidate, and never exceed DetectorOptions::max_detections.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace jetline {

struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;  // continuous pixel coordinates: a full image is 0,0,width,height
  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
  float area() const { return std::max(0.f, width()) * std::max(0.f, height()); }
};

constexpr int kMaxLandmarks = 5;

struct Detection {
  Box box;
  int class_id = 0;
  float score = 0;
  int landmark_count = 0;  // 0, or 5 for faces: eyes, nose, mouth corners as the model gives them
  std::array<std::array<float, 2>, kMaxLandmarks> landmarks{};  // x, y in pixels of the original image
};

// Intersection over union of two boxes, 0..1; 0 when either is empty. Symmetric.
inline float iou(const Box& a, const Box& b) {
  const float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (w <= 0 || h <= 0) return 0;
  const float inter = w * h;
  const float both = a.area() + b.area() - inter;
  return both > 0 ? inter / both : 0;
}

}  // namespace jetline
