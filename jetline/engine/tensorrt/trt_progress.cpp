#include "jetline/engine/tensorrt/trt_progress.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline {
namespace trt {
namespace {
constexpr int64_t kPermille = 1000;
}  // namespace

double BuildWatch::share(const Phase& phase) const {
  double inner = 0;
  for (const Phase& p : phases_) {
    if (p.parent == phase.name && p.name != phase.name) inner = std::max(inner, share(p));
  }
  return phase.steps <= 0 ? inner : std::min(1.0, (phase.done + inner) / phase.steps);
}

void BuildWatch::report(const std::string& note) {
  if (phases_.empty()) return;
  // Phases are entered again with other step counts; a bar does not run backwards.
  best_ = std::max(best_, static_cast<int64_t>(share(phases_.front()) * kPermille));
  progress_.report("build", best_, kPermille, note);
}

void BuildWatch::phase_start(const std::string& name, const std::string& parent, int steps) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto known = [&](const std::string& wanted) {
    return std::any_of(phases_.begin(), phases_.end(), [&](const Phase& p) { return p.name == wanted; });
  };
  // A phase whose parent is not running belongs to the one that was entered last.
  const std::string under = phases_.empty()                   ? ""
                            : parent != name && known(parent) ? parent
                                                              : phases_.back().name;
  phases_.push_back({name, under, steps, 0});
  report(name);
}

bool BuildWatch::step_complete(const std::string& name, int step) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (Phase& p : phases_) {
    if (p.name == name) p.done = std::max(p.done, step + 1);
  }
  report(name);
  return !cancel_.cancelled();
}

void BuildWatch::phase_finish(const std::string& name) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it =
      std::find_if(phases_.rbegin(), phases_.rend(), [&](const Phase& p) { return p.name == name; });
  if (it == phases_.rend()) return;
  // What it was worth, its parent's next step says: phases without steps hold the same sub-phase many times.
  phases_.erase(std::next(it).base());
}

void BuildWatch::log_line(const std::string& line) {
  // "--------------- Timing Runner: conv1 + relu1 (CudnnConvolution)", releases 7 to 8.
  const size_t at = line.find("Timing Runner: ");
  if (at == std::string::npos) return;
  std::lock_guard<std::mutex> lock(mutex_);
  progress_.report("build", ++timed_layers_, 0, line.substr(at + 15));
}

#if TRT_HAS_PROGRESS
void BuildWatch::phaseStart(char const* name, char const* parent, int32_t steps) noexcept {
  try {
    phase_start(name ? name : "", parent ? parent : "", steps);
  } catch (...) {  // a bar that stands still is no reason to stop
  }
}
bool BuildWatch::stepComplete(char const* name, int32_t step) noexcept {
  try {
    return step_complete(name ? name : "", step);
  } catch (...) {
    return !cancel_.cancelled();
  }
}
void BuildWatch::phaseFinish(char const* name) noexcept {
  try {
    phase_finish(name ? name : "");
  } catch (...) {
  }
}
#endif

}  // namespace trt
}  // namespace jetline
