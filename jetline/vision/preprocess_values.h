// What a level becomes in the tensor: one table of 256 values a channel, and the writing of rows in any
// layout and element type. A detail of preprocess.cpp; no allocation.
#pragma once

#include <array>
#include <cstdint>

#include "jetline/graph/card.h"

namespace jetline {

class PreValues {
 public:
  PreValues() = default;
  explicit PreValues(const InputSpec& spec);

  // Padding into columns x0..x1-1 of row y.
  void pad_row(void* tensor, int y, int x0, int x1) const;
  // Levels of `n` pixels into columns x0.. of row y. `rgb` holds the three planes (the same one thrice when
  // `grey`).
  void content_row(void* tensor, int y, int x0, int n, const std::array<const uint8_t*, 3>& rgb,
                   bool grey) const;

 private:
  template <typename T>
  void pad_row_as(T* tensor, const T pad[3], int y, int x0, int x1) const;
  template <typename T>
  void content_row_as(T* tensor, const T table[3][256], int y, int x0, int n,
                      const std::array<const uint8_t*, 3>& rgb, bool grey) const;

  int width_ = 0, height_ = 0, channels_ = 3;
  Layout layout_ = Layout::kNCHW;
  ColorOrder order_ = ColorOrder::kRGB;
  DType dtype_ = DType::kF32;
  float f32_[3][256] = {}, f32_pad_[3] = {};
  uint16_t f16_[3][256] = {}, f16_pad_[3] = {};
  uint8_t u8_[3][256] = {}, u8_pad_[3] = {};
};

// IEEE 754 binary16 nearest to `value`, ties to even; overflow gives infinity.
uint16_t float_to_half(float value);

}  // namespace jetline
