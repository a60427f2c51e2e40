// Progress and cancellation of long work, as a seam. The library calls report(); the program draws a bar with
// rate and ETA on stderr. Called from the thread that does the work, at any rate (the drawer throttles).
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace jetline {

class Progress {
 public:
  virtual ~Progress() = default;
  // `done` of `total` units (total 0: unknown) in `stage`; `note` is a short free text ("loss 1.23").
  virtual void report(std::string_view stage, int64_t done, int64_t total, std::string_view note) = 0;
};

// Set from a signal handler or another thread; long loops look at it and return Status::cancelled().
class CancelToken {
 public:
  void cancel() { flag_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return flag_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> flag_{false};
};

}  // namespace jetline
