#include "jetline/train/picture_math.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

constexpr int kWarpSteps = 32;  // positions between two pixels
constexpr int kBlurSize = 5;

// Positions in 32nds of a pixel, rounded as OpenCV does: to 1024ths first, a column's in two parts.
int64_t warp_column(const AxisMap& x, int index) {
  return (std::llrint(x.step * index * 1024) + std::llrint(x.start * 1024) + 16) >> 5;
}
int64_t warp_line(const AxisMap& y, int index) {
  return (std::llrint((y.step * index + y.start) * 1024) + 16) >> 5;
}

// Weights in 256ths that sum to 256. What rounding takes from one is handed on to the next towards the
// middle.
void blur_weights(double sigma, int weights[kBlurSize]) {
  double value[kBlurSize / 2], sum = 1;
  for (int i = 0; i < kBlurSize / 2; ++i) {
    const double distance = i - kBlurSize / 2;
    value[i] = std::exp(-0.5 / (sigma * sigma) * (distance * distance));
    sum += 2 * value[i];
  }
  double carry = 0;
  int rest = 256;
  for (int i = 0; i < kBlurSize / 2; ++i) {
    const double exact = value[i] * (1 / sum) * 256 + carry;
    const int w = static_cast<int>(std::lrint(exact));
    carry = exact - w;
    weights[i] = weights[kBlurSize - 1 - i] = w;
    rest -= 2 * w;
  }
  weights[kBlurSize / 2] = rest;
}

int blur_mirror(int i, int n) {
  i = i < 0 ? -i : i;
  return i < n ? i : 2 * n - 2 - i;
}

}  // namespace

void PictureWarp::run(const ImageView& from, const AxisMap& x, const AxisMap& y, int border, Image& to) {
  // One row at a time: two source rows are blended into row_, which has two border pixels on either side, so
  // that a column far outside reads border whatever its weights.
  const int width = to.width(), n = 3 * from.width;
  columns_.resize(static_cast<size_t>(width));
  for (int i = 0; i < width; ++i) {
    const int64_t p = warp_column(x, i);
    const int64_t left = std::min<int64_t>(std::max<int64_t>(p >> 5, -2), from.width);
    const auto far = static_cast<int16_t>(p & (kWarpSteps - 1));
    columns_[static_cast<size_t>(i)] = {static_cast<int32_t>(3 * (left + 2)),
                                        static_cast<int16_t>(kWarpSteps - far), far};
  }
  const auto edge = static_cast<uint16_t>(border * kWarpSteps);
  row_.assign(static_cast<size_t>(n) + 12, edge);
  border_row_.assign(static_cast<size_t>(n), static_cast<uint8_t>(border));
  const auto source = [&](int64_t at) {
    return at >= 0 && at < from.height ? from.row(static_cast<int>(at)) : border_row_.data();
  };
  for (int j = 0; j < to.height(); ++j) {
    const int64_t p = warp_line(y, j);
    const int far = static_cast<int>(p & (kWarpSteps - 1)), near = kWarpSteps - far;
    const uint8_t *a = source(p >> 5), *b = source((p >> 5) + 1);
    uint16_t* const blended = row_.data() + 6;
    for (int i = 0; i < n; ++i) blended[i] = static_cast<uint16_t>(a[i] * near + b[i] * far);
    uint8_t* out = to.row(j);
    for (const Column& c : columns_) {
      const uint16_t* at = row_.data() + c.offset;
      for (int k = 0; k < 3; ++k) {
        *out++ = static_cast<uint8_t>((at[k] * c.near + at[k + 3] * c.far + 512) >> 10);
      }
    }
  }
}

void PictureBlur::run(Image& image, double sigma) {
  const int width = image.width(), height = image.height();
  if (width < 3 || height < 3) return;
  int weight[kBlurSize];
  blur_weights(sigma, weight);
  // All rows blurred along themselves first (256ths of a level), then along the columns.
  const auto n = static_cast<size_t>(3 * width);
  rows_.resize(n * static_cast<size_t>(height));
  for (int y = 0; y < height; ++y) {
    const uint8_t* row = image.row(y);
    uint16_t* out = rows_.data() + n * static_cast<size_t>(y);
    const auto sum_at = [&](int x, int c) {
      int sum = 0;
      for (int k = 0; k < kBlurSize; ++k) sum += weight[k] * row[3 * blur_mirror(x + k - 2, width) + c];
      return static_cast<uint16_t>(sum);
    };
    for (int c = 0; c < 3; ++c) {
      for (const int x : {0, 1, width - 2, width - 1}) out[3 * x + c] = sum_at(x, c);
    }
    for (int i = 6; i < 3 * (width - 2); ++i) {
      out[i] = static_cast<uint16_t>(weight[0] * (row[i - 6] + row[i + 6]) +
                                     weight[1] * (row[i - 3] + row[i + 3]) + weight[2] * row[i]);
    }
  }
  for (int y = 0; y < height; ++y) {
    const uint16_t* r[kBlurSize];
    for (int k = 0; k < kBlurSize; ++k) {
      r[k] = rows_.data() + n * static_cast<size_t>(blur_mirror(y + k - 2, height));
    }
    uint8_t* out = image.row(y);
    for (size_t i = 0; i < n; ++i) {
      const int sum = weight[0] * (r[0][i] + r[4][i]) + weight[1] * (r[1][i] + r[3][i]) + weight[2] * r[2][i];
      out[i] = static_cast<uint8_t>((sum + (1 << 15)) >> 16);
    }
  }
}

}  // namespace jetline
