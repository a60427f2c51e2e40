// What augmentation does to 8-bit pictures: placing one at another scale and blurring. In fixed point, so
// that a training run gives the same numbers on every machine; the numbers are those of OpenCV's warpAffine
// (INTER_LINEAR, BORDER_CONSTANT) and GaussianBlur.
//
// Plain functions over memory of the caller; a PictureWarp or PictureBlur keeps its scratch memory from call
// to call and is used by one thread at a time. No errors.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/vision/image.h"

namespace jetline {

// Source index = index * step + start on each axis, in pixels (pixel centres at whole numbers). A negative
// step mirrors.
struct AxisMap {
  double step = 1, start = 0;
};

class PictureWarp {
 public:
  // Fills `to` (its size says how large) with `from` seen through the maps: bilinear at 32nds of a pixel,
  // `border` (0..255) outside. Both of three channels, sides below 32768.
  void run(const ImageView& from, const AxisMap& x, const AxisMap& y, int border, Image& to);

 private:
  struct Column {
    int32_t offset;     // of the left one of two neighbours in a blended row, in elements
    int16_t near, far;  // their weights, 32 together
  };
  std::vector<Column> columns_;
  std::vector<uint16_t> row_;
  std::vector<uint8_t> border_row_;
};

class PictureBlur {
 public:
  // Gaussian of 5 x 5 in place, edges mirrored without repeating the edge pixel. Three channels, sides of at
  // least 3 (a smaller picture stays as it is); sigma > 0 in pixels.
  void run(Image& image, double sigma);

 private:
  std::vector<uint16_t> rows_;
};

}  // namespace jetline
