// The safety supervisor: owner of the only handle that can move the wheels. Everyone else reports to it: the
// camera each frame, the control loop each command. At every tick (5 ms) it decides whether the last command
// may stand, and writes it or zero. It passes motion only while all of these hold:
//
//   armed            arm() was called, and neither shutdown() nor a motor fault since
//   heartbeat        the last command is younger than the limit
//   camera           the last *fresh* frame (new number, later time, other pixels) came within the limit
//   knowledge        the frame that the command rests on was exposed within the limit
//   sense            both duties are finite numbers
//
// limit = stop_deadline - 4 ticks, so that zero is on the wire within stop_deadline (250 ms) after the last
// good event even when a tick comes late. A failed write stops and stays stopped (motor fault) until
// clear_fault() finds that zero can be written; meanwhile every tick tries to write zero. shutdown() and the
// destructor write zero last; for death by signal see emergency_stop.h.
//
// Time comes from a Clock; tick() can be called by hand (simulated time, tests) or by the supervisor's own
// thread (start(); real-time priority where the system allows it). Threads: all functions may be called from
// any thread, except that start(), shutdown() and destruction are one owner's business.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "jetline/base/clock.h"
#include "jetline/devices/motors.h"
#include "jetline/robot/command.h"
#include "jetline/robot/emergency_stop.h"
#include "jetline/robot/histogram.h"
#include "jetline/vision/image.h"

namespace jetline {

struct SafetyLimits {
  Nanos stop_deadline = 250 * kMillisecond;
  Nanos tick = 5 * kMillisecond;
  Nanos reassert =
      50 * kMillisecond;  // an unchanged command is written again this often: heals a driver's reset
};

enum class StopCause {
  kNone,  // the last command stands
  kNotArmed,
  kNoHeartbeat,      // the control loop hangs or has not begun
  kNoFrames,         // the camera delivers nothing
  kFrozenFrames,     // the camera delivers the same frame again and again
  kStaleDetections,  // frames come, but decisions rest on old ones
  kBadCommand,       // not a number
  kMotorFault,
  kShutdown,
};
const char* stop_cause_name(StopCause cause);

struct SupervisorReport {
  StopCause cause = StopCause::kNotArmed;
  Status motor_status;  // of the last failed write
  int64_t ticks = 0, writes = 0, failed_writes = 0;
  int64_t stops = 0;  // changes from motion to a stop by a cause other than a command of zero
  int64_t bad_commands = 0, repeated_frames = 0;
  DurationHistogram glass_to_wheel;  // exposure of a frame until the first write that rests on it
  bool real_time_priority = false;
};

class Supervisor {
 public:
  Supervisor(std::unique_ptr<WheelMotors> motors, Clock& clock, const SafetyLimits& limits = {});
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Reports from the robot's other parts.
  void on_frame(const FrameStamp& frame);
  void command(const WheelCommand& command);

  void arm();  // allows motion; begins with zero until fresh frames and commands are there
  // Tries to write zero; when that works and no new fault came, motion needs arm() again. Returns the write's
  // Status.
  Status clear_fault();
  // Zero now, and no motion ever after. Ends the thread. The last write is zero.
  void shutdown();

  void start();  // own thread; at most once
  void tick();   // one decision

  SupervisorReport report() const;
  // Duties in force.
  void applied(float& left, float& right) const;

 private:
  struct Inputs {
    bool any_frame = false, any_command = false;
    FrameStamp frame;
    Nanos frame_arrived = 0, fresh_arrived = 0;
    WheelCommand command;
  };
  StopCause judge(const Inputs& in, Nanos now) const;
  Status write_locked(float left, float right, Nanos now);

  std::unique_ptr<WheelMotors> motors_;
  const EmergencyStop emergency_;  // the motors' last word when the process dies
  Clock& clock_;
  const SafetyLimits limits_;
  mutable std::mutex input_mutex_;
  Inputs in_;
  int64_t repeated_frames_ = 0;
  mutable std::mutex motor_mutex_;  // guards all below
  bool armed_ = false, fault_ = false, down_ = false;
  SupervisorReport report_;
  float left_ = 0, right_ = 0;
  Nanos written_at_ = 0;
  bool ever_written_ = false;
  uint64_t last_frame_used_ = 0;
  std::thread thread_;
  std::atomic<bool> stop_thread_{false};
};

// A number that changes with nearly every change of the pixels: 4096 samples spread over the picture, hashed.
// Two exposures of a real sensor differ by their noise; equal fingerprints mean the same memory was delivered
// again.
uint64_t frame_fingerprint(const ImageView& image);

}  // namespace jetline
