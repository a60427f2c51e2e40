// Wheels as a device. write() sets the duty of both motors in one transaction, -1 (full backwards) .. 1 (full
// forwards). Only the safety supervisor holds such an object (robot/supervisor.h); everyone else asks it.
//
// Threads: one caller at a time, but emergency_zero() may come from a signal handler in the middle of
// anything. Ids: motor.write-failed.
#pragma once

#include "jetline/base/status.h"

namespace jetline {

class WheelMotors {
 public:
  virtual ~WheelMotors() = default;
  // Both values finite and within -1..1.
  virtual Status write(float left, float right) = 0;
  // Last resort of a dying process: stop both motors using only async-signal-safe calls; may fail silently.
  virtual void emergency_zero() noexcept = 0;
};

}  // namespace jetline
