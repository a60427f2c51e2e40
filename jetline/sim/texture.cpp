#include "jetline/sim/texture.h"

namespace jetline::sim {

Texture::Texture(int size) : size_(size) {
  size_t total = 0;
  for (int n = size; n >= 1; n /= 2) {
    offset_.push_back(total);
    total += static_cast<size_t>(n) * static_cast<size_t>(n);
    ++levels_;
  }
  texels_.resize(total, f4(0));
}

void Texture::build_mips() {
  for (int level = 1; level < levels_; ++level) {
    const int n = size_ >> level;
    const F4* from = texels_.data() + offset_[static_cast<size_t>(level) - 1];
    F4* to = texels_.data() + offset_[static_cast<size_t>(level)];
    for (int y = 0; y < n; ++y) {
      for (int x = 0; x < n; ++x) {
        const F4* p = from + static_cast<size_t>(2 * y) * static_cast<size_t>(2 * n) + 2 * x;
        to[static_cast<size_t>(y) * static_cast<size_t>(n) + static_cast<size_t>(x)] =
            (p[0] + p[1] + p[2 * n] + p[2 * n + 1]) * 0.25f;
      }
    }
  }
}

uint32_t hash2(int x, int y, uint32_t seed) {
  uint32_t h =
      seed * 0x9e3779b9u + static_cast<uint32_t>(x) * 0x85ebca6bu + static_cast<uint32_t>(y) * 0xc2b2ae35u;
  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  h ^= h >> 12;
  h *= 0x297a2d39u;
  return h ^ (h >> 15);
}

float tile_noise(float u, float v, int cells, uint32_t seed) {
  const float x = u * static_cast<float>(cells), y = v * static_cast<float>(cells);
  const int xi = static_cast<int>(std::floor(x)), yi = static_cast<int>(std::floor(y));
  float fx = x - static_cast<float>(xi), fy = y - static_cast<float>(yi);
  fx = fx * fx * (3 - 2 * fx);
  fy = fy * fy * (3 - 2 * fy);
  const auto at = [&](int i, int j) {
    const int m = ((xi + i) % cells + cells) % cells, n = ((yi + j) % cells + cells) % cells;
    return static_cast<float>(hash2(m, n, seed) & 0xffff) / 65535.f;
  };
  return mixf(mixf(at(0, 0), at(1, 0), fx), mixf(at(0, 1), at(1, 1), fx), fy);
}

float tile_fbm(float u, float v, int cells, int octaves, uint32_t seed) {
  float sum = 0, weight = 0.5f, total = 0;
  for (int i = 0; i < octaves; ++i) {
    sum += weight * tile_noise(u, v, cells, seed + static_cast<uint32_t>(i) * 101u);
    total += weight;
    weight *= 0.5f;
    cells *= 2;
  }
  return sum / total;
}

}  // namespace jetline::sim
