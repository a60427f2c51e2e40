// One search for the can: a room, a start, and what happened in the end. make_episode() draws them from a
// seed; a draw without a free path is drawn again by it. Free path: turning on the spot at the start and
// driving straight towards the can until 0.15 m before it keeps the robot's circle `clearance` away from
// walls and distractors. (The can may still be hidden behind a distractor beside the path: seeing it is the
// robot's business.)
#pragma once

#include <string>
#include <vector>

#include "jetline/robot/chassis.h"
#include "jetline/sim/diff_drive.h"
#include "jetline/sim/scene.h"
#include "jetline/sim/sensor.h"

namespace jetline::sim {

constexpr double kReachMin = 0.15,
                 kReachMax = 0.35;    // m, gap between robot and can that counts as "in front of it"
constexpr double kReachAngle = 0.35;  // rad: and the robot must face it

struct Episode {
  uint64_t seed = 0;
  Scene scene;
  Chassis chassis;
  MotorFaults motors;
  SensorSettings sensor;
  Pose2 start;
  int redraws = 0;  // draws without a free path before this one
};

struct EpisodeOptions {
  double min_distance = 0.8, max_distance = 3.0;  // of the can's axis from the middle of the robot
  int max_distractors = 3;
  double clearance = 0.04;
};
Episode make_episode(uint64_t seed, const Chassis& chassis, const EpisodeOptions& options = {});

// Whether the straight path of `episode` is free, see above.
bool has_free_path(const Episode& episode, double clearance);

// From the foremost point of the robot's circle (the way it looks) to the can's surface, metres.
double front_gap(const Chassis& chassis, const Pose2& pose, const Object& can);
// Angle between the robot's heading and the can, radians.
double facing_error(const Pose2& pose, const Object& can);
// Whether the robot's circle at `pose` touches a wall or an object (the can included).
bool collides(const Scene& scene, const Chassis& chassis, const Pose2& pose);
// Index of the touched object, -1 a wall, -2 nothing.
int touched(const Scene& scene, const Chassis& chassis, const Pose2& pose);

}  // namespace jetline::sim
