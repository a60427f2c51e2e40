#include "jetline/robot/runner.h"

#include <gtest/gtest.h>
#include <functional>

#include "jetline/base/random.h"
#include "jetline/devices/fake_motors.h"

namespace jetline {
namespace {

class NoisyCamera : public Camera {
 public:
  explicit NoisyCamera(Clock& clock) : clock_(clock) {}
  Result<bool> next(Frame& frame, Nanos deadline) override {
    if (broken) return Status::missing("camera.read-failed", "the camera is gone");
    if (silent) {
      clock_.sleep_for(kMillisecond);
      return false;
    }
    clock_.sleep_for(2 * kMillisecond);
    frame.image.resize(64, 48);
    for (int i = 0; i < 64 * 48 * 3; ++i) frame.image.data()[i] = static_cast<uint8_t>(random_.next());
    frame.sequence = ++sequence_;
    frame.captured = clock_.now();
    return true;
  }
  Lens lens() const override { return Lens::standard(64, 48); }
  std::atomic<bool> broken{false}, silent{false};

 private:
  Clock& clock_;
  Random random_{3};
  uint64_t sequence_ = 0;
};

class QuickDetector : public Detector {
 public:
  Status detect(const ImageView&, std::vector<Detection>& out, StageTimes*) override {
    out.assign(1, Detection());
    return broken ? Status::internal("engine.run", "no") : Status();
  }
  const Card& card() const override { return card_; }
  std::map<std::string, std::string> conditions() const override { return {}; }
  std::atomic<bool> broken{false};

 private:
  Card card_;
};

// Drives forward and is done after some beats with a percept.
class Forward : public Behaviour {
 public:
  explicit Forward(int beats) : left_(beats) {}
  Twist step(const BehaviourInput& in) override {
    if (in.percept->sequence > 0) --left_;
    if (on_step) on_step();
    return {0.1, 0};
  }
  bool done() const override { return left_ <= 0; }
  const char* state_name() const override { return "forward"; }
  std::function<void()> on_step;

 private:
  int left_;
};

struct RunnerParts {
  FakeMotors::Log log;
  Clock& clock = real_clock();
  NoisyCamera camera{clock};
  QuickDetector detector;
  Supervisor supervisor{std::make_unique<FakeMotors>(log, clock), clock};
  CancelToken cancel;
  Result<RunnerReport> run(Behaviour& b, double hertz = 200) {
    RunnerOptions o;
    o.hertz = hertz;
    o.camera_silence = 50 * kMillisecond;
    return run_robot(camera, detector, b, supervisor, clock, Chassis(), o, cancel);
  }
};

TEST(Runner, DrivesUntilDoneAndEndsWithZero) {
  RunnerParts p;
  Forward forward(40);
  auto r = p.run(forward);
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_GT(r->frames, 0);
  EXPECT_GT(r->detected_frames, 0);
  EXPECT_GE(r->loop.beats, 40);
  EXPECT_TRUE(p.log.last().zero());
  bool moved = false;
  for (const auto& w : p.log.writes) moved = moved || !w.zero();
  EXPECT_TRUE(moved);
}

TEST(Runner, CancelStopsTheWheels) {
  RunnerParts p;
  Forward forever(1 << 30);
  int steps = 0;
  forever.on_step = [&] {
    if (++steps == 30) p.cancel.cancel();
  };
  auto r = p.run(forever);
  EXPECT_EQ(r.status().exit_code(), 130);
  EXPECT_TRUE(p.log.last().zero());
}

// Drives on, lets `fault` happen in the 20th step, and expects the run to end with `id` and the wheels at
// rest.
void expect_end(const std::function<void(RunnerParts&)>& fault, const char* id) {
  RunnerParts p;
  Forward forever(1 << 30);
  int steps = 0;
  forever.on_step = [&] {
    if (++steps == 20) fault(p);
  };
  auto r = p.run(forever);
  EXPECT_EQ(r.status().id(), id);
  EXPECT_TRUE(p.log.last().zero());
}

TEST(Runner, ABrokenCameraEndsTheRun) {
  expect_end([](RunnerParts& p) { p.camera.broken = true; }, "camera.read-failed");
}
TEST(Runner, ASilentCameraEndsTheRun) {
  expect_end([](RunnerParts& p) { p.camera.silent = true; }, "camera.silent");
}
TEST(Runner, AMotorFaultEndsTheRun) {
  expect_end([](RunnerParts& p) { p.log.fail = true; }, "motor.write-failed");
}
TEST(Runner, ABrokenDetectorEndsTheRun) {
  expect_end([](RunnerParts& p) { p.detector.broken = true; }, "engine.run");
}

TEST(ControlLoop, KeepsAbsoluteDeadlines) {
  // A clock on which each sleep overshoots: the beats stay on the grid instead of drifting.
  class LateClock : public Clock {
   public:
    Nanos now() override { return now_; }
    void sleep_until(Nanos t) override { now_ = std::max(now_, t) + 3 * kMillisecond; }
    Nanos now_ = kSecond;
  } clock;
  FakeMotors::Log log;
  Supervisor supervisor(std::make_unique<FakeMotors>(log, clock), clock);
  Forward forever(1 << 30);
  ControlLoop loop(forever, supervisor, clock, Chassis(), 30);
  std::atomic<bool> stop{false};
  loop.run(stop, kSecond + 10 * kSecond, true);
  EXPECT_NEAR(loop.stats().beats, 300, 1);
  EXPECT_EQ(loop.stats().overruns, 0);
  EXPECT_LT(loop.stats().period_error_max_ms, 0.1);
}

TEST(ControlLoop, LeavesOutBeatsAfterAStall) {
  class StallClock : public Clock {
   public:
    Nanos now() override { return now_; }
    void sleep_until(Nanos t) override {
      now_ = std::max(now_, t);
      if (++sleeps_ == 10) now_ += 200 * kMillisecond;
    }
    Nanos now_ = kSecond;
    int sleeps_ = 0;
  } clock;
  FakeMotors::Log log;
  Supervisor supervisor(std::make_unique<FakeMotors>(log, clock), clock);
  Forward forever(1 << 30);
  ControlLoop loop(forever, supervisor, clock, Chassis(), 30);
  std::atomic<bool> stop{false};
  loop.run(stop, kSecond + kSecond, true);
  EXPECT_EQ(loop.stats().overruns, 1);
  EXPECT_LT(loop.stats().beats, 27);
  EXPECT_NEAR(loop.stats().period_error_max_ms, 200, 1);
  EXPECT_NEAR(loop.stats().period_error_p999_ms, 200, 1);
}

}  // namespace
}  // namespace jetline
