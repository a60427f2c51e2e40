#include <cmath>
#include <limits>

#include "jetline/base/random.h"
#include "jetline/robot/supervisor_testing.h"

namespace jetline {
namespace {

TEST_F(SupervisorTest, PassesGoodCommands) {
  expect_moving();
  EXPECT_FLOAT_EQ(log.last().left, 0.3f);
  EXPECT_FLOAT_EQ(log.last().right, 0.4f);
  EXPECT_EQ(supervisor->report().stops, 0);
}

TEST_F(SupervisorTest, WritesZeroUntilArmed) {
  FakeMotors::Log other;
  supervisor = std::make_unique<Supervisor>(std::make_unique<FakeMotors>(other, clock), clock);
  run(200);
  ASSERT_GT(other.count(), 0u);
  for (const FakeMotors::Write& w : other.writes) EXPECT_TRUE(w.zero());
  EXPECT_EQ(supervisor->report().cause, StopCause::kNotArmed);
  supervisor.reset();  // before its motors' log
}

TEST_F(SupervisorTest, StopsInTimeWhenTheLoopHangs) {
  expect_moving();
  loop_on = false;
  const Nanos t = time_to_zero();
  EXPECT_GT(t, 0);
  EXPECT_LE(t, 250 * kMs);
  EXPECT_EQ(supervisor->report().cause, StopCause::kNoHeartbeat);
  loop_on = true;
  expect_moving();
}

TEST_F(SupervisorTest, StopsInTimeWhenTheCameraStops) {
  expect_moving();
  camera_on = false;
  const Nanos t = time_to_zero();
  EXPECT_GT(t, 0);
  EXPECT_LE(t, 250 * kMs);
  EXPECT_EQ(supervisor->report().cause, StopCause::kNoFrames);
}

TEST_F(SupervisorTest, StopsInTimeWhenTheCameraRepeatsAFrame) {
  expect_moving();
  freeze = true;
  const Nanos t = time_to_zero();
  EXPECT_GT(t, 0);
  EXPECT_LE(t, 250 * kMs);
  EXPECT_EQ(supervisor->report().cause, StopCause::kFrozenFrames);
  EXPECT_GT(supervisor->report().repeated_frames, 3);
}

TEST_F(SupervisorTest, NewNumbersOnOldPixelsAreAFrozenCamera) {
  expect_moving();
  repeat_pixels_only = true;  // a driver that stamps the same buffer anew
  run(35);                    // the first of them is fresh
  const Nanos t = time_to_zero();
  EXPECT_GT(t, 0);
  EXPECT_LE(t, 250 * kMs);
  EXPECT_EQ(supervisor->report().cause, StopCause::kFrozenFrames);
}

TEST_F(SupervisorTest, OneRepeatedFrameIsForgiven) {
  expect_moving();
  freeze = true;
  run(35);
  freeze = false;
  expect_moving();
  EXPECT_EQ(supervisor->report().stops, 0);
}

TEST_F(SupervisorTest, StopsInTimeWhenDetectionsGoStale) {
  expect_moving();
  detector_on = false;  // frames and commands go on
  const Nanos t = time_to_zero();
  EXPECT_GT(t, 0);
  EXPECT_LE(t, 250 * kMs);
  EXPECT_EQ(supervisor->report().cause, StopCause::kStaleDetections);
}

TEST_F(SupervisorTest, AFrameFromTheFutureIsNotFresh) {
  expect_moving();
  supervisor->command({0.5f, 0.5f, clock.now(), 999999, clock.now() + kSecond});
  supervisor->tick();
  EXPECT_TRUE(log.last().zero());
}

TEST_F(SupervisorTest, AHeartbeatFromTheFutureIsNone) {
  // It would never grow old, and a loop that hung after it would drive on.
  expect_moving();
  supervisor->command({0.5f, 0.5f, clock.now() + 3600 * kSecond, detected, captured});
  supervisor->tick();
  EXPECT_TRUE(log.last().zero());
  EXPECT_EQ(supervisor->report().cause, StopCause::kNoHeartbeat);
}

TEST_F(SupervisorTest, AClockThatJumpsBackStops) {
  expect_moving();
  clock.advance(-kSecond / 2);
  supervisor->tick();
  EXPECT_TRUE(log.last().zero());
}

TEST_F(SupervisorTest, ACommandThatRestsOnNoFrameDoesNotMove) {
  // Just after the clock's zero, a percept that never was (number 0, time 0) looks young.
  FakeClock young(50 * kMs);
  Supervisor early(std::make_unique<FakeMotors>(log, young), young);
  early.arm();
  early.on_frame({1, 40 * kMs, 7});
  early.command({0.5f, 0.5f, young.now(), 0, 0});
  early.tick();
  EXPECT_TRUE(log.last().zero());
  EXPECT_EQ(early.report().cause, StopCause::kStaleDetections);
  early.command({0.5f, 0.5f, young.now(), 1, 40 * kMs});
  early.tick();
  EXPECT_FALSE(log.last().zero());
}

TEST_F(SupervisorTest, ADriverThatHandsOutItsOldBuffersInTurnIsFrozen) {
  expect_moving();
  camera_on = false;
  const Nanos from = clock.now();
  Nanos stopped = -1;
  for (int i = 0; i < 100 && stopped < 0; ++i) {
    // New numbers and times, but the pixels of the last four frames again and again.
    if (i % 7 == 0)
      supervisor->on_frame({sequence + 1000 + static_cast<uint64_t>(i), clock.now(),
                            (sequence - static_cast<uint64_t>(i / 7 % 4)) * 7919});
    run(5);
    if (log.last().zero()) stopped = log.last().time - from;
  }
  EXPECT_GT(stopped, 0);
  EXPECT_LE(stopped, 250 * kMs);
  EXPECT_EQ(supervisor->report().cause, StopCause::kFrozenFrames);
}

TEST_F(SupervisorTest, NotANumberStopsAtTheNextTick) {
  const float bad[] = {std::nanf(""), std::numeric_limits<float>::infinity()};
  for (float b : bad) {
    expect_moving();
    left = b;
    run(35);
    EXPECT_TRUE(log.last().zero());
    EXPECT_EQ(supervisor->report().cause, StopCause::kBadCommand);
    left = 0.3f;
    expect_moving();
  }
  for (const FakeMotors::Write& w : log.writes) EXPECT_TRUE(std::isfinite(w.left) && std::isfinite(w.right));
  EXPECT_EQ(supervisor->report().bad_commands, 2);
}

TEST_F(SupervisorTest, DutyIsClamped) {
  left = 7;
  right = -7;
  run(100);
  EXPECT_FLOAT_EQ(log.last().left, 1);
  EXPECT_FLOAT_EQ(log.last().right, -1);
}

TEST_F(SupervisorTest, ShutdownIsTheLastWordAndZero) {
  expect_moving();
  supervisor->shutdown();
  EXPECT_TRUE(log.last().zero());
  const size_t writes = log.count();
  supervisor->arm();
  run(300);
  EXPECT_EQ(log.count(), writes);
  EXPECT_EQ(supervisor->report().cause, StopCause::kShutdown);
}

TEST_F(SupervisorTest, DestructionWritesZero) {
  expect_moving();
  supervisor.reset();
  EXPECT_TRUE(log.last().zero());
}

TEST_F(SupervisorTest, UnchangedCommandsAreWrittenAgain) {
  expect_moving();
  loop_on = true;
  log.writes.clear();
  run(500);
  EXPECT_GE(log.count(), 8u) << "a driver that was reset gets its duty back";
}

TEST_F(SupervisorTest, MeasuresGlassToWheel) {
  expect_moving();
  const DurationHistogram h = supervisor->report().glass_to_wheel;
  EXPECT_GT(h.count(), 3);
  EXPECT_LE(h.max_ms(), 40);
}

// Property: whatever happens to its inputs, motion never outlives the last good event by more than the
// deadline.
TEST_F(SupervisorTest, RandomFaultsNeverOutlastTheDeadline) {
  Random r(5);
  for (int round = 0; round < 400; ++round) {
    camera_on = r.chance(0.7), detector_on = r.chance(0.7), loop_on = r.chance(0.7), freeze = r.chance(0.2);
    left = r.chance(0.05) ? std::nanf("") : 0.5f;
    const bool good = camera_on && detector_on && loop_on && !freeze && std::isfinite(left);
    run(250);
    if (good) continue;
    EXPECT_TRUE(log.last().zero()) << "round " << round;
  }
}

TEST(SupervisorThread, RunsByItselfAndEndsWithZero) {
  // Real threads and the real clock: for ThreadSanitizer, and for the order of the last write. No timing
  // asserted.
  FakeMotors::Log log;
  Clock& clock = real_clock();
  {
    Supervisor s(std::make_unique<FakeMotors>(log, clock), clock);
    JETLINE_EXPECT_OK(s.start());
    s.arm();
    std::atomic<bool> stop{false};
    std::thread camera([&] {
      for (uint64_t i = 1; !stop; ++i) {
        s.on_frame({i, clock.now(), i * 31});
        clock.sleep_for(2 * kMs);
      }
    });
    std::thread loop([&] {
      for (uint64_t i = 1; !stop; ++i) {
        s.command({0.5f, 0.5f, clock.now(), i, clock.now()});
        clock.sleep_for(3 * kMs);
      }
    });
    const Nanos give_up = clock.now() + 20 * kSecond;
    while (log.last().zero() && clock.now() < give_up) clock.sleep_for(kMs);
    EXPECT_FALSE(log.last().zero());
    (void)s.report();
    s.shutdown();
    EXPECT_TRUE(log.last().zero());
    clock.sleep_for(30 * kMs);  // commands still come; nothing may move
    EXPECT_TRUE(log.last().zero());
    stop = true;
    camera.join();
    loop.join();
  }
  EXPECT_TRUE(log.last().zero());
}

TEST(FrameFingerprint, ChangesWithNoiseAndNotWithoutIt) {
  Image a(640, 480), b(640, 480);
  Random r(1);
  for (int64_t i = 0; i < a.stride() * a.height(); ++i) {
    a.data()[i] = static_cast<uint8_t>(100 + r.normal() * 2);
    b.data()[i] = static_cast<uint8_t>(100 + r.normal() * 2);
  }
  EXPECT_NE(frame_fingerprint(a), frame_fingerprint(b));
  const Image copy = a;
  EXPECT_EQ(frame_fingerprint(a), frame_fingerprint(copy));
  EXPECT_EQ(frame_fingerprint(ImageView()), 0u);
}

}  // namespace
}  // namespace jetline
