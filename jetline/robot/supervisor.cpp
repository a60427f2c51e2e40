#include "jetline/robot/supervisor.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <system_error>

namespace jetline {
namespace {
constexpr int kSlowWrites = 3;  // in a row are a fault; one may be a busy machine's
}  // namespace

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
  {
    std::lock_guard<std::mutex> lock(input_mutex_);
    const auto end = seen_.begin() + static_cast<std::ptrdiff_t>(std::min(seen_count_, seen_.size()));
    const bool fresh =
        !in_.any_frame || (f.sequence > in_.frame.sequence && f.captured > in_.frame.captured &&
                           std::find(seen_.begin(), end, f.fingerprint) == end);
    in_.frame_arrived = now;
    if (fresh) {
      in_.frame = f;
      in_.fresh_arrived = now;
      in_.any_frame = true;
      seen_[seen_count_++ % seen_.size()] = f.fingerprint;
    } else {
      ++repeated_frames_;
    }
  }
  watch_supervisor(now);
}

void Supervisor::command(const WheelCommand& c) {
  const Nanos now = clock_.now();
  {
    std::lock_guard<std::mutex> lock(input_mutex_);
    in_.command = c;
    in_.command_arrived = now;  // the caller's word on when it issued is not enough: see judge()
    in_.any_command = true;
  }
  watch_supervisor(now);
}

void Supervisor::watch_supervisor(Nanos now) {
  if (!threaded_.load()) return;
  if (now - ticked_.load() <= limits_.stop_deadline / 2) {
    stalled_.store(false);
    return;
  }
  if (!stalled_.exchange(true)) stalls_.fetch_add(1);
  motors_->emergency_zero();
}

void Supervisor::arm() {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  if (!fault_ && !down_) armed_ = true;
}

Status Supervisor::clear_fault() {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  const Status s = write_locked(0, 0);
  if (s.ok()) fault_ = false;
  return s;
}

Status Supervisor::write_locked(float left, float right) {
  bool motion = left != 0 || right != 0;
  if (motion && !emergency_.begin_motion()) {  // the process is dying or about to be frozen
    motion = false;
    left = right = 0;
  }
  const Nanos begin = clock_.now();
  Status s = motors_->write(left, right);
  if (motion) emergency_.end_motion();
  written_at_ = clock_.now();
  ever_written_ = true;
  ++report_.writes;
  if (s.ok()) {
    left_ = left, right_ = right;
    report_.zero_written = !motion;
    std::lock_guard<std::mutex> lock(input_mutex_);
    applied_left_ = left, applied_right_ = right;
  } else {
    ++report_.failed_writes;
    report_.zero_written = false;
  }
  const bool slow = s.ok() && written_at_ - begin > limits_.write;
  report_.slow_writes += slow;
  slow_in_a_row_ = slow ? slow_in_a_row_ + 1 : 0;
  if (slow_in_a_row_ >= kSlowWrites) {
    s = Status::missing("motor.write-slow",
                        "the motor driver takes " + std::to_string((written_at_ - begin) / kMillisecond) +
                            " ms for a command; the stop deadline needs " +
                            std::to_string(limits_.write / kMillisecond) + " ms",
                        "check the wiring and what else is on the bus");
  }
  if (!s.ok()) {
    report_.motor_status = s;
    fault_ = true;
    armed_ = false;
  }
  return s;
}

void Supervisor::set_cause(StopCause cause) {
  report_.cause = cause;
  cause_.store(cause);
}

StopCause Supervisor::judge(const Inputs& in, Nanos now) const {
  const Nanos limit = limits_.stop_deadline - 2 * limits_.tick - limits_.write;
  // A time in the future is a broken clock, not fresh news: it would never grow old.
  const auto old = [&](Nanos t) { return t > now || t < now - limit; };
  if (down_) return StopCause::kShutdown;
  if (fault_) return StopCause::kMotorFault;
  if (!armed_) return StopCause::kNotArmed;
  if (!in.any_command || old(in.command.issued) || old(in.command_arrived)) return StopCause::kNoHeartbeat;
  if (!std::isfinite(in.command.left) || !std::isfinite(in.command.right)) return StopCause::kBadCommand;
  if (!in.any_frame || old(in.frame_arrived)) return StopCause::kNoFrames;
  if (old(in.fresh_arrived)) return StopCause::kFrozenFrames;
  if (in.command.frame_sequence == 0 || old(in.command.frame_captured)) return StopCause::kStaleDetections;
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
  set_cause(cause);
  if (down_) return;  // zero was written; nothing may follow it
  float left = 0, right = 0;
  if (cause == StopCause::kNone) {
    left = std::min(std::max(in.command.left, -1.0f), 1.0f);
    right = std::min(std::max(in.command.right, -1.0f), 1.0f);
  }
  const bool same = ever_written_ && left == left_ && right == right_ && !fault_;
  const bool new_frame = cause == StopCause::kNone && in.command.frame_sequence > last_frame_used_;
  if (same && !new_frame && now - written_at_ < limits_.reassert) return;
  const int64_t slow_before = report_.slow_writes;
  const Status s = write_locked(left, right);
  if (s.ok() && new_frame) {
    last_frame_used_ = in.command.frame_sequence;
    report_.glass_to_wheel.add(clock_.now() - in.command.frame_captured);
  }
  if (!s.ok()) set_cause(StopCause::kMotorFault);
  // The driver may have taken half of the command, or have taken so long that it is out of date: zero follows
  // at once, and after a failure at every tick until one succeeds.
  if ((left != 0 || right != 0) && (!s.ok() || report_.slow_writes != slow_before))
    (void)write_locked(0, 0).ok();
}

Status Supervisor::start() {
  ticked_.store(clock_.now());
  const auto work = [this] {
    const SignalStack stack;
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
      const Nanos now = clock_.now();
      ticked_.store(now);
      next += limits_.tick;
      if (next < now) next = now;  // after a stall, do not run a burst of ticks
      clock_.sleep_until(next);
    }
  };
  try {
    thread_ = std::thread(work);
  } catch (const std::system_error& e) {
    return Status::internal("robot.no-thread", std::string("the supervisor got no thread: ") + e.what());
  }
  threaded_.store(true);
  return Status();
}

void Supervisor::shutdown() {
  const bool threaded = threaded_.exchange(false);
  std::unique_lock<std::mutex> lock(motor_mutex_, std::try_to_lock);
  if (!lock) {
    motors_->emergency_zero();  // a write that hangs must not keep the wheels turning
    lock.lock();
  }
  if (!down_) {
    armed_ = false;
    // A bus error must not leave the wheels turning when the process ends: more tries, in real time for as
    // long as motion may outlast any other fault.
    const int tries = threaded ? static_cast<int>(limits_.stop_deadline / limits_.tick) : 3;
    for (int i = 0; i < tries; ++i) {
      if (threaded && i > 0) clock_.sleep_for(limits_.tick);
      (void)write_locked(0, 0).ok();
      if (report_.zero_written) break;
    }
    down_ = true;
    set_cause(StopCause::kShutdown);
  }
  lock.unlock();
  stop_thread_.store(true);
  if (thread_.joinable()) thread_.join();
}

SupervisorReport Supervisor::report() const {
  std::lock_guard<std::mutex> lock(motor_mutex_);
  SupervisorReport r = report_;
  std::lock_guard<std::mutex> input(input_mutex_);
  r.repeated_frames = repeated_frames_;
  r.stalls = stalls_.load();
  return r;
}

void Supervisor::applied(float& left, float& right) const {
  std::lock_guard<std::mutex> lock(input_mutex_);
  left = applied_left_, right = applied_right_;
}

}  // namespace jetline
