#include "jetline/vision/draw.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace jetline {

Rgb class_color(int class_id) {
  // Hues by the golden ratio: any first n of them are spread evenly. Every other turn is darker, so that
  // class 0 and class 13, nearly the same hue, still differ.
  const auto id = static_cast<unsigned>(class_id);
  const double hue = std::fmod(0.02 + 0.618033988749895 * (id % 4096), 1.0) * 6.0;
  const double value = (id / 8) % 2 ? 0.70 : 1.0, saturation = (id / 16) % 2 ? 0.55 : 0.85;
  const double f = hue - std::floor(hue), p = value * (1 - saturation);
  const double q = value * (1 - saturation * f), t = value * (1 - saturation * (1 - f));
  const double table[6][3] = {{value, t, p}, {q, value, p}, {p, value, t},
                              {p, q, value}, {t, p, value}, {value, p, q}};
  const double* c = table[static_cast<int>(hue) % 6];
  const auto level = [](double v) { return static_cast<uint8_t>(std::lrint(v * 255)); };
  return {level(c[0]), level(c[1]), level(c[2])};
}

namespace {

std::string draw_caption(const Detection& d, const std::vector<std::string>& labels, bool scores) {
  std::string text = d.class_id >= 0 && static_cast<size_t>(d.class_id) < labels.size()
                         ? labels[static_cast<size_t>(d.class_id)]
                         : "#" + std::to_string(d.class_id);
  if (scores) {
    char score[16];
    std::snprintf(score, sizeof score, " %.2f", static_cast<double>(d.score));
    text += score;
  }
  return text;
}

// Top left corner for a plate of w x h that belongs to `box`: above it, else below, else inside; the first
// place that is in the image and free of earlier plates, or the last one when none is.
Point2f draw_place_plate(const Box& box, float w, float h, float line, float image_w, float image_h,
                         const std::vector<Box>& taken) {
  const float x = std::max(0.f, std::min(box.x1 - line, image_w - w));
  const float right = std::max(0.f, std::min(box.x2 + line - w, image_w - w));
  const Point2f places[] = {{x, box.y1 - line - h},     {x, box.y2 + line},     {x, box.y1 + line},
                            {right, box.y1 - line - h}, {right, box.y2 + line}, {x, box.y2 - line - h}};
  for (const Point2f& p : places) {
    if (p.y < 0 || p.y + h > image_h) continue;
    const Box plate{p.x, p.y, p.x + w, p.y + h};
    const bool free =
        std::none_of(taken.begin(), taken.end(), [&](const Box& t) { return iou(t, plate) > 0; });
    if (free) return p;
  }
  const float above = box.y1 - line - h;
  return {x, above >= 0 ? above : std::max(0.f, box.y1 + line)};
}

}  // namespace

void draw_detections(Image& image, const std::vector<Detection>& detections,
                     const std::vector<std::string>& labels, const DrawOptions& options) {
  if (image.empty()) return;
  const auto shorter = static_cast<float>(std::min(image.width(), image.height()));
  const float line = options.thickness > 0 ? options.thickness : std::min(std::max(shorter / 240, 1.f), 8.f);
  const float text =
      options.text_height > 0 ? options.text_height : std::min(std::max(shorter / 42, 8.f), 40.f);
  const auto width = static_cast<float>(image.width()), height = static_cast<float>(image.height());

  std::vector<size_t> order(detections.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return detections[a].score < detections[b].score; });
  for (const size_t i : order) {
    const Detection& d = detections[i];
    const Rgb color = class_color(d.class_id);
    draw_rectangle(image, d.box, color, std::round(line));
    for (int k = 0; options.landmarks && k < std::min(d.landmark_count, kMaxLandmarks); ++k) {
      const auto& p = d.landmarks[static_cast<size_t>(k)];
      const float radius = std::max(1.5f, line * 1.4f);
      fill_circle(image, {p[0], p[1]}, radius + std::max(1.f, line / 2), readable_on(color));
      fill_circle(image, {p[0], p[1]}, radius, color);
    }
  }
  if (!options.labels) return;
  // Best first when places are given away; plates lie over all boxes.
  std::vector<Box> taken;
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    const Detection& d = detections[*i];
    if (!(d.box.x1 <= d.box.x2 && d.box.y1 <= d.box.y2)) continue;
    const std::string caption = draw_caption(d, labels, options.scores);
    const TextSize size = text_size(caption, text);
    const float pad = std::max(2.f, std::round(text * 0.3f)), w = size.width + 2 * pad,
                h = size.height + pad * 1.2f;
    const Point2f at = draw_place_plate(d.box, w, h, std::floor(std::round(line) / 2), width, height, taken);
    taken.push_back({at.x, at.y, at.x + w, at.y + h});
    draw_label(image, at.x, at.y, caption, text, class_color(d.class_id));
  }
}

}  // namespace jetline
