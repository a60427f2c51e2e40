// What the robot wants to do, once per control period. A behaviour sees the newest percept and where the
// robot believes itself to be, and answers with a motion; it knows nothing of motors, threads or clocks.
//
// Threads: one.
#pragma once

#include "jetline/robot/command.h"
#include "jetline/robot/odometry.h"

namespace jetline {

struct BehaviourInput {
  Nanos now = 0;
  double period = 1.0 / 30;          // seconds since the last step
  const Percept* percept = nullptr;  // newest; may be the same as in the last step
  const Odometry* odometry = nullptr;
};

class Behaviour {
 public:
  virtual ~Behaviour() = default;
  virtual Twist step(const BehaviourInput& in) = 0;
  virtual bool done() const = 0;
  virtual const char* state_name() const = 0;
};

}  // namespace jetline
