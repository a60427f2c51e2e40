#include "jetline/base/clock.h"

#include <cerrno>
#include <ctime>

namespace jetline {
namespace {
class RealClock : public Clock {
 public:
  Nanos now() override {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<Nanos>(t.tv_sec) * kSecond + t.tv_nsec;
  }
  void sleep_until(Nanos deadline) override {
    timespec t;
    t.tv_sec = deadline / kSecond;
    t.tv_nsec = deadline % kSecond;
    // An absolute deadline does not drift when a signal interrupts the wait.
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) == EINTR) {
    }
  }
};
}  // namespace

Clock& real_clock() {
  static RealClock* const clock = new RealClock();  // never destroyed: threads may outlive main's statics
  return *clock;
}

Nanos FakeClock::now() {
  std::lock_guard<std::mutex> lock(mutex_);
  return now_;
}

void FakeClock::sleep_until(Nanos deadline) {
  std::unique_lock<std::mutex> lock(mutex_);
  ++sleepers_;
  moved_.wait(lock, [&] { return now_ >= deadline; });
  --sleepers_;
}

void FakeClock::advance(Nanos d) {
  std::lock_guard<std::mutex> lock(mutex_);
  now_ += d;
  moved_.notify_all();
}

int FakeClock::sleepers() {
  std::lock_guard<std::mutex> lock(mutex_);
  return sleepers_;
}

}  // namespace jetline
