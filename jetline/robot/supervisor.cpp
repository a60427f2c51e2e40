#include "jetline/robot/supervisor.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cmath>

namespace jetline {

const char* stop_cause_name(StopCause cause) {
  switch (cause) {
    case StopCause::kNone:
      return "none";
    case StopCause::kNotArmed:
      return "not-armed";
    case StopCause::kNoHeartbeat:
      return "no-heartbeat";
    case StopCause::kNoFrames:
      return "no-frames";
    case StopCause::kFrozenFrames:
      return "frozen-frames";
    case StopCause::kStaleDetections:
      return "stale-detections";
    case StopCause::kBadCommand:
      return "bad-command";
    case StopCause::kMotorFault:
      return "motor-fault";
    case StopCause::kShutdown:
      return "shutdown";
  }
  return "unknown";
}

uint64_t frame_fingerprint(const ImageView& image) {
  if (image.empty()) return 0;
  constexpr int kSide = 64;
  const int row_bytes = image.width * channels_of(image.format);
  uint64_t h = 1469598103934665603ull;  // FNV-1a
  for (int i = 0; i < kSide; ++i) {
    const uint8_t* row = image.row(static_cast<int>((i + 0.5) * image.height / kSide));
    for (int k = 0; k < kSide; ++k)
      h = (h ^ row[static_cast<int>((k + 0.5) * row_bytes / kSide)]) * 1099511628211ull;
  }
  return h;
}

Supervisor::Supervisor(std::unique_ptr<WheelMotors> motors, Clock& clock, const SafetyLimits& limits)
    : motors_(std::move(motors)), emergency_(*motors_), clock_(clock), limits_(limits) {}

Supervisor::~Supervisor() {
  shutdown();
}

void Supervisor::on_frame(const FrameStamp& f) {
  const Nanos now = clock_.now();
  std::lock_guard<std::mutex> lock(input_mutex_);
  const bool fresh = !in_.any_frame || (f.sequence > in_.frame.sequence && f.captured > in_.frame.captured &&
                                        f.fingerprint != in_.frame.fingerprint);
  in_.frame_arrived = now;
  if (fresh) {
    in_.frame = f;
    in_.fresh_arrived = now;
    in_.any_frame = true;
  } else {
    ++repeated_frames_;
  }
}

void Supervisor::command(const WheelCommand& c) {
  std::lock_guard<std::mutex> lock(input_mutex_);
  in_.command = c;
  in_.any_command = true;
}

void Supervisor::arm() {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  if (!fault_ && !down_) armed_ = true;
}

Status Supervisor::clear_fault() {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  const Status s = write_locked(0, 0, clock_.now());
  if (s.ok()) fault_ = false;
  return s;
}

Status Supervisor::write_locked(float left, float right, Nanos now) {
  Status s = motors_->write(left, right);
  ++report_.writes;
  written_at_ = now;
  ever_written_ = true;
  if (s.ok()) {
    left_ = left, right_ = right;
  } else {
    ++report_.failed_writes;
    report_.motor_status = s;
    fault_ = true;
    armed_ = false;
  }
  return s;
}

StopCause Supervisor::judge(const Inputs& in, Nanos now) const {
  const Nanos limit = limits_.stop_deadline - 4 * limits_.tick;
  if (down_) return StopCause::kShutdown;
  if (fault_) return StopCause::kMotorFault;
  if (!armed_) return StopCause::kNotArmed;
  if (!in.any_command || now - in.command.issued > limit) return StopCause::kNoHeartbeat;
  if (!std::isfinite(in.command.left) || !std::isfinite(in.command.right)) return StopCause::kBadCommand;
  if (!in.any_frame || now - in.frame_arrived > limit) return StopCause::kNoFrames;
  if (now - in.fresh_arrived > limit) return StopCause::kFrozenFrames;
  // A time in the future is a broken clock, not fresh knowledge.
  if (now - in.command.frame_captured > limit || in.command.frame_captured > now)
    return StopCause::kStaleDetections;
  return StopCause::kNone;
}

void Supervisor::tick() {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  Inputs in;
  {
    std::lock_guard<std::mutex> input(input_mutex_);
    in = in_;
  }
  const Nanos now = clock_.now();
  ++report_.ticks;
  const StopCause cause = judge(in, now);
  if (cause == StopCause::kBadCommand && report_.cause != cause) ++report_.bad_commands;
  if (cause != StopCause::kNone && (left_ != 0 || right_ != 0)) ++report_.stops;
  report_.cause = cause;
  if (down_) return;  // zero was written; nothing may follow it
  float left = 0, right = 0;
  if (cause == StopCause::kNone) {
    left = std::min(std::max(in.command.left, -1.0f), 1.0f);
    right = std::min(std::max(in.command.right, -1.0f), 1.0f);
  }
  const bool same = ever_written_ && left == left_ && right == right_ && !fault_;
  const bool new_frame = cause == StopCause::kNone && in.command.frame_sequence > last_frame_used_;
  if (same && !new_frame && now - written_at_ < limits_.reassert) return;
  const Status s = write_locked(left, right, now);
  if (s.ok() && new_frame) {
    last_frame_used_ = in.command.frame_sequence;
    report_.glass_to_wheel.add(clock_.now() - in.command.frame_captured);
  }
  if (!s.ok()) {
    report_.cause = StopCause::kMotorFault;
    // The driver may have taken half of the command: zero follows at once, and at every tick until one
    // succeeds.
    if (left != 0 || right != 0) (void)write_locked(0, 0, now).ok();
  }
}

void Supervisor::start() {
  thread_ = std::thread([this] {
    sched_param priority = {};
    priority.sched_priority = 60;
    const bool granted = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
    {
      std::lock_guard<std::mutex> lock(motor_mutex_);
      report_.real_time_priority = granted;
    }
    Nanos next = clock_.now();
    while (!stop_thread_.load()) {
      tick();
      next += limits_.tick;
      const Nanos now = clock_.now();
      if (next < now) next = now;  // after a stall, do not run a burst of ticks
      clock_.sleep_until(next);
    }
  });
}

void Supervisor::shutdown() {
  {
    std::lock_guard<std::mutex> lock(motor_mutex_);
    if (!down_) {
      armed_ = false;
      // Three tries: a bus error must not leave the wheels turning when the process ends.
      for (int i = 0; i < 3 && !write_locked(0, 0, clock_.now()).ok(); ++i) {
      }
      down_ = true;
      report_.cause = StopCause::kShutdown;
    }
  }
  stop_thread_.store(true);
  if (thread_.joinable()) thread_.join();
}

SupervisorReport Supervisor::report() const {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  SupervisorReport r = report_;
  std::lock_guard<std::mutex> input(input_mutex_);
  r.repeated_frames = repeated_frames_;
  return r;
}

void Supervisor::applied(float& left, float& right) const {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  left = left_, right = right_;
}

}  // namespace jetline
