#include "jetline/sim/shapes.h"

#include <algorithm>

namespace jetline::sim {
namespace {

constexpr float kShapeEps = 1e-5f;

float wrap_angle01(float x, float y, float yaw) {
  const float a = (std::atan2(y, x) - yaw) * static_cast<float>(0.5 / kPi);
  return a - std::floor(a);
}

// Side of a cone frustum standing upright at (cx, cy), radius r0 at z0 and r1 at z1 (r0 == r1: cylinder).
bool frustum_side(V3 o, V3 d, float cx, float cy, float z0, float z1, float r0, float r1, float limit,
                  SurfaceHit& hit) {
  const float k = (r1 - r0) / (z1 - z0);  // change of radius with height
  const float ox = o.x - cx, oy = o.y - cy;
  const float ro = r0 + k * (o.z - z0), rd = k * d.z;
  const float a = d.x * d.x + d.y * d.y - rd * rd;
  const float b = ox * d.x + oy * d.y - ro * rd;
  const float c = ox * ox + oy * oy - ro * ro;
  const float disc = b * b - a * c;
  if (disc < 0 || std::fabs(a) < 1e-12f) return false;
  const float root = std::sqrt(disc);
  bool found = false;
  for (int side = 0; side < 2; ++side) {
    const float t = (-b + (side ? root : -root)) / a;
    if (t < kShapeEps || t >= std::min(limit, hit.t)) continue;
    const float z = o.z + t * d.z;
    if (z < z0 || z > z1 || ro + t * rd < 0) continue;
    hit.t = t;
    const float nx = ox + t * d.x, ny = oy + t * d.y;
    hit.normal = normalized({nx, ny, -k * std::hypot(nx, ny)});
    hit.v = (z - z0) / (z1 - z0);
    found = true;
  }
  return found;
}

bool disc_top(V3 o, V3 d, float cx, float cy, float z, float r, float limit, SurfaceHit& hit) {
  if (std::fabs(d.z) < 1e-9f) return false;
  const float t = (z - o.z) / d.z;
  if (t < kShapeEps || t >= std::min(limit, hit.t)) return false;
  const float x = o.x + t * d.x - cx, y = o.y + t * d.y - cy;
  if (x * x + y * y > r * r) return false;
  hit.t = t;
  hit.normal = {0, 0, 1};
  hit.u = x / r * 0.5f + 0.5f;
  hit.v = y / r * 0.5f + 0.5f;
  hit.part = 1;
  return true;
}

bool sphere_hit(const Object& s, V3 o, V3 d, float limit, SurfaceHit& hit) {
  const V3 c = o - V3{s.x, s.y, s.radius};
  const float a = dot(d, d), b = dot(c, d), q = dot(c, c) - s.radius * s.radius;
  const float disc = b * b - a * q;
  if (disc < 0) return false;
  const float t = (-b - std::sqrt(disc)) / a;
  if (t < kShapeEps || t >= limit) return false;
  hit.t = t;
  hit.normal = (c + d * t) * (1 / s.radius);
  hit.u = wrap_angle01(hit.normal.x, hit.normal.y, s.yaw);
  hit.v = 0.5f + 0.5f * hit.normal.z;
  return true;
}

bool box_hit(const Object& b, V3 o, V3 d, float limit, SurfaceHit& hit) {
  const float c = std::cos(b.yaw), s = std::sin(b.yaw);
  const float px = (o.x - b.x) * c + (o.y - b.y) * s, py = -(o.x - b.x) * s + (o.y - b.y) * c;
  const float dx = d.x * c + d.y * s, dy = -d.x * s + d.y * c;
  const float po[3] = {px, py, o.z - b.height / 2}, pd[3] = {dx, dy, d.z}, h[3] = {b.hx, b.hy, b.height / 2};
  float near = -1e30f, far = 1e30f;
  int axis = -1;
  for (int i = 0; i < 3; ++i) {
    if (std::fabs(pd[i]) < 1e-9f) {
      if (std::fabs(po[i]) > h[i]) return false;
      continue;
    }
    const float inv = 1 / pd[i];
    const float a = (-h[i] - po[i]) * inv, e = (h[i] - po[i]) * inv;
    const float lo = std::min(a, e), hi = std::max(a, e);
    if (lo > near) near = lo, axis = i;
    far = std::min(far, hi);
  }
  if (near > far || near < kShapeEps || near >= limit || axis < 0) return false;
  hit.t = near;
  const float sign = pd[axis] > 0 ? -1.0f : 1.0f;
  const float hx = (px + near * dx) / b.hx * 0.5f + 0.5f, hy = (py + near * dy) / b.hy * 0.5f + 0.5f;
  const float hz = (o.z + near * d.z) / b.height;
  if (axis == 0) hit.normal = {sign * c, sign * s, 0}, hit.u = hy, hit.v = hz;
  if (axis == 1) hit.normal = {-sign * s, sign * c, 0}, hit.u = hx, hit.v = hz;
  if (axis == 2) hit.normal = {0, 0, sign}, hit.u = hx, hit.v = hy, hit.part = 1;
  return true;
}

}  // namespace

bool intersect(const Object& b, V3 o, V3 d, float limit, SurfaceHit& hit) {
  hit = SurfaceHit();
  switch (b.shape) {
    case Shape::kSphere:
      return sphere_hit(b, o, d, limit, hit);
    case Shape::kBox:
      return box_hit(b, o, d, limit, hit);
    case Shape::kCone: {
      bool found = frustum_side(o, d, b.x, b.y, 0, b.height, b.radius, 0.12f * b.radius, limit, hit);
      if (disc_top(o, d, b.x, b.y, b.height, 0.12f * b.radius, limit, hit)) return true;
      if (found) hit.u = wrap_angle01(hit.normal.x, hit.normal.y, b.yaw);
      return found;
    }
    case Shape::kCylinder: {
      const bool found = frustum_side(o, d, b.x, b.y, 0, b.height, b.radius, b.radius, limit, hit);
      if (disc_top(o, d, b.x, b.y, b.height, b.radius, limit, hit)) return true;
      if (found) hit.u = wrap_angle01(hit.normal.x, hit.normal.y, b.yaw);
      return found;
    }
    case Shape::kCan: {
      // Foot, printed body, shoulder and rim, as fractions of the height.
      struct Ring {
        float z0, z1, r0, r1;
        int part;
      };
      static const Ring kRings[] = {{0, .045f, .80f, 1, 2},
                                    {.045f, .87f, 1, 1, 0},
                                    {.87f, .965f, 1, .84f, 2},
                                    {.965f, 1, .86f, .86f, 2}};
      const float r = b.radius, h = b.height;
      bool found = false;
      for (const Ring& ring : kRings) {
        if (frustum_side(o, d, b.x, b.y, ring.z0 * h, ring.z1 * h, ring.r0 * r, ring.r1 * r, limit, hit)) {
          hit.part = ring.part;
          found = true;
        }
      }
      if (disc_top(o, d, b.x, b.y, 0.97f * h, 0.84f * r, limit, hit)) return true;
      if (found) {
        hit.u = wrap_angle01(hit.normal.x, hit.normal.y, b.yaw);
        if (hit.part == 2) hit.v = (o.z + hit.t * d.z) / h;
      }
      return found;
    }
  }
  return false;
}

bool blocks(const Object& b, V3 from, V3 to) {
  SurfaceHit hit;
  const V3 d = to - from;
  switch (b.shape) {
    case Shape::kSphere:
      return sphere_hit(b, from, d, 1, hit);
    case Shape::kBox:
      return box_hit(b, from, d, 1, hit);
    default: {
      const float r1 = b.shape == Shape::kCone ? 0.12f * b.radius : b.radius;
      return frustum_side(from, d, b.x, b.y, 0, b.height, b.radius, r1, 1, hit) ||
             disc_top(from, d, b.x, b.y, b.height, r1, 1, hit);
    }
  }
}

}  // namespace jetline::sim
