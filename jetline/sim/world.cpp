#include "jetline/sim/world.h"

#include <algorithm>
#include <cmath>

namespace jetline::sim {
namespace {
constexpr Nanos kPhysicsStep = 5 * kMillisecond;
constexpr Nanos kPathStep = 50 * kMillisecond;
constexpr double kShutter = 0.008;  // s
}  // namespace

World::World(const Episode& e, Nanos now) : episode_(e), drive_(e.chassis, e.motors, e.start), now_(now) {
  moments_[next_++] = {now, e.start, {}};
  kept_ = 1;
  path_.push_back({now, e.start});
}

void World::advance_to(Nanos to) {
  std::lock_guard<std::mutex> lock(mutex_);
  while (now_ < to) {
    const Nanos step = std::min(kPhysicsStep, to - now_);
    const Pose2 before = drive_.pose();
    WheelDuty duty;
    {
      std::lock_guard<std::mutex> duty_lock(duty_mutex_);
      duty = duty_;
    }
    drive_.step(static_cast<double>(step) / kSecond, duty);
    now_ += step;
    const int touch = touched(episode_.scene, episode_.chassis, drive_.pose());
    if (touch != -2) {
      if (!touching_) {
        ++collisions_;
        if (touched_first_ == -2) touched_first_ = touch;
      }
      drive_.set_pose({before.x, before.y, drive_.pose().yaw});
      drive_.halt();
    }
    // One collision lasts until there is daylight again, however the wheels push meanwhile.
    Chassis wider = episode_.chassis;
    wider.radius += 0.005;
    touching_ = touch != -2 || (touching_ && collides(episode_.scene, wider, drive_.pose()));
    moments_[next_] = {now_, drive_.pose(), drive_.twist()};
    next_ = (next_ + 1) % moments_.size();
    kept_ = std::min(kept_ + 1, moments_.size());
    if (now_ - path_.back().time >= kPathStep) path_.push_back({now_, drive_.pose()});
  }
}

void World::set_duty(const WheelDuty& duty) {
  std::lock_guard<std::mutex> lock(duty_mutex_);
  duty_ = duty;
}

Pose2 World::pose() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return drive_.pose();
}

Twist World::twist() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return drive_.twist();
}

Pose2 World::pose_at(Nanos time, Twist* twist) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Moment* best = nullptr;
  for (size_t i = 1; i <= kept_; ++i) {
    best = &moments_[(next_ + moments_.size() - i) % moments_.size()];
    if (best->time <= time) break;
  }
  if (twist) *twist = best->twist;
  return best->pose;
}

int World::collisions() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return collisions_;
}

int World::touched_first() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return touched_first_;
}

std::vector<PathPoint> World::path() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return path_;
}

Status SimMotors::write(float left, float right) {
  world_.set_duty({left, right});
  return Status();
}

CameraPose camera_pose(const Chassis& c, const Pose2& b) {
  CameraPose p;
  p.at = {static_cast<float>(b.x + c.camera_forward * std::cos(b.yaw)),
          static_cast<float>(b.y + c.camera_forward * std::sin(b.yaw)), static_cast<float>(c.camera_height)};
  p.yaw = static_cast<float>(b.yaw);
  p.pitch = static_cast<float>(c.camera_pitch);
  return p;
}

SimEye::SimEye(const Lens& lens, const Episode& e)
    : episode_(e), renderer_(lens), random_(Random(e.seed).fork(77)) {
  renderer_.set_scene(e.scene);
}

void SimEye::expose(const Pose2& body, const Twist& twist, Image& out) {
  renderer_.render(camera_pose(episode_.chassis, body));
  SensorSettings s = episode_.sensor;
  const Lens& lens = renderer_.lens();
  s.blur *= static_cast<float>(lens.width) / 640;
  s.motion_x = static_cast<float>(std::fabs(twist.w) * kShutter * lens.f);
  sensor_.develop(renderer_.radiance(), lens.width, lens.height, s, random_, out);
}

}  // namespace jetline::sim
