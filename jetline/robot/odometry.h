// Where the robot should be by the commands it was given: duty is turned into motion with the chassis model
// and a first-order motor lag. Drifts, but over a second it is good enough to say where the robot was when a
// frame was exposed and to carry a target from that moment to now.
//
// Threads: one. No errors.
#pragma once

#include <array>

#include "jetline/robot/chassis.h"

namespace jetline {

class Odometry {
 public:
  explicit Odometry(const Chassis& chassis, double lag_seconds = 0.08)
      : chassis_(chassis), lag_(lag_seconds) {}

  // `duty` was in force since the last call until `now`.
  void update(Nanos now, const WheelDuty& duty);
  const Pose2& pose() const { return pose_; }
  const Twist& twist() const { return twist_; }
  // Pose at an earlier time, interpolated; the oldest one kept when `t` lies before it (about 2 s at 30 Hz).
  Pose2 pose_at(Nanos t) const;

 private:
  struct Stamped {
    Nanos time = 0;
    Pose2 pose;
  };
  Chassis chassis_;
  double lag_;
  bool begun_ = false;
  Nanos now_ = 0;
  Pose2 pose_;
  Twist twist_;
  std::array<Stamped, 64> history_;
  size_t next_ = 0, kept_ = 0;
};

}  // namespace jetline
