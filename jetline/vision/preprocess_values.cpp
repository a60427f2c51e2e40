#include "jetline/vision/preprocess_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace jetline {

uint16_t float_to_half(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return static_cast<uint16_t>(sign | 0x7E00);   // NaN
  if (magnitude >= 0x47800000) return static_cast<uint16_t>(sign | 0x7C00);  // 65536 and above
  if (magnitude < 0x38800000) {  // below 2^-14: subnormal, a multiple of 2^-24
    float positive;
    std::memcpy(&positive, &magnitude, 4);
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::lrintf(positive * 16777216.f)));
  }
  // 13 bits of fraction go; a carry runs into the exponent as it should.
  const uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

PreValues::PreValues(const InputSpec& spec)
    : width_(spec.width),
      height_(spec.height),
      channels_(spec.order == ColorOrder::kGray ? 1 : 3),
      layout_(spec.layout),
      order_(spec.order),
      dtype_(spec.dtype) {
  const auto to_u8 = [](float v) {
    return static_cast<uint8_t>(std::lrintf(std::min(std::max(v, 0.f), 255.f)));
  };
  for (size_t c = 0; c < 3; ++c) {
    for (int level = 0; level <= 256; ++level) {
      const float in = level < 256 ? static_cast<float>(level) : spec.pad;
      const float v = (in - spec.mean[c]) * spec.scale[c];
      (level < 256 ? f32_[c][level] : f32_pad_[c]) = v;
      (level < 256 ? f16_[c][level] : f16_pad_[c]) = float_to_half(v);
      (level < 256 ? u8_[c][level] : u8_pad_[c]) = to_u8(v);
    }
  }
}

template <typename T>
void PreValues::pad_row_as(T* tensor, const T pad[3], int y, int x0, int x1) const {
  if (layout_ == Layout::kNCHW) {
    for (int c = 0; c < channels_; ++c) {
      T* row = tensor + (static_cast<int64_t>(c) * height_ + y) * width_;
      std::fill(row + x0, row + x1, pad[c]);
    }
    return;
  }
  T* out = tensor + (static_cast<int64_t>(y) * width_ + x0) * channels_;
  for (int x = x0; x < x1; ++x) {
    for (int c = 0; c < channels_; ++c) *out++ = pad[c];
  }
}

template <typename T>
void PreValues::content_row_as(T* tensor, const T table[3][256], int y, int x0, int n,
                               const std::array<const uint8_t*, 3>& rgb, bool grey) const {
  const bool planar = layout_ == Layout::kNCHW;
  const int64_t plane = static_cast<int64_t>(height_) * width_, row = static_cast<int64_t>(y) * width_ + x0;
  if (channels_ == 1) {
    T* out = tensor + row;
    if (grey) {
      for (int x = 0; x < n; ++x) out[x] = table[0][rgb[0][x]];
      return;
    }
    // 0.299, 0.587, 0.114 in 15 bits, as OpenCV's RGB2GRAY.
    for (int x = 0; x < n; ++x) {
      out[x] = table[0][(rgb[0][x] * 9798 + rgb[1][x] * 19235 + rgb[2][x] * 3735 + 16384) >> 15];
    }
    return;
  }
  for (int c = 0; c < 3; ++c) {
    const uint8_t* in = rgb[static_cast<size_t>(order_ == ColorOrder::kBGR ? 2 - c : c)];
    T* out = planar ? tensor + c * plane + row : tensor + row * 3 + c;
    const int step = planar ? 1 : 3;
    for (int x = 0; x < n; ++x) out[x * step] = table[c][in[x]];
  }
}

void PreValues::pad_row(void* tensor, int y, int x0, int x1) const {
  if (dtype_ == DType::kF32) pad_row_as(static_cast<float*>(tensor), f32_pad_, y, x0, x1);
  if (dtype_ == DType::kF16) pad_row_as(static_cast<uint16_t*>(tensor), f16_pad_, y, x0, x1);
  if (dtype_ == DType::kU8) pad_row_as(static_cast<uint8_t*>(tensor), u8_pad_, y, x0, x1);
}

void PreValues::content_row(void* tensor, int y, int x0, int n, const std::array<const uint8_t*, 3>& rgb,
                            bool grey) const {
  if (dtype_ == DType::kF32) content_row_as(static_cast<float*>(tensor), f32_, y, x0, n, rgb, grey);
  if (dtype_ == DType::kF16) content_row_as(static_cast<uint16_t*>(tensor), f16_, y, x0, n, rgb, grey);
  if (dtype_ == DType::kU8) content_row_as(static_cast<uint8_t*>(tensor), u8_, y, x0, n, rgb, grey);
}

}  // namespace jetline
