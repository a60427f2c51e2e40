// Light on the room's surfaces, computed once per scene: smooth maps for floor and walls, and round each
// object a fine patch on the floor that says what its soft shadow and its contact take away. Immutable after
// bake().
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "jetline/sim/scene.h"

namespace jetline::sim {

// Bilinear grid of light over a rectangle, clamped at its border.
struct LightGrid {
  int nx = 0, ny = 0;
  float x0 = 0, y0 = 0, per_metre = 1;
  std::vector<F4> cell;
  F4 at(float x, float y) const {
    const float gx = std::min(std::max((x - x0) * per_metre - 0.5f, 0.0f), static_cast<float>(nx) - 1.001f);
    const float gy = std::min(std::max((y - y0) * per_metre - 0.5f, 0.0f), static_cast<float>(ny) - 1.001f);
    const int ix = static_cast<int>(gx), iy = static_cast<int>(gy);
    const float fx = gx - static_cast<float>(ix), fy = gy - static_cast<float>(iy);
    const F4* p = cell.data() + static_cast<size_t>(iy) * static_cast<size_t>(nx) + static_cast<size_t>(ix);
    const F4 a = p[0] + (p[1] - p[0]) * fx, b = p[nx] + (p[nx + 1] - p[nx]) * fx;
    return a + (b - a) * fy;
  }
  bool covers(float x, float y) const {
    return x > x0 && y > y0 && x < x0 + static_cast<float>(nx) / per_metre &&
           y < y0 + static_cast<float>(ny) / per_metre;
  }
};

class Lightmap {
 public:
  void bake(const Scene& scene);
  // Irradiance on the floor with shadows; on wall 0..3 at (s along the wall, z).
  F4 floor(float x, float y) const {
    F4 light = floor_.at(x, y);
    for (const LightGrid& p : patches_) {
      if (p.covers(x, y)) light = light * p.at(x, y);
    }
    return light;
  }
  F4 wall(int wall, float s, float z) const { return walls_[wall].at(s, z); }

 private:
  LightGrid floor_, walls_[4];
  std::vector<LightGrid> patches_;  // factors 0..1, one per object
};

// Direct light of all lamps at `p` with normal `n`, without shadows.
F4 direct_light(const Scene& scene, V3 p, V3 n);

}  // namespace jetline::sim
