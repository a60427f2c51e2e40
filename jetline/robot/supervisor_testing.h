// Shared by the supervisor's tests: a robot whose parts can be switched off one by one.
#pragma once

#include "jetline/base/testing.h"
#include "jetline/devices/fake_motors.h"
#include "jetline/robot/supervisor.h"

namespace jetline {

constexpr Nanos kMs = kMillisecond;

// A robot at 30 Hz on a fake clock: camera, detector and control loop are knobs; the supervisor ticks every 5
// ms.
class SupervisorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    supervisor = std::make_unique<Supervisor>(std::make_unique<FakeMotors>(log, clock), clock);
    supervisor->arm();
  }

  // Lets `ms` milliseconds pass.
  void run(int ms) {
    for (int i = 0; i < ms; i += 5) {
      if (time_ms % 35 == 0) {
        if (camera_on) {
          if (!freeze) ++sequence;
          FrameStamp f{sequence, freeze ? frozen_time : clock.now(), freeze ? 42 : sequence * 7919};
          if (repeat_pixels_only) f = {++fake_sequence + 1000000, clock.now(), 42};
          frozen_time = f.captured;
          supervisor->on_frame(f);
        }
        if (detector_on) captured = clock.now(), detected = sequence;
        if (loop_on) supervisor->command({left, right, clock.now(), detected, captured});
      }
      supervisor->tick();
      clock.advance(5 * kMs);
      time_ms += 5;
    }
  }
  // Time from now until the newest write is zero, with everything as it is; -1 when it takes over a second.
  Nanos time_to_zero() {
    const Nanos from = clock.now();
    for (int i = 0; i < 200; ++i) {
      run(5);
      if (log.last().zero() && !log.last().failed) return log.last().time - from;
    }
    return -1;
  }
  void expect_moving() {
    run(200);
    EXPECT_FALSE(log.last().zero());
    EXPECT_EQ(supervisor->report().cause, StopCause::kNone);
  }

  FakeClock clock{kSecond};
  FakeMotors::Log log;
  std::unique_ptr<Supervisor> supervisor;
  bool camera_on = true, detector_on = true, loop_on = true, freeze = false, repeat_pixels_only = false;
  float left = 0.3f, right = 0.4f;
  uint64_t sequence = 0, detected = 0, fake_sequence = 0;
  Nanos captured = 0, frozen_time = 0;
  int time_ms = 0;
};

}  // namespace jetline
