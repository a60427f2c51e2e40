// The robot's body as the controller knows it: differential drive, and how a wanted motion becomes duty.
// Values; thread-safe.
//
// JetBot: wheel separation 0.1016 m, wheel diameter 0.060325 m, 200 rpm without load, hence 0.632 m/s
// (figures of jetbot_ros). The dead band (duty below which a geared motor does not turn) differs from motor
// to motor; 0.09 is the middle of what such gear motors show and the simulator draws others around it.
#pragma once

#include "jetline/robot/command.h"

namespace jetline {

struct Chassis {
  double wheel_separation = 0.1016;  // m
  double max_wheel_speed = 0.632;    // m/s at duty 1
  double dead_band = 0.09;           // duty
  double radius = 0.085;             // m; the circle around the middle of the axle that holds the whole robot
  double camera_forward = 0.055;     // m from the middle of the axle to the lens
  double camera_height = 0.10;       // m
  double camera_pitch = -0.06;       // radians, upwards
};

struct WheelDuty {
  float left = 0, right = 0;
};

// Duty that gives `twist`. When a wheel would need more than duty 1, both are scaled so that the curve stays
// the same. Wheel speeds under 1 mm/s become zero.
WheelDuty duty_for(const Chassis& chassis, const Twist& twist);
// The motion that `duty` should give once the motors have settled: the inverse, for dead reckoning.
Twist twist_for(const Chassis& chassis, const WheelDuty& duty);

// Position on the floor and heading: metres, radians, counter-clockwise.
struct Pose2 {
  double x = 0, y = 0, yaw = 0;
};
// `pose` after moving with `twist` for `seconds` along a circle.
Pose2 advance(const Pose2& pose, const Twist& twist, double seconds);
// To (-pi, pi].
double wrap_angle(double a);

}  // namespace jetline
