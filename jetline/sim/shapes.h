// Rays against the simulator's solids. The nearest hit in front of the ray's origin, its outward normal and
// the place on the surface (u round the object, v upwards, both 0..1).
#pragma once

#include "jetline/sim/scene.h"

namespace jetline::sim {

struct SurfaceHit {
  float t = 1e30f;  // along the ray, in lengths of its direction
  V3 normal;
  float u = 0, v = 0;
  int part = 0;  // 0 side, 1 top (a can: lid), 2 neck or rim
};

// False when the ray misses or hits farther than `limit`.
bool intersect(const Object& object, V3 origin, V3 direction, float limit, SurfaceHit& hit);

// Whether the segment from `from` towards `to` passes through the object; for shadows, exact but for a can's
// neck.
bool blocks(const Object& object, V3 from, V3 to);

}  // namespace jetline::sim
