#include "jetline/robot/emergency_stop.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>

#include "jetline/base/clock.h"
#include "jetline/robot/supervisor.h"

namespace jetline {
namespace {

// Motors at the far end of a pipe: what a dying process wrote last can be read after its death.
class PipeMotors : public WheelMotors {
 public:
  explicit PipeMotors(int fd) : fd_(fd) {}
  Status write(float left, float right) override {
    const float record[2] = {left, right};
    return ::write(fd_, record, sizeof record) == sizeof record
               ? Status()
               : Status::missing("motor.write-failed", "pipe");
  }
  void emergency_zero() noexcept override {
    const float record[2] = {0, 0};
    (void)!::write(fd_, record, sizeof record);
  }

 private:
  int fd_;
};

enum class Death { kAbort, kSegv, kHangup, kExit, kTerminate, kReturn };

// Runs a child that drives and dies; returns its last record.
bool last_record_is_zero(Death death, bool& moved, int& status) {
  int fds[2];
  if (pipe(fds) != 0) return false;
  const pid_t child = fork();
  if (child == 0) {
    close(fds[0]);
    // Sanitizers and test frameworks take some signals; the robot's program has the defaults.
    for (int s : {SIGABRT, SIGSEGV, SIGHUP}) std::signal(s, SIG_DFL);
    FakeClock clock(kSecond);
    {
      auto motors = std::make_unique<PipeMotors>(fds[1]);
      Supervisor supervisor(std::move(motors), clock);
      supervisor.arm();
      supervisor.on_frame({1, clock.now(), 1});
      supervisor.command({0.5f, 0.5f, clock.now(), 1, clock.now()});
      supervisor.tick();
      if (death == Death::kAbort) std::abort();
      if (death == Death::kSegv) raise(SIGSEGV);
      if (death == Death::kHangup) raise(SIGHUP);
      if (death == Death::kExit) std::exit(7);
      if (death == Death::kTerminate) std::terminate();
    }
    _exit(0);  // kReturn: the supervisor's destructor has run
  }
  close(fds[1]);
  float record[2] = {9, 9}, last[2] = {9, 9};
  moved = false;
  while (read(fds[0], record, sizeof record) == sizeof record) {
    moved = moved || record[0] == 0.5f;
    last[0] = record[0], last[1] = record[1];
  }
  close(fds[0]);
  waitpid(child, &status, 0);
  return last[0] == 0 && last[1] == 0;
}

TEST(EmergencyStop, LastWriteOfADyingProcessIsZero) {
  for (Death d :
       {Death::kAbort, Death::kSegv, Death::kHangup, Death::kExit, Death::kTerminate, Death::kReturn}) {
    bool moved = false;
    int status = 0;
    EXPECT_TRUE(last_record_is_zero(d, moved, status)) << static_cast<int>(d);
    EXPECT_TRUE(moved) << static_cast<int>(d);
    // The death itself is not hidden.
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const int expected = d == Death::kAbort || d == Death::kTerminate ? SIGABRT
                         : d == Death::kSegv                          ? SIGSEGV
                         : d == Death::kHangup                        ? SIGHUP
                                                                      : 0;
    EXPECT_EQ(signal, expected);
    if (!expected) {
      EXPECT_EQ(WEXITSTATUS(status), d == Death::kExit ? 7 : 0);
    }
  }
}

TEST(EmergencyStop, EightAtATime) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  PipeMotors motors(fds[1]);
  std::vector<std::unique_ptr<EmergencyStop>> stops;
  for (int i = 0; i < 8; ++i) stops.push_back(std::make_unique<EmergencyStop>(motors));
  EXPECT_TRUE(stops.back()->active());
  EXPECT_FALSE(EmergencyStop(motors).active());
  stops.clear();
  EXPECT_TRUE(EmergencyStop(motors).active());
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace jetline
