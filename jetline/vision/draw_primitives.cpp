// Lines, shapes and pasting. Axis-aligned rectangles are filled to whole pixels, so that they stay crisp;
// what is slanted or round is antialiased by the share of each pixel that it covers.
#include <algorithm>
#include <cmath>
#include <vector>

#include "jetline/vision/draw.h"
#include "jetline/vision/draw_internal.h"

namespace jetline {
namespace {

constexpr float kDrawReach = 100000.f;  // farther coordinates are clipped
constexpr int kDrawSubrows = 8;         // scan lines a pixel row when a polygon is filled

// Liang-Barsky: the part of a-b inside of a square that reaches beyond any image. False when nothing is left.
bool draw_clip(Point2f& a, Point2f& b) {
  if (!std::isfinite(a.x) || !std::isfinite(a.y) || !std::isfinite(b.x) || !std::isfinite(b.y)) return false;
  double t0 = 0, t1 = 1;
  const double dx = static_cast<double>(b.x) - a.x, dy = static_cast<double>(b.y) - a.y;
  const double p[4] = {-dx, dx, -dy, dy};
  const double q[4] = {a.x + kDrawReach, kDrawReach - a.x, a.y + kDrawReach, kDrawReach - a.y};
  for (int i = 0; i < 4; ++i) {
    if (p[i] == 0) {
      if (q[i] < 0) return false;
      continue;
    }
    const double t = q[i] / p[i];
    if (p[i] < 0) t0 = std::max(t0, t);
    if (p[i] > 0) t1 = std::min(t1, t);
  }
  if (t0 > t1) return false;
  const Point2f start = a;
  a = {static_cast<float>(start.x + t0 * dx), static_cast<float>(start.y + t0 * dy)};
  b = {static_cast<float>(start.x + t1 * dx), static_cast<float>(start.y + t1 * dy)};
  return true;
}

int draw_line_width(float thickness) {
  return std::max(1, static_cast<int>(std::lrintf(std::min(std::max(thickness, 1.f), 255.f))));
}

bool draw_circle_is_sane(Point2f c, float radius) {
  return std::isfinite(c.x) && std::isfinite(c.y) && radius > 0 && radius < kDrawReach / 2 &&
         std::abs(c.x) < kDrawReach && std::abs(c.y) < kDrawReach;
}

// Columns or rows that a span covers, rounded to whole pixels and clipped; false for none.
bool draw_span(float lo, float hi, int limit, int& first, int& last) {
  if (std::isnan(lo) || std::isnan(hi)) return false;
  const float top = static_cast<float>(limit);
  first = static_cast<int>(std::lrintf(std::min(std::max(lo, 0.f), top)));
  last = static_cast<int>(std::lrintf(std::min(std::max(hi, 0.f), top)));
  return first < last;
}

// Mixes `color` in by coverage(distance of the pixel's centre from `center`), within `reach`.
template <typename Coverage>
void draw_by_distance(Image& image, Point2f center, float reach, Rgb color, Coverage coverage) {
  const auto bound = [](float v, int limit) {
    return static_cast<int>(std::min(std::max(std::floor(v), 0.f), static_cast<float>(limit)));
  };
  const int x0 = bound(center.x - reach - 1, image.width()), x1 = bound(center.x + reach + 2, image.width());
  const int y0 = bound(center.y - reach - 1, image.height()),
            y1 = bound(center.y + reach + 2, image.height());
  const std::array<float, 3> levels = draw_levels(image, color);
  for (int y = y0; y < y1; ++y) {
    const float dy = static_cast<float>(y) + 0.5f - center.y;
    for (int x = x0; x < x1; ++x) {
      const float dx = static_cast<float>(x) + 0.5f - center.x;
      draw_mix(image, x, y, levels, coverage(std::sqrt(dx * dx + dy * dy)));
    }
  }
}

// Where a horizontal line at `y` crosses the edges of a polygon, in ascending order.
void draw_crossings(const std::vector<Point2f>& corners, float y, std::vector<float>& out) {
  out.clear();
  for (size_t i = 0; i < corners.size(); ++i) {
    const Point2f &a = corners[i], &b = corners[(i + 1) % corners.size()];
    if ((a.y <= y) == (b.y <= y)) continue;
    out.push_back(a.x + (y - a.y) * ((b.x - a.x) / (b.y - a.y)));
  }
  std::sort(out.begin(), out.end());
}

// Adds `weight` times the part of each pixel of a row that lies between from and to.
void draw_add_span(std::vector<float>& row, float from, float to, float weight) {
  const float end = static_cast<float>(row.size());
  from = std::min(std::max(from, 0.f), end);
  to = std::min(std::max(to, 0.f), end);
  for (int x = static_cast<int>(from); static_cast<float>(x) < to; ++x) {
    const float left = std::max(from, static_cast<float>(x)), right = std::min(to, static_cast<float>(x + 1));
    row[static_cast<size_t>(x)] += weight * (right - left);
  }
}

}  // namespace

std::array<float, 3> draw_levels(const Image& image, Rgb c) {
  const float r = c.r, g = c.g, b = c.b;
  if (image.format() == PixelFormat::kRGB) return {r, g, b};
  if (image.format() == PixelFormat::kBGR) return {b, g, r};
  const float luma = 0.299f * r + 0.587f * g + 0.114f * b;
  return {luma, luma, luma};
}

void draw_line(Image& image, Point2f a, Point2f b, Rgb color, float thickness) {
  if (image.empty() || !draw_clip(a, b)) return;
  const std::array<float, 3> levels = draw_levels(image, color);
  draw_stroke(a, b, static_cast<float>(draw_line_width(thickness)) / 2, image.width(), image.height(),
              [&](int x, int y, float coverage) { draw_mix(image, x, y, levels, coverage); });
}

void draw_polyline(Image& image, Span<const Point2f> points, bool closed, Rgb color, float thickness) {
  for (size_t i = 1; i < points.size(); ++i) draw_line(image, points[i - 1], points[i], color, thickness);
  if (closed && points.size() > 2) draw_line(image, points[points.size() - 1], points[0], color, thickness);
}

void fill_polygon(Image& image, Span<const Point2f> points, Rgb color) {
  if (image.empty() || points.size() < 3) return;
  std::vector<Point2f> corners;
  corners.reserve(points.size());
  float top = kDrawReach, bottom = -kDrawReach;
  for (const Point2f& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) return;
    const auto inside = [](float v) { return std::min(std::max(v, -kDrawReach), kDrawReach); };
    corners.push_back({inside(p.x), inside(p.y)});
    top = std::min(top, corners.back().y);
    bottom = std::max(bottom, corners.back().y);
  }
  const std::array<float, 3> levels = draw_levels(image, color);
  const auto limit = static_cast<float>(image.height());
  const int y0 = static_cast<int>(std::min(std::max(std::floor(top), 0.f), limit)),
            y1 = static_cast<int>(std::min(std::max(std::ceil(bottom), 0.f), limit));
  std::vector<float> row(static_cast<size_t>(image.width())), crossings;
  for (int y = y0; y < y1; ++y) {
    std::fill(row.begin(), row.end(), 0.f);
    for (int k = 0; k < kDrawSubrows; ++k) {
      draw_crossings(corners, static_cast<float>(y) + (static_cast<float>(k) + 0.5f) / kDrawSubrows,
                     crossings);
      for (size_t i = 1; i < crossings.size(); i += 2) {  // inside is where an odd number lies to the left
        draw_add_span(row, crossings[i - 1], crossings[i], 1.f / kDrawSubrows);
      }
    }
    for (int x = 0; x < image.width(); ++x) draw_mix(image, x, y, levels, row[static_cast<size_t>(x)]);
  }
}

void fill_rectangle(Image& image, const Box& box, Rgb color, float alpha) {
  int x0, x1, y0, y1;
  if (image.empty() || !draw_span(box.x1, box.x2, image.width(), x0, x1) ||
      !draw_span(box.y1, box.y2, image.height(), y0, y1) || !(alpha > 0)) {
    return;
  }
  const std::array<float, 3> levels = draw_levels(image, color);
  const int n = image.channels(), mix = static_cast<int>(std::lrintf(std::min(alpha, 1.f) * 256.f));
  int level[3];
  for (int c = 0; c < n; ++c) level[c] = static_cast<int>(std::lrintf(levels[static_cast<size_t>(c)]));
  for (int y = y0; y < y1; ++y) {
    uint8_t* p = image.at(x0, y);
    for (int x = x0; x < x1; ++x, p += n) {
      for (int c = 0; c < n; ++c)
        p[c] = static_cast<uint8_t>((p[c] * (256 - mix) + level[c] * mix + 128) >> 8);
    }
  }
}

void draw_rectangle(Image& image, const Box& box, Rgb color, float thickness) {
  if (!(box.x1 <= box.x2 && box.y1 <= box.y2)) return;  // also NaN
  const auto t = static_cast<float>(draw_line_width(thickness));
  const float out = std::floor(t / 2);  // the line lies half outside of the box
  const auto snap = [](float v) { return std::floor(std::min(std::max(v, -kDrawReach), kDrawReach) + 0.5f); };
  const Box o{snap(box.x1) - out, snap(box.y1) - out, snap(box.x2) + out, snap(box.y2) + out};
  if (o.width() <= 2 * t || o.height() <= 2 * t) return fill_rectangle(image, o, color);
  fill_rectangle(image, {o.x1, o.y1, o.x2, o.y1 + t}, color);
  fill_rectangle(image, {o.x1, o.y2 - t, o.x2, o.y2}, color);
  fill_rectangle(image, {o.x1, o.y1 + t, o.x1 + t, o.y2 - t}, color);
  fill_rectangle(image, {o.x2 - t, o.y1 + t, o.x2, o.y2 - t}, color);
}

void draw_circle(Image& image, Point2f center, float radius, Rgb color, float thickness) {
  if (image.empty() || !draw_circle_is_sane(center, radius)) return;
  const float half = std::max(thickness, 1.f) / 2;
  draw_by_distance(image, center, radius + half, color,
                   [&](float d) { return half + 0.5f - std::abs(d - radius); });
}

void fill_circle(Image& image, Point2f center, float radius, Rgb color) {
  if (image.empty() || !draw_circle_is_sane(center, radius)) return;
  draw_by_distance(image, center, radius, color, [&](float d) { return radius + 0.5f - d; });
}

void paste(Image& image, const ImageView& source, int x, int y) {
  if (image.empty() || source.empty()) return;
  const int64_t x0 = std::max<int64_t>(0, x), y0 = std::max<int64_t>(0, y);
  const int64_t x1 = std::min<int64_t>(image.width(), int64_t{x} + source.width);
  const int64_t y1 = std::min<int64_t>(image.height(), int64_t{y} + source.height);
  const bool from_grey = source.format == PixelFormat::kGray, to_grey = image.format() == PixelFormat::kGray;
  const bool swap = !from_grey && !to_grey && source.format != image.format();
  const int red = source.format == PixelFormat::kBGR ? 2 : 0;
  for (int64_t row = y0; row < y1; ++row) {
    const uint8_t* in = source.row(static_cast<int>(row - y)) + (x0 - x) * channels_of(source.format);
    uint8_t* out = image.at(static_cast<int>(x0), static_cast<int>(row));
    for (int64_t col = x0; col < x1; ++col) {
      if (from_grey && to_grey) {
        *out++ = *in++;
      } else if (from_grey) {
        out[0] = out[1] = out[2] = *in++;
        out += 3;
      } else if (to_grey) {
        *out++ = static_cast<uint8_t>((in[red] * 9798 + in[1] * 19235 + in[2 - red] * 3735 + 16384) >> 15);
        in += 3;
      } else {
        out[0] = in[swap ? 2 : 0];
        out[1] = in[1];
        out[2] = in[swap ? 0 : 2];
        in += 3;
        out += 3;
      }
    }
  }
}

}  // namespace jetline
