// The beat of the robot: at a fixed rate, take the newest percept, ask the behaviour, hand the wheels' duty
// to the supervisor. run() keeps absolute deadlines, so that a late beat does not shift those after it; it
// measures how far each beat's period was from the wanted one.
//
// Threads: percepts are posted from any thread; step() and run() belong to one.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "jetline/base/clock.h"
#include "jetline/robot/behaviour.h"
#include "jetline/robot/supervisor.h"

namespace jetline {

struct ControlLoopStats {
  int64_t beats = 0;
  int64_t overruns = 0;            // beats that began more than a period late; those in between were skipped
  DurationHistogram period_error;  // |time between two beats - period|
  // Exact, from the largest errors kept beside the histogram.
  double period_error_p999_ms = 0, period_error_max_ms = 0;
  bool real_time_priority = false;
  std::vector<float> worst_ms;  // the largest errors, falling (up to 4096)
  // Adds the beats of another run.
  void merge(const ControlLoopStats& o);
};

class ControlLoop {
 public:
  ControlLoop(Behaviour& behaviour, Supervisor& supervisor, Clock& clock, const Chassis& chassis,
              double hertz = 30);

  void post(const Percept& percept);
  Nanos period() const { return period_; }

  // One beat at the clock's time.
  void step();
  // Beats until `stop`, the behaviour is done (when `until_done`) or `end` is reached.
  void run(const std::atomic<bool>& stop, Nanos end, bool until_done);

  ControlLoopStats stats() const;  // after run(), or between steps
  const Odometry& odometry() const { return odometry_; }
  WheelCommand last_command() const { return last_; }

 private:
  Behaviour& behaviour_;
  Supervisor& supervisor_;
  Clock& clock_;
  Chassis chassis_;
  Nanos period_;
  Odometry odometry_;
  std::mutex mutex_;
  Percept percept_;
  WheelCommand last_;
  Nanos last_step_ = -1;
  ControlLoopStats stats_;
  std::array<float, 4096> worst_{};  // a min-heap of the largest errors, milliseconds
  size_t worst_count_ = 0;
};

}  // namespace jetline
