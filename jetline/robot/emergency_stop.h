// The last write of a dying process. While an EmergencyStop lives, its motors are zeroed when the process
// gets a deadly signal (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGHUP), calls exit() or
// std::terminate; the signal then takes its usual course. SIGINT and SIGTERM are the program's to handle (it
// ends its loop and shuts the supervisor down); a program that wants to leave at once calls
// emergency_stop_all() first. SIGKILL and power loss cannot be caught: a service's ExecStopPost and, where
// the board has one, its hardware watchdog cover them.
//
// Threads: construct and destroy on any thread; up to 8 at a time (more are ignored: `active()` says so).
#pragma once

#include "jetline/devices/motors.h"

namespace jetline {

class EmergencyStop {
 public:
  explicit EmergencyStop(WheelMotors& motors);  // must outlive this object
  ~EmergencyStop();
  EmergencyStop(const EmergencyStop&) = delete;
  EmergencyStop& operator=(const EmergencyStop&) = delete;
  bool active() const { return slot_ >= 0; }

 private:
  int slot_ = -1;
};

// Calls emergency_zero() of all registered motors. Async-signal-safe.
void emergency_stop_all() noexcept;

}  // namespace jetline
