// Lines, shapes and pasting. Axis-aligned rectangles are filled by hand, so that they stay crisp; what is
// slanted or round goes to OpenCV with antialiasing, clipped beforehand so that no coordinate overflows its
// fixed point.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "jetline/vision/draw.h"
#include "jetline/vision/draw_internal.h"

namespace jetline {
namespace {

constexpr int kDrawShift = 4;           // sixteenths of a pixel
constexpr float kDrawReach = 100000.f;  // farther coordinates are clipped; 2^31 / 16 is 134 million

cv::Point draw_fixed(Point2f p) {
  // OpenCV puts whole numbers at pixel centres; ours are pixel corners.
  const float k = static_cast<float>(1 << kDrawShift);
  return {static_cast<int>(std::lrintf((p.x - 0.5f) * k)), static_cast<int>(std::lrintf((p.y - 0.5f) * k))};
}

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

// Mixes `color` in by coverage(distance of the pixel's centre from `center`), within `reach`. Small circles
// stay round, which OpenCV's do not.
template <typename Coverage>
void draw_by_distance(Image& image, Point2f center, float reach, Rgb color, Coverage coverage) {
  const auto bound = [](float v, int limit) {
    return static_cast<int>(std::min(std::max(std::floor(v), 0.f), static_cast<float>(limit)));
  };
  const int x0 = bound(center.x - reach - 1, image.width()), x1 = bound(center.x + reach + 2, image.width());
  const int y0 = bound(center.y - reach - 1, image.height()),
            y1 = bound(center.y + reach + 2, image.height());
  const cv::Scalar s = draw_scalar(image, color);
  const int n = image.channels();
  for (int y = y0; y < y1; ++y) {
    const float dy = static_cast<float>(y) + 0.5f - center.y;
    for (int x = x0; x < x1; ++x) {
      const float dx = static_cast<float>(x) + 0.5f - center.x;
      const float mix = std::min(coverage(std::sqrt(dx * dx + dy * dy)), 1.f);
      if (mix <= 0) continue;
      uint8_t* p = image.at(x, y);
      for (int c = 0; c < n; ++c) {
        p[c] = static_cast<uint8_t>(
            std::lrintf(static_cast<float>(p[c]) * (1 - mix) + static_cast<float>(s[c]) * mix));
      }
    }
  }
}

}  // namespace

cv::Mat draw_mat(Image& image) {
  return cv::Mat(image.height(), image.width(), image.channels() == 1 ? CV_8UC1 : CV_8UC3, image.data());
}

cv::Scalar draw_scalar(const Image& image, Rgb c) {
  if (image.format() == PixelFormat::kRGB) return {double(c.r), double(c.g), double(c.b)};
  if (image.format() == PixelFormat::kBGR) return {double(c.b), double(c.g), double(c.r)};
  return cv::Scalar::all(0.299 * c.r + 0.587 * c.g + 0.114 * c.b);
}

void draw_line(Image& image, Point2f a, Point2f b, Rgb color, float thickness) {
  if (image.empty() || !draw_clip(a, b)) return;
  cv::Mat m = draw_mat(image);
  cv::line(m, draw_fixed(a), draw_fixed(b), draw_scalar(image, color), draw_line_width(thickness),
           cv::LINE_AA, kDrawShift);
}

void draw_polyline(Image& image, Span<const Point2f> points, bool closed, Rgb color, float thickness) {
  for (size_t i = 1; i < points.size(); ++i) draw_line(image, points[i - 1], points[i], color, thickness);
  if (closed && points.size() > 2) draw_line(image, points[points.size() - 1], points[0], color, thickness);
}

void fill_polygon(Image& image, Span<const Point2f> points, Rgb color) {
  if (image.empty() || points.size() < 3) return;
  std::vector<cv::Point> corners;
  corners.reserve(points.size());
  for (const Point2f& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) return;
    const auto inside = [](float v) { return std::min(std::max(v, -kDrawReach), kDrawReach); };
    corners.push_back(draw_fixed({inside(p.x), inside(p.y)}));
  }
  cv::Mat m = draw_mat(image);
  const cv::Point* data = corners.data();
  const int count = static_cast<int>(corners.size());
  cv::fillPoly(m, &data, &count, 1, draw_scalar(image, color), cv::LINE_AA, kDrawShift);
}

void fill_rectangle(Image& image, const Box& box, Rgb color, float alpha) {
  int x0, x1, y0, y1;
  if (image.empty() || !draw_span(box.x1, box.x2, image.width(), x0, x1) ||
      !draw_span(box.y1, box.y2, image.height(), y0, y1) || !(alpha > 0)) {
    return;
  }
  const cv::Scalar s = draw_scalar(image, color);
  const int n = image.channels(), mix = static_cast<int>(std::lrintf(std::min(alpha, 1.f) * 256.f));
  int level[3];
  for (int c = 0; c < n; ++c) level[c] = static_cast<int>(std::lrint(s[c]));
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
