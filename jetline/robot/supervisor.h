// The safety supervisor: owner of the only handle that can move the wheels. Everyone else reports to it: the
// camera each frame, the control loop each command. At every tick (5 ms) it decides whether the last command
// may stand, and writes it or zero. It passes motion only while all of these hold:
//
//   armed            arm() was called, and neither shutdown() nor a motor fault since
//   heartbeat        the last command was issued and came within the limit
//   camera           the last *fresh* frame (new number, later time, pixels unlike those of the last 16 fresh
//   ones)
//                    came within the limit
//   knowledge        the command rests on a frame, which was exposed within the limit
//   sense            both duties are finite numbers
//
// A time in the future is a broken clock and counts as too old. limit = stop_deadline - 2 ticks - the longest
// write (20 ms), so that zero is on the wire within stop_deadline (250 ms) after the last good event even
// when a tick comes late and the bus is slow. A failed write, or the third slower one in a row, stops and
// stays stopped (motor fault) until clear_fault() finds that zero can be written; meanwhile every tick tries
// to write zero. shutdown() and the destructor write zero last; for death by signal see emergency_stop.h.
//
// Who watches the supervisor: once start() has been called, on_frame() and command() look when it last
// finished a tick. Half a stop deadline without one (its thread hangs in a write, or gets no time), and they
// call the motors' emergency_zero() themselves, each time.
//
// Time comes from a Clock; tick() can be called by hand (simulated time, tests) or by the supervisor's own
// thread (start(); real-time priority where the system allows it). Threads: all functions may be called from
// any thread, except that start(), shutdown() and destruction are one owner's business.
#pragma once

#include <array>
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
  Nanos write = 20 * kMillisecond;  // a write that takes longer is slow
  // An unchanged command is written again this often: heals a driver's reset.
  Nanos reassert = 50 * kMillisecond;
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
  int64_t slow_writes = 0;
  int64_t stalls = 0;         // times that frames and commands found the supervisor's thread not ticking
  bool zero_written = false;  // the last write was zero, and succeeded
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
  // Zero now, and no motion ever after. Ends the thread. The last write is zero; while the bus fails it is
  // tried again at every tick for a stop deadline (three times without a thread); report().zero_written says
  // how it ended.
  void shutdown();

  Status start();  // own thread; at most once. Ids: robot.no-thread
  void tick();     // one decision

  SupervisorReport report() const;
  // Never wait: the cause of the last tick, and whether the thread was last found not ticking.
  StopCause cause() const { return cause_.load(); }
  bool stalled() const { return stalled_.load(); }
  // Duties in force. Does not wait for a write under way.
  void applied(float& left, float& right) const;

 private:
  struct Inputs {
    bool any_frame = false, any_command = false;
    FrameStamp frame;
    Nanos frame_arrived = 0, fresh_arrived = 0, command_arrived = 0;
    WheelCommand command;
  };
  StopCause judge(const Inputs& in, Nanos now) const;
  Status write_locked(float left, float right);
  void set_cause(StopCause cause);
  void watch_supervisor(Nanos now);

  std::unique_ptr<WheelMotors> motors_;
  const EmergencyStop emergency_;  // the motors' last word when the process dies
  Clock& clock_;
  const SafetyLimits limits_;
  mutable std::mutex input_mutex_;
  Inputs in_;
  std::array<uint64_t, 16>
      seen_{};  // fingerprints of fresh frames: a driver that stalls hands out its buffers in turn
  size_t seen_count_ = 0;
  int64_t repeated_frames_ = 0;
  float applied_left_ = 0, applied_right_ = 0;  // as left_ and right_
  mutable std::mutex motor_mutex_;              // guards all below; may be held during a write
  bool armed_ = false, fault_ = false, down_ = false;
  int slow_in_a_row_ = 0;
  SupervisorReport report_;
  float left_ = 0, right_ = 0;
  Nanos written_at_ = 0;
  bool ever_written_ = false;
  uint64_t last_frame_used_ = 0;
  std::thread thread_;
  std::atomic<bool> stop_thread_{false}, threaded_{false}, stalled_{false};
  std::atomic<Nanos> ticked_{0};
  std::atomic<int64_t> stalls_{0};
  std::atomic<StopCause> cause_{StopCause::kNotArmed};
};

// A number that changes with nearly every change of the pixels: 4096 samples spread over the picture, hashed.
// Two exposures of a real sensor differ by their noise; equal fingerprints mean the same memory was delivered
// again.
uint64_t frame_fingerprint(const ImageView& image);

}  // namespace jetline
