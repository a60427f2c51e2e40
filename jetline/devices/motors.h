// Wheels as a device. write() sets the duty of both motors in one transaction, -1 (full backwards) .. 1 (full
// forwards). Only the safety supervisor holds such an object (robot/supervisor.h); everyone else asks it.
//
// Time: a write returns within 20 ms, done or failed (SafetyLimits::write; a driver bounds its bus accesses,
// for I2C with I2C_TIMEOUT and few retries, because the kernel's own limit is a second). The stop deadline
// counts on it.
//
// Threads: one caller at a time, but emergency_zero() may come from a signal handler or from another thread
// in the middle of anything, also of a write that hangs. Ids: motor.write-failed.
#pragma once

#include "jetline/base/status.h"

namespace jetline {

class WheelMotors {
 public:
  virtual ~WheelMotors() = default;
  // Both values finite and within -1..1.
  virtual Status write(float left, float right) = 0;
  // Last resort: stop both motors using only async-signal-safe calls and no lock; may fail silently.
  virtual void emergency_zero() noexcept = 0;
};

}  // namespace jetline
