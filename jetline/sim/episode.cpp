#include "jetline/sim/episode.h"

#include <algorithm>
#include <cmath>

#include "jetline/sim/view_random.h"

namespace jetline::sim {
namespace {

// Distance from (x, y) to the object's outline on the floor; below 0 inside.
double outline_distance(const Object& o, double x, double y) {
  const double dx = x - static_cast<double>(o.x), dy = y - static_cast<double>(o.y);
  if (o.shape != Shape::kBox) return std::hypot(dx, dy) - static_cast<double>(o.radius);
  const double c = std::cos(static_cast<double>(o.yaw)), s = std::sin(static_cast<double>(o.yaw));
  const double qx = std::fabs(dx * c + dy * s) - static_cast<double>(o.hx),
               qy = std::fabs(-dx * s + dy * c) - static_cast<double>(o.hy);
  return std::hypot(std::max(qx, 0.0), std::max(qy, 0.0)) + std::min(std::max(qx, qy), 0.0);
}

double wall_distance(const Room& r, double x, double y) {
  return std::min(std::min(x, static_cast<double>(r.width) - x),
                  std::min(y, static_cast<double>(r.depth) - y));
}

bool draw_episode(Random& r, const EpisodeOptions& options, Episode& e) {
  e.scene = random_room(r, 2.6f, 6.0f);
  const Room& room = e.scene.room;
  e.start = {r.uniform(0.3, static_cast<double>(room.width) - 0.3),
             r.uniform(0.3, static_cast<double>(room.depth) - 0.3), r.uniform(-kPi, kPi)};
  const double distance = r.uniform(options.min_distance, options.max_distance),
               direction = r.uniform(-kPi, kPi);
  Object can = target_can(r);
  can.x = static_cast<float>(e.start.x + distance * std::cos(direction));
  can.y = static_cast<float>(e.start.y + distance * std::sin(direction));
  if (wall_distance(room, static_cast<double>(can.x), static_cast<double>(can.y)) < 0.08) return false;
  e.scene.objects.push_back(can);
  e.scene.target = 0;
  const int count = static_cast<int>(r.integer(0, options.max_distractors));
  const bool color_first = r.chance(0.5);
  for (int i = 0; i < count; ++i) {
    const Distractor kind = i >= 2                    ? Distractor::kAny
                            : (i == 0) == color_first ? Distractor::kSameColor
                                                      : Distractor::kSameShape;
    for (int attempt = 0; attempt < 20; ++attempt) {
      Object o = random_distractor(kind, r);
      // Half of them near the can, where they can be mistaken for it.
      const double cx = r.chance(0.5) ? static_cast<double>(can.x) : e.start.x,
                   cy = cx == e.start.x ? e.start.y : static_cast<double>(can.y);
      const double d = r.uniform(0.2, 1.6), a = r.uniform(-kPi, kPi);
      o.x = static_cast<float>(cx + d * std::cos(a));
      o.y = static_cast<float>(cy + d * std::sin(a));
      if (!is_free(e.scene, o.x, o.y, o.footprint(), 0.05f)) continue;
      e.scene.objects.push_back(o);
      break;
    }
  }
  e.motors = random_motor_faults(r);
  e.sensor = random_sensor(r, 1);
  e.sensor.motion_x = 0;  // comes from the robot's own turning
  e.sensor.noise = std::min(e.sensor.noise, 0.04f);
  return true;
}

}  // namespace

bool has_free_path(const Episode& e, double clearance) {
  const Object& can = e.scene.objects[static_cast<size_t>(e.scene.target)];
  const double r = e.chassis.radius + clearance;
  const double dx = static_cast<double>(can.x) - e.start.x, dy = static_cast<double>(can.y) - e.start.y;
  const double whole = std::hypot(dx, dy);
  const double drive = whole - static_cast<double>(can.radius) - kReachMin - e.chassis.radius;
  for (double s = 0; s <= std::max(drive, 0.0); s += 0.01) {
    const double x = e.start.x + dx / whole * s, y = e.start.y + dy / whole * s;
    if (wall_distance(e.scene.room, x, y) < r) return false;
    for (size_t i = 0; i < e.scene.objects.size(); ++i) {
      if (static_cast<int>(i) != e.scene.target && outline_distance(e.scene.objects[i], x, y) < r)
        return false;
    }
  }
  return true;
}

Episode make_episode(uint64_t seed, const Chassis& chassis, const EpisodeOptions& options) {
  Episode e;
  for (int attempt = 0;; ++attempt) {
    e = Episode();
    e.seed = seed;
    e.chassis = chassis;
    e.redraws = attempt;
    Random r = Random(seed).fork(static_cast<uint64_t>(attempt));
    if (draw_episode(r, options, e) && has_free_path(e, options.clearance)) return e;
  }
}

double front_gap(const Chassis& c, const Pose2& p, const Object& can) {
  const double x = p.x + c.radius * std::cos(p.yaw), y = p.y + c.radius * std::sin(p.yaw);
  return std::hypot(static_cast<double>(can.x) - x, static_cast<double>(can.y) - y) -
         static_cast<double>(can.radius);
}

double facing_error(const Pose2& p, const Object& can) {
  return std::fabs(
      wrap_angle(std::atan2(static_cast<double>(can.y) - p.y, static_cast<double>(can.x) - p.x) - p.yaw));
}

int touched(const Scene& scene, const Chassis& c, const Pose2& p) {
  for (size_t i = 0; i < scene.objects.size(); ++i) {
    if (outline_distance(scene.objects[i], p.x, p.y) < c.radius) return static_cast<int>(i);
  }
  return wall_distance(scene.room, p.x, p.y) < c.radius ? -1 : -2;
}

bool collides(const Scene& scene, const Chassis& c, const Pose2& p) {
  return touched(scene, c, p) != -2;
}

}  // namespace jetline::sim
