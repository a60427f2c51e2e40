#include <algorithm>

#include "jetline/sim/scene.h"
#include "jetline/sim/texture.h"

namespace jetline::sim {
namespace {

float draw(Random& r, double lo, double hi) {
  return static_cast<float>(r.uniform(lo, hi));
}

// A tint around white: overall lightness and a slight hue.
F4 draw_tint(Random& r, double dark, double bright, double hue) {
  const float level = draw(r, dark, bright);
  return F4{level * draw(r, 1 - hue, 1 + hue), level * draw(r, 1 - hue, 1 + hue),
            level * draw(r, 1 - hue, 1 + hue), 0};
}

// Colour of light of a black body between candle and sky, as a ramp fitted by eye to Planck's locus.
F4 light_color(double warmth) {
  const auto w = static_cast<float>(warmth);  // -1 cold .. 1 warm
  return F4{1 + 0.16f * w, 1, 1 - 0.24f * w, 0};
}

// Reds as they come in toys and boxes; close to the can's own.
F4 draw_red(Random& r) {
  return srgb(static_cast<int>(r.integer(170, 222)), static_cast<int>(r.integer(12, 42)),
              static_cast<int>(r.integer(16, 48)));
}

// Anything but red: hue drawn outside of +-35 degrees around it, or a grey.
F4 draw_other_color(Random& r) {
  if (r.chance(0.2)) {
    const float g = draw(r, 0.03, 0.75);
    return F4{g, g, g, 0};
  }
  const double hue = r.uniform(40, 315), s = r.uniform(0.35, 0.95), v = r.uniform(0.25, 0.95);
  const auto channel = [&](double n) {
    const double k = std::fmod(n + hue / 60, 6.0);
    return std::pow(v - v * s * std::max(0.0, std::min({k, 4 - k, 1.0})), 2.2);
  };
  return F4{static_cast<float>(channel(5)), static_cast<float>(channel(3)), static_cast<float>(channel(1)),
            0};
}

void set_solid(Object& o, Shape shape, Random& r) {
  o.shape = shape;
  o.yaw = draw(r, 0, 2 * kPi);
  switch (shape) {
    case Shape::kBox:
      o.hx = draw(r, 0.03, 0.11);
      o.hy = draw(r, 0.03, 0.09);
      o.height = draw(r, 0.06, 0.26);
      o.name = "box";
      break;
    case Shape::kSphere:
      o.radius = draw(r, 0.035, 0.1);
      o.height = 2 * o.radius;
      o.name = "ball";
      break;
    case Shape::kCone:
      o.radius = draw(r, 0.05, 0.1);
      o.height = draw(r, 0.12, 0.3);
      o.name = "cone";
      break;
    default:
      o.radius = draw(r, 0.03, 0.06);
      o.height = draw(r, 0.07, 0.24);
      o.name = "roll";
      break;
  }
}

}  // namespace

Scene random_room(Random& r, float min_side, float max_side) {
  Scene s;
  Room& room = s.room;
  room.width = draw(r, min_side, max_side);
  room.depth = draw(r, min_side, max_side);
  room.height = draw(r, 2.3, 2.9);
  room.floor = static_cast<int>(r.integer(0, static_cast<int>(FloorKind::kCount) - 1));
  room.wall = static_cast<int>(r.integer(0, static_cast<int>(WallKind::kCount) - 1));
  room.floor_tint = draw_tint(r, 0.45, 1.25, 0.16);
  room.wall_tint = draw_tint(r, 0.5, 1.12, 0.18);
  const float white = draw(r, 0.55, 0.85);
  room.ceiling = F4{white, white, white, 0};
  room.floor_scale = draw(r, 0.7, 1.8);
  room.wall_scale = draw(r, 1.0, 2.4);
  room.skirting = r.chance(0.75) ? draw(r, 0.05, 0.11) : 0;
  room.skirting_color = r.chance(0.6) ? f4(draw(r, 0.5, 0.8)) : srgb(92, 62, 40) * draw(r, 0.6, 1.4);
  for (int wall = 0; wall < 4; ++wall) {
    const float side = wall < 2 ? room.depth : room.width;
    float s0 = draw(r, 0.2, 1.2);
    while (s0 < side - 0.8f) {
      Decal d;
      d.wall = wall;
      d.poster = static_cast<int>(r.integer(0, kPosterCount - 1));
      const bool door = d.poster == 4;
      const float w = door ? 0.85f : draw(r, 0.35, 0.9);
      if (s0 + w > side - 0.1f) break;
      d.s0 = s0;
      d.s1 = s0 + w;
      d.z0 = door ? 0.0f : draw(r, 0.35, 1.1);
      d.z1 = door ? 2.05f : std::min(d.z0 + w * draw(r, 0.8, 1.4), room.height - 0.1f);
      room.decals.push_back(d);
      s0 += w + draw(r, 0.4, 2.0);
    }
  }
  // One or two lamps under the ceiling, or a window near a wall, and what the walls throw back.
  const double warmth = r.uniform(-0.7, 1.0);
  const int lamps = r.chance(0.45) ? 2 : 1;
  const float level = draw(r, 0.75, 1.25);
  for (int i = 0; i < lamps; ++i) {
    Light light;
    const bool window = i == 0 && r.chance(0.35);
    light.at = {draw(r, 0.12, 0.88) * room.width, draw(r, 0.12, 0.88) * room.depth,
                draw(r, 1.7, room.height - 0.1)};
    if (window)
      light.at = {r.chance(0.5) ? 0.12f : room.width - 0.12f, draw(r, 0.2, 0.8) * room.depth,
                  draw(r, 1.2, 1.7)};
    light.radius = window ? draw(r, 0.3, 0.5) : draw(r, 0.06, 0.3);
    // Brightness is set for the middle of the room, so that large rooms are not dark.
    const float reach = light.at.z * light.at.z + 0.06f * (room.width * room.width + room.depth * room.depth);
    light.power = light_color(warmth + r.uniform(-0.25, 0.25)) *
                  (level * reach * draw(r, 0.6, 1.0) / static_cast<float>(lamps));
    s.lights.push_back(light);
  }
  s.ambient = light_color(warmth * 0.6) * (level * draw(r, 0.22, 0.5));
  return s;
}

Object target_can(Random& r) {
  Object o;
  o.yaw = draw(r, 0, 2 * kPi);
  o.gloss = draw(r, 0.35, 0.9);
  return o;
}

Object random_distractor(Distractor kind, Random& r) {
  Object o;
  if (kind == Distractor::kSameShape) {
    o.label = static_cast<int>(r.integer(1, kLabelCount - 1));
    o.yaw = draw(r, 0, 2 * kPi);
    o.gloss = draw(r, 0.35, 0.9);
    o.name = "other can";
    return o;
  }
  static const Shape kSolids[] = {Shape::kBox, Shape::kSphere, Shape::kCone, Shape::kCylinder};
  // A red cylinder of the can's size would be a can without print; red things take the other shapes.
  set_solid(o, kSolids[r.integer(0, kind == Distractor::kSameColor ? 2 : 3)], r);
  o.gloss = draw(r, 0.02, 0.6);
  o.pattern = static_cast<int>(r.integer(0, 3));
  if (kind == Distractor::kSameColor) {
    o.color = draw_red(r);
    o.color2 = r.chance(0.5) ? o.color * draw(r, 0.5, 0.9) : f4(draw(r, 0.5, 0.8));
    o.name = "red " + o.name;
  } else {
    o.color = draw_other_color(r);
    o.color2 = draw_other_color(r);
  }
  return o;
}

}  // namespace jetline::sim
