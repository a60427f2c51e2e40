// The supervisor on motors that fail, are slow, or hang.
#include <thread>

#include "jetline/robot/supervisor_testing.h"

namespace jetline {
namespace {

TEST_F(SupervisorTest, WriteErrorStopsAndStaysStopped) {
  expect_moving();
  log.fail = true;
  run(100);
  EXPECT_EQ(supervisor->report().cause, StopCause::kMotorFault);
  EXPECT_EQ(supervisor->report().motor_status.id(), "motor.write-failed");
  EXPECT_TRUE(log.last().zero()) << "zero is tried at every tick";
  EXPECT_TRUE(log.last().failed);
  const size_t tries = log.count();
  run(50);
  EXPECT_GE(log.count(), tries + 10);
  log.fail = false;  // the bus recovers
  const Nanos t = time_to_zero();
  EXPECT_GE(t, 0);
  EXPECT_LE(t, 10 * kMs);
  run(300);
  EXPECT_TRUE(log.last().zero()) << "no motion before somebody looked";
  supervisor->arm();  // not enough
  run(100);
  EXPECT_TRUE(log.last().zero());
  JETLINE_EXPECT_OK(supervisor->clear_fault());
  run(100);
  EXPECT_TRUE(log.last().zero()) << "still not armed";
  supervisor->arm();
  expect_moving();
}

TEST_F(SupervisorTest, ClearFaultFailsWhileTheBusIsBroken) {
  expect_moving();
  log.fail = true;
  run(50);
  EXPECT_FALSE(supervisor->clear_fault().ok());
  EXPECT_EQ(supervisor->report().cause, StopCause::kMotorFault);
}

TEST_F(SupervisorTest, ShutdownTriesAgainWhenTheBusFails) {
  expect_moving();
  log.fail = true;
  const size_t before = log.count();
  supervisor->shutdown();
  EXPECT_EQ(log.count(), before + 3);
  EXPECT_TRUE(log.last().zero());
}

// Motors on a slow bus: each write takes `takes` of the clock's time before it is in force.
class SlowMotors : public FakeMotors {
 public:
  SlowMotors(FakeMotors::Log& log, FakeClock& clock, const std::atomic<Nanos>& takes)
      : FakeMotors(log, clock), clock_(clock), takes_(takes) {}
  Status write(float left, float right) override {
    clock_.advance(takes_);
    return FakeMotors::write(left, right);
  }

 private:
  FakeClock& clock_;
  const std::atomic<Nanos>& takes_;
};

TEST_F(SupervisorTest, TheDeadlineHoldsWithTheLongestWriteAllowed) {
  std::atomic<Nanos> takes{0};
  supervisor = std::make_unique<Supervisor>(std::make_unique<SlowMotors>(log, clock, takes), clock);
  supervisor->arm();
  expect_moving();
  takes = 20 * kMs;
  run(100);
  EXPECT_FALSE(log.last().zero());
  loop_on = false;
  const Nanos last_good = clock.now();
  while (!log.last().zero() && clock.now() < last_good + kSecond) run(5);
  EXPECT_LE(log.last().time - last_good, 250 * kMs);
  EXPECT_EQ(supervisor->report().slow_writes, 0);
  supervisor.reset();  // before `takes`
}

TEST_F(SupervisorTest, SlowWritesAreAMotorFault) {
  std::atomic<Nanos> takes{0};
  supervisor = std::make_unique<Supervisor>(std::make_unique<SlowMotors>(log, clock, takes), clock);
  supervisor->arm();
  expect_moving();
  takes = 60 * kMs;
  left = 0.35f;
  while (supervisor->report().slow_writes == 0) run(5);
  EXPECT_TRUE(log.last().zero()) << "a command that came too late is taken back at once";
  takes = 0;
  expect_moving();  // one may be a busy machine's
  takes = 60 * kMs;
  run(1000);
  EXPECT_EQ(supervisor->report().cause, StopCause::kMotorFault);
  EXPECT_EQ(supervisor->report().motor_status.id(), "motor.write-slow");
  EXPECT_TRUE(log.last().zero());
  takes = 0;
  run(200);
  EXPECT_TRUE(log.last().zero()) << "no motion before somebody looked";
  supervisor.reset();
}

// Motors whose write of a motion does not return until it is told to.
class HangingMotors : public FakeMotors {
 public:
  HangingMotors(FakeMotors::Log& log, Clock& clock, std::atomic<bool>& hanging, std::atomic<bool>& release)
      : FakeMotors(log, clock), hanging_(hanging), release_(release) {}
  Status write(float left, float right) override {
    while ((left != 0 || right != 0) && !release_) {
      hanging_ = true;
      std::this_thread::yield();
    }
    return FakeMotors::write(left, right);
  }

 private:
  std::atomic<bool>&hanging_, &release_;
};

TEST(SupervisorThread, AWriteThatHangsIsSeenByTheOthers) {
  FakeMotors::Log log;
  FakeClock clock(kSecond);
  std::atomic<bool> hanging{false}, release{false};
  {
    Supervisor s(std::make_unique<HangingMotors>(log, clock, hanging, release), clock);
    s.on_frame({1, clock.now(), 1});
    s.command({0.5f, 0.5f, clock.now(), 1, clock.now()});
    s.arm();
    JETLINE_EXPECT_OK(s.start());
    while (!hanging) std::this_thread::yield();
    clock.advance(100 * kMs);
    s.command({0.5f, 0.5f, clock.now(), 1, clock.now()});
    EXPECT_EQ(log.emergency_zeros, 0);
    EXPECT_FALSE(s.stalled());
    clock.advance(30 * kMs);
    s.command({0.5f, 0.5f, clock.now(), 1, clock.now()});
    s.on_frame({2, clock.now(), 2});
    EXPECT_EQ(log.emergency_zeros, 2) << "at every report, for as long as it hangs";
    EXPECT_TRUE(s.stalled());
    float left = 1, right = 1;
    s.applied(left, right);  // does not wait
    EXPECT_EQ(left, 0);
    // Ending does not wait for the write before it zeroes the wheels either.
    std::atomic<bool> ended{false};
    std::thread end([&] {
      s.shutdown();
      ended = true;
    });
    while (log.emergency_zeros < 3) std::this_thread::yield();
    release = true;
    while (!ended) clock.advance(5 * kMs);
    end.join();
    EXPECT_EQ(s.report().stalls, 1);
  }
  EXPECT_TRUE(log.last().zero());
}

TEST(SupervisorThread, ShutdownOutlastsABusErrorOfSomeTicks) {
  // Fails the first nine writes of zero after the motion.
  class Stubborn : public FakeMotors {
   public:
    using FakeMotors::FakeMotors;
    Status write(float left, float right) override {
      if (left == 0 && right == 0 && ++zeros_ < 10) return Status::missing("motor.write-failed", "no");
      return FakeMotors::write(left, right);
    }

   private:
    int zeros_ = 0;
  };
  FakeMotors::Log log;
  Clock& clock = real_clock();
  Supervisor s(std::make_unique<Stubborn>(log, clock), clock);
  JETLINE_EXPECT_OK(s.start());  // its zeros before arm() fail, too: a motor fault
  s.shutdown();
  EXPECT_TRUE(s.report().zero_written);
  EXPECT_EQ(log.count(), 1u);
  EXPECT_TRUE(log.last().zero());
}

}  // namespace
}  // namespace jetline
