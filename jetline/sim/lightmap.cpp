#include "jetline/sim/lightmap.h"

#include "jetline/sim/shapes.h"

namespace jetline::sim {
namespace {

constexpr int kLampSide = 4;           // a lamp is a square of 4 x 4 points
constexpr float kPatchPerMetre = 160;  // 6 mm cells

template <typename At>
LightGrid bake_grid(float x0, float y0, float w, float h, float per_metre, const At& at) {
  LightGrid g;
  g.per_metre = per_metre;
  g.x0 = x0;
  g.y0 = y0;
  g.nx = std::max(2, static_cast<int>(std::ceil(w * per_metre)));
  g.ny = std::max(2, static_cast<int>(std::ceil(h * per_metre)));
  g.cell.resize(static_cast<size_t>(g.nx) * static_cast<size_t>(g.ny));
  for (int j = 0; j < g.ny; ++j) {
    for (int i = 0; i < g.nx; ++i) {
      g.cell[static_cast<size_t>(j) * static_cast<size_t>(g.nx) + static_cast<size_t>(i)] = at(
          x0 + (static_cast<float>(i) + 0.5f) / per_metre, y0 + (static_cast<float>(j) + 0.5f) / per_metre);
    }
  }
  return g;
}

// Where two surfaces meet, each hides part of the room from the other.
float corner_shade(float d) {
  return 1 - 0.4f * std::exp(-d * 6);
}

F4 lamp_light(const Light& l, V3 p, V3 n) {
  const V3 d = l.at - p;
  const float d2 = dot(d, d), c = dot(d, n);
  return c > 0 ? l.power * (c / (d2 * std::sqrt(d2) + 0.02f)) : f4(0);
}

// Distance on the floor from (x, y) to the object's foot, 0 inside.
float foot_distance(const Object& o, float x, float y) {
  const float dx = x - o.x, dy = y - o.y;
  if (o.shape == Shape::kBox) {
    const float c = std::cos(o.yaw), s = std::sin(o.yaw);
    const float qx = std::max(std::fabs(dx * c + dy * s) - o.hx, 0.0f),
                qy = std::max(std::fabs(-dx * s + dy * c) - o.hy, 0.0f);
    return std::hypot(qx, qy);
  }
  // A ball touches in one point and a can stands on a narrower foot.
  const float r =
      o.shape == Shape::kSphere ? 0.25f * o.radius : o.radius * (o.shape == Shape::kCan ? 0.85f : 1.0f);
  return std::max(std::hypot(dx, dy) - r, 0.0f);
}

LightGrid bake_patch(const Scene& scene, const Object& o) {
  float x0 = o.x, x1 = o.x, y0 = o.y, y1 = o.y;
  const auto include = [&](float x, float y, float r) {
    x0 = std::min(x0, x - r), x1 = std::max(x1, x + r), y0 = std::min(y0, y - r), y1 = std::max(y1, y + r);
  };
  const float foot = o.footprint();
  include(o.x, o.y, foot + 0.12f);
  for (const Light& l : scene.lights) {
    const float k =
        l.at.z / std::max(l.at.z - o.top(), 0.1f);  // the top's shadow is this much farther from the lamp
    const float far = std::min((k - 1) * std::hypot(o.x - l.at.x, o.y - l.at.y), 1.0f);
    const float a = std::atan2(o.y - l.at.y, o.x - l.at.x);
    include(o.x + far * std::cos(a), o.y + far * std::sin(a), foot * k + (k - 1) * l.radius + 0.03f);
  }
  x0 = std::max(x0, -0.05f), y0 = std::max(y0, -0.05f);
  x1 = std::min(x1, scene.room.width + 0.05f), y1 = std::min(y1, scene.room.depth + 0.05f);
  LightGrid g = bake_grid(x0, y0, x1 - x0, y1 - y0, kPatchPerMetre, [&](float x, float y) {
    const V3 p{x, y, 0.0005f};
    const float contact = std::exp(-foot_distance(o, x, y) / (0.10f * o.top() + 0.01f));
    F4 full = scene.ambient, left = scene.ambient * (1 - 0.75f * contact);
    for (const Light& l : scene.lights) {
      const F4 direct = lamp_light(l, p, {0, 0, 1});
      full += direct;
      int seen = 0;
      for (int i = 0; i < kLampSide * kLampSide; ++i) {
        const float a = (static_cast<float>(i % kLampSide) + 0.5f) / kLampSide - 0.5f;
        const float b = (static_cast<float>(i / kLampSide) + 0.5f) / kLampSide - 0.5f;
        // Every other row of points is shifted, or the penumbra would show four steps.
        const V3 to = l.at + V3{2 * l.radius * (a + (i / kLampSide % 2 ? 0.06f : -0.06f)),
                                2 * l.radius * (b + (i % 2 ? 0.06f : -0.06f)), 0};
        seen += !blocks(o, p, to);
      }
      left += direct * (static_cast<float>(seen) / (kLampSide * kLampSide)) * (1 - 0.25f * contact);
    }
    F4 ratio = left / (full + 1e-6f);
    ratio[3] = 0;
    return ratio;
  });
  // The border must be exactly 1 or the patch would show as a rectangle.
  for (int j = 0; j < g.ny; ++j) {
    for (int i = 0; i < g.nx; ++i) {
      const int edge = std::min(std::min(i, g.nx - 1 - i), std::min(j, g.ny - 1 - j));
      if (edge < 6) {
        F4& c = g.cell[static_cast<size_t>(j) * static_cast<size_t>(g.nx) + static_cast<size_t>(i)];
        c = mix4(f4(1), c, static_cast<float>(edge) / 6);
      }
    }
  }
  return g;
}

}  // namespace

F4 direct_light(const Scene& scene, V3 p, V3 n) {
  F4 sum = f4(0);
  for (const Light& l : scene.lights) sum += lamp_light(l, p, n);
  return sum;
}

void Lightmap::bake(const Scene& scene) {
  const Room& room = scene.room;
  constexpr float kCoarse = 16;  // cells a metre
  floor_ = bake_grid(0, 0, room.width, room.depth, kCoarse, [&](float x, float y) {
    const float shade = corner_shade(std::min(x, room.width - x)) * corner_shade(std::min(y, room.depth - y));
    return direct_light(scene, {x, y, 0}, {0, 0, 1}) * (0.5f + 0.5f * shade) + scene.ambient * shade;
  });
  for (int w = 0; w < 4; ++w) {
    const float side = w < 2 ? room.depth : room.width;
    walls_[w] = bake_grid(0, 0, side, room.height, kCoarse, [&](float s, float z) {
      const V3 p = w < 2 ? V3{w == 0 ? 0 : room.width, s, z} : V3{s, w == 2 ? 0 : room.depth, z};
      const V3 n = w == 0 ? V3{1, 0, 0} : w == 1 ? V3{-1, 0, 0} : w == 2 ? V3{0, 1, 0} : V3{0, -1, 0};
      const float shade =
          corner_shade(z) * corner_shade(std::min(s, side - s)) * corner_shade(room.height - z);
      return direct_light(scene, p, n) * (0.5f + 0.5f * shade) + scene.ambient * shade;
    });
  }
  patches_.clear();
  for (const Object& o : scene.objects) patches_.push_back(bake_patch(scene, o));
}

}  // namespace jetline::sim
