#include "jetline/sim/diff_drive.h"

#include <algorithm>
#include <cmath>

namespace jetline::sim {

MotorFaults random_motor_faults(Random& r) {
  MotorFaults f;
  for (int i = 0; i < 2; ++i) {
    f.dead_band[i] = r.uniform(0.06, 0.12);
    f.gain[i] = r.uniform(0.93, 1.07);
  }
  f.lag = r.uniform(0.05, 0.12);
  return f;
}

DiffDrive::DiffDrive(const Chassis& chassis, const MotorFaults& faults, const Pose2& start)
    : chassis_(chassis), faults_(faults), pose_(start) {}

void DiffDrive::step(double dt, const WheelDuty& duty) {
  const double d[2] = {static_cast<double>(duty.left), static_cast<double>(duty.right)};
  const double follow = 1 - std::exp(-dt / faults_.lag);
  const Twist before = twist();
  for (int i = 0; i < 2; ++i) {
    const double band = faults_.dead_band[i];
    const double power = std::max(std::min(std::fabs(d[i]), 1.0) - band, 0.0) / (1 - band);
    const double goal = std::copysign(power * chassis_.max_wheel_speed * faults_.gain[i], d[i]);
    speed_[i] += (goal - speed_[i]) * follow;
  }
  const Twist after = twist();
  pose_ = advance(pose_, {(before.v + after.v) / 2, (before.w + after.w) / 2}, dt);
}

Twist DiffDrive::twist() const {
  return {(speed_[0] + speed_[1]) / 2, (speed_[1] - speed_[0]) / chassis_.wheel_separation};
}

}  // namespace jetline::sim
