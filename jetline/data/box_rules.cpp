#include "jetline/data/box_rules.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

namespace jetline::data_reader {
namespace {

constexpr float kRoundingSlack = 0.01f;  // pixels; YOLO's fractions do not come back exactly
constexpr float kLeastSide = 1.f;        // a clipped box thinner than a pixel is nothing

std::string box_text(const Box& b) {
  char text[128];
  std::snprintf(text, sizeof text, "%.5g,%.5g,%.5g,%.5g", static_cast<double>(b.x1),
                static_cast<double>(b.y1), static_cast<double>(b.x2), static_cast<double>(b.y2));
  return text;
}

}  // namespace

BoxVerdict judge_box(const Box& box, int width, int height) {
  BoxVerdict v;
  Box b = box;
  const float w = b.width(), h = b.height();
  if (!(w > 0) || !(h > 0)) {
    v.id = "data.box-degenerate";
    if (w == 0 || h == 0 || std::isnan(w) || std::isnan(h)) {
      v.action = BoxVerdict::kRemove;
      v.message = "the box " + box_text(b) + " has no area";
      v.mend = "removed";
      return v;
    }
    v.message = "the box " + box_text(b) + " has its corners the wrong way round";
    b = {std::min(b.x1, b.x2), std::min(b.y1, b.y2), std::max(b.x1, b.x2), std::max(b.y1, b.y2)};
    v.action = BoxVerdict::kReplace;
    v.box = b;
    v.mend = "corners swapped: " + box_text(b);
  }
  if (width <= 0 || height <= 0) return v;
  const auto iw = static_cast<float>(width), ih = static_cast<float>(height);
  const float outside = std::max({-b.x1, -b.y1, b.x2 - iw, b.y2 - ih});
  if (outside <= kRoundingSlack) return v;
  const Box clipped{std::clamp(b.x1, 0.f, iw), std::clamp(b.y1, 0.f, ih), std::clamp(b.x2, 0.f, iw),
                    std::clamp(b.y2, 0.f, ih)};
  const std::string image = "the image of " + std::to_string(width) + "x" + std::to_string(height);
  if (v.id.empty()) {
    v.id = "data.box-outside-image";
    v.message = "the box " + box_text(b) + " reaches out of " + image;
    v.slight = outside <= 1.f + kRoundingSlack;
  }
  const bool nothing_left = clipped.width() < std::min(kLeastSide, b.width()) ||
                            clipped.height() < std::min(kLeastSide, b.height());
  if (nothing_left) {
    v.action = BoxVerdict::kRemove;
    v.message = "the box " + box_text(b) + " lies outside " + image;
    v.mend = "removed";
    v.slight = false;
  } else {
    v.action = BoxVerdict::kReplace;
    v.box = clipped;
    v.mend = "clipped to " + box_text(clipped);
  }
  return v;
}

std::vector<BoxVerdict> judge_boxes(const std::vector<LabelledBox>& boxes, int width, int height) {
  std::vector<BoxVerdict> out;
  out.reserve(boxes.size());
  for (const LabelledBox& b : boxes) out.push_back(judge_box(b.box, width, height));
  // Twins are looked for among the boxes as they will be: two that differ only outside the image are the
  // same.
  const auto key = [&](size_t i) {
    const Box& b = out[i].action == BoxVerdict::kReplace ? out[i].box : boxes[i].box;
    return std::make_tuple(boxes[i].class_id, boxes[i].crowd, b.x1, b.y1, b.x2, b.y2);
  };
  std::vector<size_t> order;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i].action != BoxVerdict::kRemove) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  for (size_t i = 1; i < order.size(); ++i) {
    if (key(order[i]) != key(order[i - 1])) continue;
    BoxVerdict& v = out[order[i]];
    v.twin = true;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    BoxVerdict& v = out[i];
    if (!v.twin) continue;
    v.action = BoxVerdict::kRemove;
    v.id = "data.duplicate-box";
    v.message = "the box " + box_text(boxes[i].box) + " stands there twice";
    v.mend = "removed";
  }
  return out;
}

bool boxes_fit(const std::vector<LabelledBox>& boxes, int width, int height) {
  return std::all_of(boxes.begin(), boxes.end(), [&](const LabelledBox& b) {
    return std::max(b.box.x1, b.box.x2) <= static_cast<float>(width) + 1.5f &&
           std::max(b.box.y1, b.box.y2) <= static_cast<float>(height) + 1.5f;
  });
}

}  // namespace jetline::data_reader
