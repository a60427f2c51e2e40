#include "jetline/devices/fake_motors.h"

namespace jetline {

Status FakeMotors::write(float left, float right) {
  const bool fail = log_.fail.load();
  std::lock_guard<std::mutex> lock(log_.mutex);
  log_.writes.push_back({clock_.now(), left, right, fail});
  if (fail) {
    return Status::missing("motor.write-failed", "the motor driver did not acknowledge",
                           "check the wiring and the battery");
  }
  return Status();
}

}  // namespace jetline
