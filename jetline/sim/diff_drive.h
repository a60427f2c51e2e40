// How a real differential-drive robot answers to duty: each motor has its own dead band, gain and lag, and
// the wheels slip a little. Integrated exactly along arcs. A value; one thread.
#pragma once

#include "jetline/base/random.h"
#include "jetline/robot/chassis.h"

namespace jetline::sim {

struct MotorFaults {
  double dead_band[2] = {0.09, 0.09};  // left, right
  double gain[2] = {1, 1};
  double lag = 0.08;  // s
};
MotorFaults random_motor_faults(Random& random);

class DiffDrive {
 public:
  DiffDrive() = default;
  DiffDrive(const Chassis& chassis, const MotorFaults& faults, const Pose2& start);
  // Moves for `seconds` under `duty`.
  void step(double seconds, const WheelDuty& duty);
  const Pose2& pose() const { return pose_; }
  Twist twist() const;
  void halt() { speed_[0] = speed_[1] = 0; }  // ran into something
  void set_pose(const Pose2& pose) { pose_ = pose; }

 private:
  Chassis chassis_;
  MotorFaults faults_;
  Pose2 pose_;
  double speed_[2] = {0, 0};
};

}  // namespace jetline::sim
