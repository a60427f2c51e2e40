#include <cstring>

#include "jetline/vision/image_codecs.h"

namespace jetline::codecs {

// Orientation o says where row 0 and column 0 of the stored picture belong (Exif 2.32, tag 0x0112). Written
// as: the upright pixel (x, y) is the stored pixel at (sx, sy) = origin + x * (ax, ay) + y * (bx, by).
void apply_orientation(const Image& stored, int orientation, Image& upright) {
  const int w = stored.width(), h = stored.height(), n = stored.channels();
  const bool turned = orientation >= 5;
  upright.resize(turned ? h : w, turned ? w : h, stored.format());
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const int64_t right = from_right ? -n : n, down = from_bottom ? -stored.stride() : stored.stride();
  const int64_t step_x = turned ? down : right, step_y = turned ? right : down;
  const uint8_t* origin = stored.at(from_right ? w - 1 : 0, from_bottom ? h - 1 : 0);
  for (int y = 0; y < upright.height(); ++y) {
    const uint8_t* from = origin + y * step_y;
    uint8_t* to = upright.row(y);
    for (int x = 0; x < upright.width(); ++x, from += step_x, to += n) {
      for (int c = 0; c < n; ++c) to[c] = from[c];
    }
  }
}

}  // namespace jetline::codecs
