#include "jetline/robot/emergency_stop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <thread>

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

enum class Death {
  kAbort,
  kSegv,
  kHangup,
  kTerm,
  kUser,
  kPipe,
  kOverflow,
  kExit,
  kQuickExit,
  kTerminate,
  kReturn
};

// Uses up the stack.
int overflow(volatile char* above, int64_t depth) {
  volatile char mine[4096];
  mine[0] = above ? above[0] : 0;
  return depth == 0 ? 0 : overflow(mine, depth - 1) + mine[0];
}

// Runs a child that drives and dies; returns its last record.
bool last_record_is_zero(Death death, bool& moved, int& status) {
  int fds[2];
  if (pipe(fds) != 0) return false;
  const pid_t child = fork();
  if (child == 0) {
    close(fds[0]);
    // Sanitizers and test frameworks take some signals; the robot's program has the defaults.
    for (int s : {SIGABRT, SIGSEGV, SIGHUP, SIGTERM, SIGUSR1, SIGPIPE, SIGBUS}) std::signal(s, SIG_DFL);
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
      if (death == Death::kTerm) raise(SIGTERM);
      if (death == Death::kUser) raise(SIGUSR1);
      if (death == Death::kPipe) raise(SIGPIPE);
      if (death == Death::kOverflow) {
        const SignalStack stack;
        overflow(nullptr, int64_t{1} << 40);
      }
      if (death == Death::kExit) std::exit(7);
      if (death == Death::kQuickExit) std::quick_exit(7);
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
  for (Death d : {Death::kAbort, Death::kSegv, Death::kHangup, Death::kTerm, Death::kUser, Death::kPipe,
                  Death::kOverflow, Death::kExit, Death::kQuickExit, Death::kTerminate, Death::kReturn}) {
    bool moved = false;
    int status = 0;
    EXPECT_TRUE(last_record_is_zero(d, moved, status)) << static_cast<int>(d);
    EXPECT_TRUE(moved) << static_cast<int>(d);
    // The death itself is not hidden.
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const int expected = d == Death::kAbort || d == Death::kTerminate ? SIGABRT
                         : d == Death::kSegv || d == Death::kOverflow ? SIGSEGV
                         : d == Death::kHangup                        ? SIGHUP
                         : d == Death::kTerm                          ? SIGTERM
                         : d == Death::kUser                          ? SIGUSR1
                         : d == Death::kPipe                          ? SIGPIPE
                                                                      : 0;
    EXPECT_EQ(signal, expected) << static_cast<int>(d);
    if (!expected) {
      EXPECT_EQ(WEXITSTATUS(status), d == Death::kExit || d == Death::kQuickExit ? 7 : 0);
    }
  }
}

// A child whose supervisor's own thread keeps the wheels turning until it is told to `end`.
template <typename End>
pid_t driving_child(int out, End end) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(60);      // a test that waits in vain ends
  setpgid(0, 0);  // or its group may count as orphaned, which Ctrl-Z does not freeze
  for (int s : {SIGTSTP, SIGTERM}) std::signal(s, SIG_DFL);
  static std::atomic<bool> leaving{false};
  // Registered first, so that exit() runs it last, with the supervisor's thread still alive.
  std::atexit([] {
    if (leaving) real_clock().sleep_for(150 * kMillisecond);
  });
  Clock& clock = real_clock();
  Supervisor supervisor(std::make_unique<PipeMotors>(out), clock);
  if (!supervisor.start().ok()) _exit(3);
  supervisor.arm();
  for (uint64_t i = 1;; ++i) {
    supervisor.on_frame({i, clock.now(), i});
    supervisor.command({0.5f, 0.5f, clock.now(), i, clock.now()});
    clock.sleep_for(kMillisecond);
    float left, right;
    supervisor.applied(left, right);
    if (left == 0.5f && i > 50) {
      // Reports go on while the process ends.
      std::thread([&] {
        for (;; ++i) {
          supervisor.on_frame({i, clock.now(), i});
          supervisor.command({0.5f, 0.5f + static_cast<float>(i % 2) / 8, clock.now(), i, clock.now()});
          clock.sleep_for(kMillisecond);
        }
      }).detach();
      leaving = true;
      end();
    }
  }
}

TEST(EmergencyStop, NothingMovesWhileExitRuns) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  const pid_t child = driving_child(fds[1], [] { std::exit(0); });
  close(fds[1]);
  float record[2] = {9, 9};
  bool moved = false;
  while (read(fds[0], record, sizeof record) == sizeof record) moved = moved || record[0] == 0.5f;
  EXPECT_TRUE(moved);
  EXPECT_EQ(record[0], 0);
  EXPECT_EQ(record[1], 0);
  close(fds[0]);
  int status = 0;
  waitpid(child, &status, 0);
}

TEST(EmergencyStop, AFrozenProcessHasStoppedItsWheels) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "notice: ThreadSanitizer holds signals back";
#endif
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  const pid_t child = driving_child(fds[1], [] {
    raise(SIGTSTP);
    for (;;) real_clock().sleep_for(kMillisecond);
  });
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  float record[2] = {9, 9};
  bool moved = false;
  while (read(fds[0], record, sizeof record) == sizeof record) moved = moved || record[0] == 0.5f;
  EXPECT_TRUE(moved);
  EXPECT_EQ(record[0], 0);
  EXPECT_EQ(record[1], 0);
  // It goes on when it is told to, and can be frozen again.
  for (int round = 0; round < 2; ++round) {
    kill(child, SIGCONT);
    moved = false;
    for (int i = 0; i < 5000 && !moved; ++i) {
      if (read(fds[0], record, sizeof record) == sizeof record)
        moved = record[0] == 0.5f;
      else
        real_clock().sleep_for(kMillisecond);
    }
    EXPECT_TRUE(moved);
    kill(child, SIGTSTP);
    ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
    while (read(fds[0], record, sizeof record) == sizeof record) {
    }
    EXPECT_EQ(record[0], 0);
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  close(fds[0]);
  close(fds[1]);
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
