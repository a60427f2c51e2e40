// Wheels made of memory, with faults to order. Keeps every write with its time.
//
// Threads: thread-safe, so that a test can look while a supervisor thread writes.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "jetline/base/clock.h"
#include "jetline/devices/motors.h"

namespace jetline {

class FakeMotors : public WheelMotors {
 public:
  struct Write {
    Nanos time = 0;
    float left = 0, right = 0;
    bool failed = false;
    bool zero() const { return left == 0 && right == 0; }
  };
  // What the test keeps when the supervisor has taken the motors themselves.
  struct Log {
    std::mutex mutex;
    std::vector<Write> writes;
    std::atomic<bool> fail{false};  // write() reports motor.write-failed
    std::atomic<int> emergency_zeros{0};
    Write last() {
      std::lock_guard<std::mutex> lock(mutex);
      return writes.empty() ? Write() : writes.back();
    }
    size_t count() {
      std::lock_guard<std::mutex> lock(mutex);
      return writes.size();
    }
  };

  FakeMotors(Log& log, Clock& clock) : log_(log), clock_(clock) {}
  Status write(float left, float right) override;
  void emergency_zero() noexcept override { log_.emergency_zeros.fetch_add(1); }

 private:
  Log& log_;
  Clock& clock_;
};

}  // namespace jetline
