// What the builder is doing, as a share of the whole, and the way to stop it. From TensorRT 10 on by its
// progress monitor, whose phases nest: a phase of n steps of which k are done stands at k/n plus what its
// running sub-phase adds. Before, its verbose log is all there is: each timed layer is counted, without a
// total.
//
// Threads: the builder may call from several threads.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "jetline/base/progress.h"
#include "jetline/engine/tensorrt/trt_common.h"

namespace jetline {
namespace trt {

class BuildWatch
#if TRT_HAS_PROGRESS
    : public nvinfer1::IProgressMonitor
#endif
{
 public:
  BuildWatch(Progress& progress, const CancelToken& cancel) : progress_(progress), cancel_(cancel) {}

  void phase_start(const std::string& name, const std::string& parent, int steps);
  bool step_complete(const std::string& name, int step);  // false: stop
  void phase_finish(const std::string& name);
  void log_line(const std::string& line);  // of the verbose log

#if TRT_HAS_PROGRESS
  void phaseStart(char const* name, char const* parent, int32_t steps) noexcept override;
  bool stepComplete(char const* name, int32_t step) noexcept override;
  void phaseFinish(char const* name) noexcept override;
#endif

 private:
  struct Phase {
    std::string name, parent;
    int steps = 0, done = 0;
  };
  double share(const Phase& phase) const;
  void report(const std::string& note);

  Progress& progress_;
  const CancelToken& cancel_;
  std::mutex mutex_;
  std::vector<Phase> phases_;
  int64_t timed_layers_ = 0, best_ = 0;
};

}  // namespace trt
}  // namespace jetline
