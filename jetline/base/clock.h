// Time as a seam: everything that waits or measures takes a Clock, so that tests run on a fake one without
// sleeping. Monotonic nanoseconds; the zero point has no meaning. Implementations are thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace jetline {

using Nanos = int64_t;
constexpr Nanos kMillisecond = 1000000;
constexpr Nanos kSecond = 1000000000;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos now() = 0;
  // Returns at or after `deadline` (monotonic); at once when it has passed.
  virtual void sleep_until(Nanos deadline) = 0;
  void sleep_for(Nanos d) { sleep_until(now() + d); }
};

// CLOCK_MONOTONIC; lives for the whole program.
Clock& real_clock();

// Time that moves only when a test says so. sleep_until blocks its thread until advance() passes the deadline.
class FakeClock : public Clock {
 public:
  explicit FakeClock(Nanos start = 0) : now_(start) {}
  Nanos now() override;
  void sleep_until(Nanos deadline) override;
  void advance(Nanos d);
  // Number of threads now blocked in sleep_until: a test waits for it before it advances.
  int sleepers();

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  Nanos now_;
  int sleepers_ = 0;
};

}  // namespace jetline
