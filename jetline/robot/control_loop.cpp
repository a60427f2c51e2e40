#include "jetline/robot/control_loop.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace jetline {

ControlLoop::ControlLoop(Behaviour& behaviour, Supervisor& supervisor, Clock& clock, const Chassis& chassis,
                         double hertz)
    : behaviour_(behaviour),
      supervisor_(supervisor),
      clock_(clock),
      chassis_(chassis),
      period_(static_cast<Nanos>(std::llround(1e9 / hertz))),
      odometry_(chassis) {}

void ControlLoop::post(const Percept& p) {
  std::lock_guard<std::mutex> lock(mutex_);
  percept_ = p;
}

void ControlLoop::step() {
  const Nanos now = clock_.now();
  Percept percept;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    percept = percept_;
  }
  ++stats_.beats;
  if (last_step_ >= 0) {
    const Nanos error = std::abs(now - last_step_ - period_);
    stats_.period_error.add(error);
    const float ms = static_cast<float>(error) / kMillisecond;
    const auto begin = worst_.begin();
    if (worst_count_ < worst_.size()) {
      worst_[worst_count_++] = ms;
      std::push_heap(begin, begin + static_cast<std::ptrdiff_t>(worst_count_), std::greater<float>());
    } else if (ms > worst_[0]) {
      std::pop_heap(begin, worst_.end(), std::greater<float>());
      worst_.back() = ms;
      std::push_heap(begin, worst_.end(), std::greater<float>());
    }
  }
  // What the supervisor really let through is what moved the robot.
  WheelDuty applied;
  supervisor_.applied(applied.left, applied.right);
  odometry_.update(now, applied);

  BehaviourInput in;
  in.now = now;
  in.period = last_step_ >= 0 ? static_cast<double>(now - last_step_) / kSecond
                              : static_cast<double>(period_) / kSecond;
  in.percept = &percept;
  in.odometry = &odometry_;
  const WheelDuty duty = duty_for(chassis_, behaviour_.step(in));
  last_step_ = now;

  last_.left = duty.left;
  last_.right = duty.right;
  last_.issued = now;
  last_.frame_sequence = percept.sequence;
  last_.frame_captured = percept.captured;
  supervisor_.command(last_);
}

void ControlLoop::run(const std::atomic<bool>& stop, Nanos end, bool until_done) {
  sched_param priority = {};
  priority.sched_priority = 50;  // below the supervisor's
  stats_.real_time_priority = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
  Nanos next = clock_.now();
  while (!stop.load() && next < end && !(until_done && behaviour_.done())) {
    clock_.sleep_until(next);
    step();
    next += period_;
    const Nanos now = clock_.now();
    if (now > next + period_) {  // fell behind by more than a beat: leave out, do not rush
      ++stats_.overruns;
      next += (now - next) / period_ * period_;
    }
  }
  if (stats_.real_time_priority) {
    priority.sched_priority = 0;
    pthread_setschedparam(pthread_self(), SCHED_OTHER, &priority);
  }
}

namespace {
// Rank from above: exact as long as 0.1 % of the beats fit into the list (4 million beats, 38 hours).
void quantiles_of_worst(ControlLoopStats& s) {
  std::sort(s.worst_ms.begin(), s.worst_ms.end(), std::greater<float>());
  if (s.worst_ms.empty()) return;
  s.period_error_max_ms = static_cast<double>(s.worst_ms.front());
  const auto rank = static_cast<size_t>(static_cast<double>(s.period_error.count()) * 0.001);
  s.period_error_p999_ms = static_cast<double>(s.worst_ms[std::min(rank, s.worst_ms.size() - 1)]);
}
}  // namespace

void ControlLoopStats::merge(const ControlLoopStats& o) {
  beats += o.beats;
  overruns += o.overruns;
  period_error.merge(o.period_error);
  real_time_priority = real_time_priority || o.real_time_priority;
  worst_ms.insert(worst_ms.end(), o.worst_ms.begin(), o.worst_ms.end());
  quantiles_of_worst(*this);
  if (worst_ms.size() > 4096) worst_ms.resize(4096);
}

ControlLoopStats ControlLoop::stats() const {
  ControlLoopStats s = stats_;
  s.worst_ms.assign(worst_.begin(), worst_.begin() + static_cast<std::ptrdiff_t>(worst_count_));
  quantiles_of_worst(s);
  return s;
}

}  // namespace jetline
