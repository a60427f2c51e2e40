#include "jetline/robot/emergency_stop.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>

namespace jetline {
namespace {

constexpr int kStopSlots = 8;
std::atomic<WheelMotors*> g_stop_slots[kStopSlots];
constexpr int kDeadlySignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGHUP};

void on_deadly_signal(int signal) {
  emergency_stop_all();
  // SA_RESETHAND has put the default action back: the process dies as it would have.
  raise(signal);
}

void install_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_handler = on_deadly_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    for (int s : kDeadlySignals) {
      struct sigaction old = {};
      sigaction(s, nullptr, &old);
      // Somebody else's handler (a debugger's, a sanitizer's) stays, and nohup's choice too.
      if (old.sa_handler == SIG_DFL) sigaction(s, &action, nullptr);
    }
    std::atexit([] { emergency_stop_all(); });
  });
}

}  // namespace

void emergency_stop_all() noexcept {
  for (auto& slot : g_stop_slots) {
    if (WheelMotors* motors = slot.load()) motors->emergency_zero();
  }
}

EmergencyStop::EmergencyStop(WheelMotors& motors) {
  install_once();
  for (int i = 0; i < kStopSlots && slot_ < 0; ++i) {
    WheelMotors* expected = nullptr;
    if (g_stop_slots[i].compare_exchange_strong(expected, &motors)) slot_ = i;
  }
}

EmergencyStop::~EmergencyStop() {
  if (slot_ >= 0) g_stop_slots[slot_].store(nullptr);
}

}  // namespace jetline
