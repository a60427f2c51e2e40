// Images in memory: 8 bits a channel, interleaved. RGB is the house order (decoders give it, files keep it);
// networks that want BGR get it in the preprocessing step. An Image owns its pixels; an ImageView does not.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/base/span.h"

namespace jetline {

enum class PixelFormat : uint8_t { kRGB, kBGR, kGray };
inline int channels_of(PixelFormat f) { return f == PixelFormat::kGray ? 1 : 3; }

struct ImageView {
  const uint8_t* data = nullptr;
  int width = 0, height = 0;
  int64_t stride = 0;  // bytes from one row to the next
  PixelFormat format = PixelFormat::kRGB;
  const uint8_t* row(int y) const { return data + y * stride; }
  bool empty() const { return width <= 0 || height <= 0 || !data; }
};

class Image {
 public:
  Image() = default;
  Image(int width, int height, PixelFormat format = PixelFormat::kRGB) { resize(width, height, format); }
  // Keeps the allocation when it is large enough, so that a reused Image costs nothing per frame. Pixels are
  // unspecified afterwards.
  void resize(int width, int height, PixelFormat format = PixelFormat::kRGB) {
    width_ = width;
    height_ = height;
    format_ = format;
    pixels_.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels_of(format)));
  }
  int width() const { return width_; }
  int height() const { return height_; }
  PixelFormat format() const { return format_; }
  int channels() const { return channels_of(format_); }
  int64_t stride() const { return static_cast<int64_t>(width_) * channels(); }
  bool empty() const { return pixels_.empty(); }
  uint8_t* data() { return pixels_.data(); }
  const uint8_t* data() const { return pixels_.data(); }
  uint8_t* row(int y) { return pixels_.data() + y * stride(); }
  const uint8_t* row(int y) const { return pixels_.data() + y * stride(); }
  uint8_t* at(int x, int y) { return row(y) + static_cast<int64_t>(x) * channels(); }
  const uint8_t* at(int x, int y) const { return row(y) + static_cast<int64_t>(x) * channels(); }
  ImageView view() const { return {pixels_.data(), width_, height_, stride(), format_}; }
  operator ImageView() const { return view(); }  // NOLINT(google-explicit-constructor): an image is a view

 private:
  int width_ = 0, height_ = 0;
  PixelFormat format_ = PixelFormat::kRGB;
  std::vector<uint8_t> pixels_;
};

}  // namespace jetline
