// Surfaces of the simulator: square tiles of linear-light colour with mip levels, painted by formula once per
// process and shared read-only by every scene and thread. A scene tints and scales them.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/sim/vec.h"

namespace jetline::sim {

class Texture {
 public:
  // `size` is a power of two; `paint(u, v)` gives the colour at 0 <= u, v < 1 and should tile.
  template <typename Paint>
  static Texture painted(int size, const Paint& paint) {
    Texture t(size);
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        t.level0(x, y) = paint((static_cast<float>(x) + 0.5f) / static_cast<float>(size),
                               (static_cast<float>(y) + 0.5f) / static_cast<float>(size));
      }
    }
    t.build_mips();
    return t;
  }

  int size() const { return size_; }
  F4 mean() const { return texels_[offset_[static_cast<size_t>(levels_) - 1]]; }

  // Colour at (u, v), repeated outside 0..1; `footprint` is the width of the sampled spot in units of the
  // tile.
  F4 sample(float u, float v, float footprint) const {
    const float texels = footprint * static_cast<float>(size_);
    int level = 0;
    if (texels > 1) {
      // The float's exponent is floor(log2); multiplying by sqrt(2) rounds it.
      union {
        float f;
        uint32_t i;
      } bits{texels * 1.41421356f};
      level = static_cast<int>(bits.i >> 23) - 127;
      level = level < levels_ - 1 ? level : levels_ - 1;
    }
    const int n = size_ >> level, mask = n - 1;
    const F4* base = texels_.data() + offset_[static_cast<size_t>(level)];
    const float x = u * static_cast<float>(n) - 0.5f, y = v * static_cast<float>(n) - 0.5f;
    const int xi = static_cast<int>(x + 65536.f) - 65536, yi = static_cast<int>(y + 65536.f) - 65536;
    const float fx = x - static_cast<float>(xi), fy = y - static_cast<float>(yi);
    const F4* r0 = base + static_cast<size_t>(yi & mask) * static_cast<size_t>(n);
    const F4* r1 = base + static_cast<size_t>((yi + 1) & mask) * static_cast<size_t>(n);
    const int x0 = xi & mask, x1 = (xi + 1) & mask;
    const F4 a = r0[x0] + (r0[x1] - r0[x0]) * fx;
    const F4 b = r1[x0] + (r1[x1] - r1[x0]) * fx;
    return a + (b - a) * fy;
  }

 private:
  explicit Texture(int size);
  F4& level0(int x, int y) {
    return texels_[static_cast<size_t>(y) * static_cast<size_t>(size_) + static_cast<size_t>(x)];
  }
  void build_mips();
  int size_ = 0, levels_ = 0;
  std::vector<F4> texels_;  // all levels, largest first
  std::vector<size_t> offset_;
};

// The library; an index past the end wraps around. Painted on first use, thread-safe.
enum class FloorKind { kWood, kParquet, kTiles, kCarpet, kConcrete, kLino, kCount };
enum class WallKind { kPlaster, kStripes, kBrick, kPanels, kSpeckle, kCount };
const Texture& floor_texture(int kind);
const Texture& wall_texture(int kind);
// Pictures on walls: abstract posters, a door.
constexpr int kPosterCount = 6;
const Texture& poster_texture(int index);

// Labels wrapped once round a can: u along the circumference, v upwards. Design 0 is the can to be found (red
// with a white band and lettering); the others are cans of other brands, none of them red.
constexpr int kLabelCount = 7;
const Texture& label_texture(int design);

// Value noise on a grid of `cells` that wraps, 0..1; fbm adds `octaves` halvings.
float tile_noise(float u, float v, int cells, uint32_t seed);
float tile_fbm(float u, float v, int cells, int octaves, uint32_t seed);
uint32_t hash2(int x, int y, uint32_t seed);

}  // namespace jetline::sim
