#include "jetline/sim/view_random.h"

#include <algorithm>

namespace jetline::sim {
namespace {

float view_draw(Random& r, double lo, double hi) {
  return static_cast<float>(r.uniform(lo, hi));
}
double log_uniform(Random& r, double lo, double hi) {
  return lo * std::pow(hi / lo, r.uniform());
}

constexpr float kViewGap = 0.01f;    // between objects
constexpr float kCameraGap = 0.09f;  // between an object and the lens

// Puts `o` at distance and bearing from the camera; false when it would stand in a wall, an object or the
// lens.
bool place(Scene& scene, const CameraPose& pose, Object o, double distance, double bearing) {
  o.x = pose.at.x + static_cast<float>(distance * std::cos(pose.yaw + bearing));
  o.y = pose.at.y + static_cast<float>(distance * std::sin(pose.yaw + bearing));
  if (distance < o.footprint() + kCameraGap || !is_free(scene, o.x, o.y, o.footprint(), kViewGap))
    return false;
  scene.objects.push_back(o);
  return true;
}

// Half of the horizontal angle of view.
double half_view(const Lens& lens) {
  return lens.bearing(lens.width, lens.cy);
}

void add_distractors(Scene& scene, const CameraPose& pose, const Lens& lens, Random& r) {
  const int count = static_cast<int>(r.integer(0, 3));
  const bool color_first = r.chance(0.5);
  const double half = half_view(lens);
  for (int i = 0; i < count; ++i) {
    const Distractor kind = i == 2                    ? Distractor::kAny
                            : (i == 0) == color_first ? Distractor::kSameColor
                                                      : Distractor::kSameShape;
    const bool in_front = scene.target >= 0 && r.chance(0.3);
    for (int attempt = 0; attempt < 12; ++attempt) {
      const Object o = random_distractor(kind, r);
      double distance = log_uniform(r, 0.25, 4), bearing = r.uniform(-half, half) * 1.05;
      if (in_front) {  // so that it hides the can's side
        const Object& can = scene.objects[static_cast<size_t>(scene.target)];
        const double dx = can.x - pose.at.x, dy = can.y - pose.at.y, d = std::hypot(dx, dy);
        distance = d * r.uniform(0.4, 0.95);
        const double touching = std::atan2(can.radius, d) + std::atan2(o.footprint(), distance);
        bearing = std::remainder(std::atan2(dy, dx) - pose.yaw, 2 * kPi) +
                  (r.chance(0.5) ? 1 : -1) * touching * r.uniform(0.5, 1.1);
      }
      if (place(scene, pose, o, distance, bearing)) break;
    }
  }
}

}  // namespace

bool is_free(const Scene& scene, float x, float y, float r, float gap) {
  if (x < r + gap || y < r + gap || x > scene.room.width - r - gap || y > scene.room.depth - r - gap)
    return false;
  for (const Object& o : scene.objects) {
    if (std::hypot(o.x - x, o.y - y) < o.footprint() + r + gap) return false;
  }
  return true;
}

SensorSettings random_sensor(Random& r, double scale) {
  SensorSettings s;
  const auto k = static_cast<float>(scale);
  s.key = view_draw(r, 0.11, 0.30);
  s.motion_x = r.chance(0.5) ? 0 : k * static_cast<float>(r.uniform(0, 1) * r.uniform(0, 12));
  s.blur = k * view_draw(r, 0.3, 0.75);
  s.vignette = view_draw(r, 0, 0.45);
  s.noise = static_cast<float>(log_uniform(r, 0.006, 0.06));
  for (int i = 0; i < 3; ++i) s.white_balance[i] = view_draw(r, 0.92, 1.08);
  s.contrast = view_draw(r, 0.85, 1.2);
  return s;
}

View random_view(const Lens& lens, const ViewOptions& options, Random& r) {
  View v;
  // Heights in the picture are drawn evenly on a logarithmic scale: as many cans of 10 to 20 as of 200 to 400
  // px.
  const double height = log_uniform(r, options.min_height_px * 1.02, 0.95 * lens.height);
  const double distance = std::max(lens.f * kCanHeight / height, kCanRadius + 0.1);
  for (;;) {
    v.scene = random_room(r, distance > 3.5 ? 5.0f : 2.6f, distance > 3.5 ? 9.0f : 7.0f);
    CameraPose& p = v.pose;
    p.at = {view_draw(r, 0.12, v.scene.room.width - 0.12), view_draw(r, 0.12, v.scene.room.depth - 0.12),
            view_draw(r, 0.07, 0.16)};
    p.yaw = view_draw(r, -kPi, kPi);
    p.pitch = view_draw(r, -0.2, 0.1);
    p.roll = static_cast<float>(r.normal(0, 0.02));
    if (!options.with_can) break;
    const Object can = target_can(r);
    if (!place(v.scene, p, can, distance, r.uniform(-1, 1) * half_view(lens))) continue;
    v.scene.target = 0;
    break;
  }
  add_distractors(v.scene, v.pose, lens, r);
  v.sensor = random_sensor(r, lens.width / 640.0);
  return v;
}

}  // namespace jetline::sim
