// How objects answer to light: diffuse paint, print under lacquer, bare metal. No physics beyond what looks
// right at a glance: Lambert, Blinn-Phong, Schlick's Fresnel term, and a made-up surrounding for reflections.
#include <algorithm>

#include "jetline/sim/renderer.h"
#include "jetline/sim/shapes.h"
#include "jetline/sim/texture.h"

namespace jetline::sim {
namespace {

F4 paint_of(const Object& o, const SurfaceHit& hit, float footprint) {
  if (o.shape == Shape::kCan) {
    if (hit.part == 0)
      return label_texture(o.label).sample(hit.u, hit.v,
                                           footprint / (2 * static_cast<float>(kPi) * o.radius));
    return f4(0.55f);
  }
  const float around = o.shape == Shape::kBox ? 1.0f : 4.0f;
  switch (o.pattern) {
    case 1: {  // horizontal stripes, as on traffic cones; softened to the pixel's width
      const float s = hit.v * 2.5f, f = s - std::floor(s);
      const float soft = std::max(footprint * 2.5f / o.top(), 0.01f);
      return mix4(o.color, o.color2, smoothstep(0.5f - soft, 0.5f + soft, f) - smoothstep(1 - soft, 1.0f, f));
    }
    case 2:
      return hit.v > 0.62f ? o.color2 : o.color;
    case 3: {  // a printed field with lines, as on boxes
      const float u = hit.u * around - std::floor(hit.u * around);
      if (u > 0.2f && u < 0.8f && hit.v > 0.3f && hit.v < 0.75f) {
        const bool line = static_cast<int>(hit.v * 40) % 3 == 0 && u > 0.27f && u < 0.73f;
        return line ? o.color * 0.4f : o.color2;
      }
      return o.color;
    }
    default:
      return o.color;
  }
}

}  // namespace

F4 Renderer::environment(V3 d) const {
  const F4 light = light_.floor(at_.x, at_.y);
  if (d.z < 0) return floor_mean_ * light * (0.75f + 0.25f * d.z);
  // Walls with brighter and darker stretches, then ceiling: enough for metal to look like metal.
  const float a = std::atan2(d.y, d.x);
  const float wall = 0.75f + 0.35f * std::sin(a * 2 + 0.7f) + 0.2f * std::sin(a * 5);
  return mix4(wall_mean_ * light * (0.6f * wall), scene_.room.ceiling * (light * 0.55f + scene_.ambient),
              smoothstep(0.15f, 0.75f, d.z));
}

F4 Renderer::shade_object(const Object& o, V3 d, const SurfaceHit& hit) const {
  const V3 p = at_ + d * hit.t, n = hit.normal;
  const float facing = std::max(-dot(n, d), 0.03f);
  const float footprint = hit.t * pixel_angle_ / std::sqrt(facing);
  const F4 paint = paint_of(o, hit, footprint);
  const bool metal = o.shape == Shape::kCan && hit.part != 0;

  const F4 floor_light =
      light_.floor(o.x + n.x * (o.footprint() + 0.03f), o.y + n.y * (o.footprint() + 0.03f));
  // Near the floor an object sees less of the room; what it sees instead is the floor.
  const float open = 1 - 0.55f * std::exp(-p.z / (0.12f * o.top() + 0.004f));
  const float up = 0.5f + 0.5f * n.z;
  F4 diffuse = scene_.ambient * ((0.55f + 0.45f * up) * open) +
               floor_mean_ * floor_light * (0.5f * (1 - up) * (0.4f + 0.6f * open));
  F4 shine = f4(0);
  const float exponent = 12 + 160 * o.gloss * o.gloss;
  for (const Light& l : scene_.lights) {
    V3 to = l.at - p;
    const float dist = length(to);
    to = to * (1 / dist);
    const float c = dot(n, to);
    if (c <= 0) continue;
    bool lit = true;
    for (const Object& other : scene_.objects) {
      if (&other != &o && lit && blocks(other, p + n * 0.001f, l.at)) lit = false;
    }
    if (!lit) continue;
    const F4 light = l.power * (1 / (dist * dist + 0.02f));
    diffuse += light * c;
    const V3 half = normalized(to - d);
    shine += light *
             (std::pow(std::max(dot(n, half), 0.0f), exponent) * (0.04f + 0.5f * o.gloss) * exponent * 0.03f);
  }
  const V3 mirror = reflect(d, n);
  if (metal) {
    // A lid has rings pressed into it and a tab.
    float relief = 1;
    if (hit.part == 1) {
      const float r = std::hypot(hit.u - 0.5f, hit.v - 0.5f) * 2;
      relief = 0.8f + 0.2f * std::sin(r * 22) * smoothstep(0.5f, 0.9f, r);
      if (std::fabs(hit.v - 0.5f) < 0.12f && hit.u > 0.3f && hit.u < 0.72f) relief *= 0.75f;
    }
    return (environment(mirror) * 0.85f + diffuse * 0.12f + shine * 1.4f) * relief * open;
  }
  const float grazing = std::pow(1 - std::min(facing, 1.0f), 5.0f);
  const float fresnel = o.gloss * (0.05f + 0.55f * grazing);
  return paint * diffuse * (1 - fresnel) + environment(mirror) * fresnel + shine;
}

}  // namespace jetline::sim
