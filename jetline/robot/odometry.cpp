#include "jetline/robot/odometry.h"

#include <algorithm>
#include <cmath>

namespace jetline {

void Odometry::update(Nanos now, const WheelDuty& duty) {
  if (begun_ && now > now_) {
    const double dt = static_cast<double>(now - now_) / kSecond;
    const Twist goal = twist_for(chassis_, duty);
    const double follow = 1 - std::exp(-dt / lag_);
    const Twist before = twist_;
    twist_.v += (goal.v - twist_.v) * follow;
    twist_.w += (goal.w - twist_.w) * follow;
    pose_ = advance(pose_, {(before.v + twist_.v) / 2, (before.w + twist_.w) / 2}, dt);
  }
  begun_ = true;
  now_ = now;
  history_[next_] = {now, pose_};
  next_ = (next_ + 1) % history_.size();
  kept_ = std::min(kept_ + 1, history_.size());
}

Pose2 Odometry::pose_at(Nanos t) const {
  if (kept_ == 0) return pose_;
  Stamped later = history_[(next_ + history_.size() - 1) % history_.size()];
  if (t >= later.time) return later.pose;
  for (size_t i = 2; i <= kept_; ++i) {
    const Stamped& s = history_[(next_ + history_.size() - i) % history_.size()];
    if (s.time <= t) {
      const double f = later.time > s.time
                           ? static_cast<double>(t - s.time) / static_cast<double>(later.time - s.time)
                           : 0;
      return {s.pose.x + f * (later.pose.x - s.pose.x), s.pose.y + f * (later.pose.y - s.pose.y),
              wrap_angle(s.pose.yaw + f * wrap_angle(later.pose.yaw - s.pose.yaw))};
    }
    later = s;
  }
  return later.pose;
}

}  // namespace jetline
