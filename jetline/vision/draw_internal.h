// Shared by the drawing sources: colours as an image's format stores them, and strokes.
//
// Pure functions of what they are given; thread-safe for different images.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "jetline/vision/draw.h"

namespace jetline {

// Levels 0..255 of the channels of `image`, in its order; a grey image has one, BT.601 luma.
std::array<float, 3> draw_levels(const Image& image, Rgb color);

// Mixes `levels` into the pixel; `mix` in 0..1 is the share of it that the shape covers.
inline void draw_mix(Image& image, int x, int y, const std::array<float, 3>& levels, float mix) {
  if (!(mix > 0)) return;
  mix = std::min(mix, 1.f);
  uint8_t* p = image.at(x, y);
  for (int c = 0; c < image.channels(); ++c) {
    const float v = static_cast<float>(p[c]);
    p[c] = static_cast<uint8_t>(std::lrintf(v + (levels[static_cast<size_t>(c)] - v) * mix));
  }
}

// A line from a to b, 2 `half` wide with round ends: calls pixel(x, y, coverage) for every pixel of a
// width x height raster that it touches. Coverage is half + 0.5 - distance of the pixel's centre from the
// line, at most 1: exact for wide straight edges, within a few hundredths elsewhere. Coordinates must be
// finite and less than 1e6 in size. Time is proportional to the pixels touched plus the rows crossed.
template <typename Pixel>
void draw_stroke(Point2f a, Point2f b, float half, int width, int height, Pixel pixel) {
  const float reach = half + 0.5f;
  const auto bound = [](float v, int limit) {
    return static_cast<int>(std::min(std::max(std::floor(v), 0.f), static_cast<float>(limit)));
  };
  const float dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
  const float left = std::min(a.x, b.x) - reach, right = std::max(a.x, b.x) + reach;
  const int y0 = bound(std::min(a.y, b.y) - reach, height),
            y1 = bound(std::max(a.y, b.y) + reach + 1, height);
  // How far to the left and right of its middle line the band reaches in one row.
  const float spread = std::abs(dy) > 1e-3f ? reach * std::sqrt(square) / std::abs(dy) : 0;
  for (int y = y0; y < y1; ++y) {
    const float cy = static_cast<float>(y) + 0.5f;
    float from = left, to = right;
    if (spread > 0) {
      const float middle = a.x + (cy - a.y) * (dx / dy);
      // The round ends reach no farther than the band does where it is cut.
      from = std::max(left, std::min(middle - spread, right));
      to = std::min(right, std::max(middle + spread, left));
    }
    const int x0 = bound(from, width), x1 = bound(to + 1, width);
    for (int x = x0; x < x1; ++x) {
      const float px = static_cast<float>(x) + 0.5f - a.x, py = cy - a.y;
      const float t = square > 0 ? std::min(std::max((px * dx + py * dy) / square, 0.f), 1.f) : 0;
      const float ex = px - t * dx, ey = py - t * dy;
      const float coverage = reach - std::sqrt(ex * ex + ey * ey);
      if (coverage > 0) pixel(x, y, std::min(coverage, 1.f));
    }
  }
}

}  // namespace jetline
