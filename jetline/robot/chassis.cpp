#include "jetline/robot/chassis.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

constexpr double kChassisPi = 3.14159265358979323846;
constexpr double kSlowest = 0.001;  // m/s

double duty_of_speed(const Chassis& c, double speed) {
  if (std::fabs(speed) < kSlowest) return 0;
  const double d = c.dead_band + (1 - c.dead_band) * std::fabs(speed) / c.max_wheel_speed;
  return speed > 0 ? d : -d;
}

double speed_of_duty(const Chassis& c, double duty) {
  const double s = std::max(std::fabs(duty) - c.dead_band, 0.0) / (1 - c.dead_band) * c.max_wheel_speed;
  return duty > 0 ? s : -s;
}

}  // namespace

WheelDuty duty_for(const Chassis& c, const Twist& t) {
  double left = t.v - t.w * c.wheel_separation / 2, right = t.v + t.w * c.wheel_separation / 2;
  const double most = std::max(std::fabs(left), std::fabs(right));
  if (most > c.max_wheel_speed) left *= c.max_wheel_speed / most, right *= c.max_wheel_speed / most;
  return {static_cast<float>(duty_of_speed(c, left)), static_cast<float>(duty_of_speed(c, right))};
}

Twist twist_for(const Chassis& c, const WheelDuty& d) {
  const double left = speed_of_duty(c, static_cast<double>(d.left)),
               right = speed_of_duty(c, static_cast<double>(d.right));
  return {(left + right) / 2, (right - left) / c.wheel_separation};
}

Pose2 advance(const Pose2& p, const Twist& t, double dt) {
  const double turn = t.w * dt;
  // The chord of the arc: exact for constant v and w.
  const double half = turn / 2;
  const double chord = std::fabs(half) < 1e-6 ? t.v * dt : t.v * dt * std::sin(half) / half;
  return {p.x + chord * std::cos(p.yaw + half), p.y + chord * std::sin(p.yaw + half),
          wrap_angle(p.yaw + turn)};
}

double wrap_angle(double a) {
  a = std::remainder(a, 2 * kChassisPi);
  return a <= -kChassisPi ? kChassisPi : a;
}

}  // namespace jetline
