// The last write of a dying process. While an EmergencyStop lives, its motors are zeroed when the process
// gets a signal that would end it (SIGSEGV, SIGBUS, SIGABRT, SIGHUP, SIGTERM, SIGUSR1 and their kin, as far
// as nobody else handles or ignores them), calls exit(), quick_exit() or std::terminate; the signal then
// takes its usual course. It is the last write: from that moment on begin_motion() refuses, and a write that
// was already under way is waited for (50 ms at most) and followed by zero once more. Ctrl-Z (SIGTSTP,
// SIGTTIN, SIGTTOU) freezes every thread, the supervisor's too: the wheels are zeroed before that, and motion
// is refused until the process goes on. A program with handlers of its own for SIGINT and SIGTERM ends its
// loop and shuts the supervisor down; when it wants to leave at once, it calls emergency_stop_all() first.
// SIGKILL, SIGSTOP, _exit() and power loss cannot be caught: a service's ExecStopPost and, where the board
// has one, its hardware watchdog cover them.
//
// Threads: construct and destroy on any thread; up to 8 at a time (more are ignored: `active()` says so).
#pragma once

#include <memory>

#include "jetline/devices/motors.h"

namespace jetline {

class EmergencyStop {
 public:
  explicit EmergencyStop(WheelMotors& motors);  // must outlive this object
  ~EmergencyStop();
  EmergencyStop(const EmergencyStop&) = delete;
  EmergencyStop& operator=(const EmergencyStop&) = delete;
  bool active() const { return slot_ >= 0; }

  // Brackets each write that may turn a wheel. False: the process is dying or about to be frozen; write zero
  // instead, and do not call end_motion(). One thread at a time.
  bool begin_motion() const noexcept;
  void end_motion() const noexcept;

 private:
  int slot_ = -1;
};

// Calls emergency_zero() of all registered motors, and nothing moves in this process ever after.
// Async-signal-safe.
void emergency_stop_all() noexcept;

// While it lives, signal handlers of the constructing thread have a stack of their own, so that they run even
// when the thread's stack is what overflowed. Does nothing where there is one already.
class SignalStack {
 public:
  SignalStack();
  ~SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  std::unique_ptr<char[]> memory_;
};

}  // namespace jetline
