#include "jetline/robot/emergency_stop.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <mutex>

namespace jetline {
namespace {

constexpr int kStopSlots = 8;
struct StopSlot {
  std::atomic<WheelMotors*> motors{nullptr};
  std::atomic<bool> moving{false};  // a write that may turn the wheels is under way
};
StopSlot g_stop_slots[kStopSlots];
std::atomic<bool> g_dying{false};
std::atomic<int> g_frozen{0};
std::atomic<long> g_dying_thread{0};

// Every signal whose default is to end the process and that can be caught.
constexpr int kDeadlySignals[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT,   SIGQUIT,   SIGHUP,
                                  SIGINT,  SIGTERM, SIGTRAP, SIGSYS,  SIGPIPE,   SIGALRM,   SIGUSR1,
                                  SIGUSR2, SIGXCPU, SIGXFSZ, SIGPOLL, SIGVTALRM, SIGSTKFLT, SIGPWR};
// Those whose default is to freeze it.
constexpr int kFreezingSignals[] = {SIGTSTP, SIGTTIN, SIGTTOU};

void pause_one_millisecond() {
  timespec t = {0, 1000000};
  nanosleep(&t, nullptr);
}

// After motion was refused: zero, and zero again behind a write that had begun before.
void zero_all() noexcept {
  for (StopSlot& slot : g_stop_slots) {
    WheelMotors* const motors = slot.motors.load();
    if (!motors) continue;
    const bool moving = slot.moving.load();
    motors->emergency_zero();
    if (!moving) continue;
    // The writing thread may be this very one, interrupted: then the flag stays.
    for (int ms = 0; ms < 50 && slot.moving.load(); ++ms) pause_one_millisecond();
    motors->emergency_zero();
  }
}

void take_usual_course(int signal) {
  struct sigaction usual = {};
  usual.sa_handler = SIG_DFL;
  sigaction(signal, &usual, nullptr);
  raise(signal);
}

void on_deadly_signal(int signal) {
  const long me = syscall(SYS_gettid);
  long nobody = 0;
  if (g_dying_thread.compare_exchange_strong(nobody, me)) {
    emergency_stop_all();
  } else if (nobody != me) {
    // Another thread is at it; it must not be cut short. It ends the process.
    for (int ms = 0; ms < 500; ++ms) pause_one_millisecond();
  }
  take_usual_course(signal);
}

void on_freezing_signal(int signal) {
  g_frozen.fetch_add(1);
  zero_all();
  struct sigaction mine = {};
  sigaction(signal, nullptr, &mine);
  take_usual_course(signal);  // returns when the process is told to go on
  sigaction(signal, &mine, nullptr);
  g_frozen.fetch_sub(1);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction old = {};
  sigaction(signal, nullptr, &old);
  // Somebody else's handler (the program's, a debugger's, a sanitizer's) stays, and nohup's choice too.
  if ((old.sa_flags & SA_SIGINFO) || old.sa_handler != SIG_DFL) return;
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_NODEFER | SA_ONSTACK | SA_RESTART);
  sigaction(signal, &action, nullptr);
}

void install_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (int s : kDeadlySignals) handle(s, on_deadly_signal);
    for (int s : kFreezingSignals) handle(s, on_freezing_signal);
    std::atexit([] { emergency_stop_all(); });
    std::at_quick_exit([] { emergency_stop_all(); });
  });
}

}  // namespace

void emergency_stop_all() noexcept {
  g_dying.store(true);
  zero_all();
}

EmergencyStop::EmergencyStop(WheelMotors& motors) {
  install_once();
  for (int i = 0; i < kStopSlots && slot_ < 0; ++i) {
    WheelMotors* expected = nullptr;
    if (g_stop_slots[i].motors.compare_exchange_strong(expected, &motors)) slot_ = i;
  }
}

EmergencyStop::~EmergencyStop() {
  if (slot_ >= 0) g_stop_slots[slot_].motors.store(nullptr);
}

bool EmergencyStop::begin_motion() const noexcept {
  // First the flag, then the question: zero_all() asks in the other order, so one of the two sees the other.
  if (slot_ >= 0) g_stop_slots[slot_].moving.store(true);
  if (!g_dying.load() && g_frozen.load() == 0) return true;
  end_motion();
  return false;
}

void EmergencyStop::end_motion() const noexcept {
  if (slot_ >= 0) g_stop_slots[slot_].moving.store(false);
}

SignalStack::SignalStack() {
  stack_t present = {};
  if (sigaltstack(nullptr, &present) != 0 || !(present.ss_flags & SS_DISABLE)) return;
  constexpr size_t kBytes = 64 * 1024;
  memory_.reset(new char[kBytes]);
  stack_t own = {};
  own.ss_sp = memory_.get();
  own.ss_size = kBytes;
  if (sigaltstack(&own, nullptr) != 0) memory_.reset();
}

SignalStack::~SignalStack() {
  if (!memory_) return;
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
}

}  // namespace jetline
