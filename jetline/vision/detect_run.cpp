// See detect_run.h.
#include "jetline/vision/detect_run.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "jetline/vision/detect_outputs.h"
#include "jetline/vision/detect_video.h"
#include "jetline/vision/draw.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

// A few detectors shared by more workers: a worker decodes without one and borrows one to detect.
class DetectorPool {
 public:
  explicit DetectorPool(std::vector<Detector*> free) : free_(std::move(free)) {}
  Detector* take() {
    std::unique_lock<std::mutex> lock(mutex_);
    back_.wait(lock, [&] { return !free_.empty(); });
    Detector* d = free_.back();
    free_.pop_back();
    return d;
  }
  void give(Detector* d) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      free_.push_back(d);
    }
    back_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable back_;
  std::vector<Detector*> free_;
};

struct StillSlot {
  enum class State { kOpen, kDone, kSkipped } state = State::kOpen;
  DetectedImage result;
  Status why;
};

// The stills [first, last) of the inputs.
class StillRun {
 public:
  StillRun(const DetectRunOptions& options, const std::vector<DetectInput>& inputs,
           const DetectOutputs& outputs, DetectorPool& pool, const std::vector<std::string>& labels,
           CancelToken* cancel)
      : options_(options),
        inputs_(inputs),
        outputs_(outputs),
        pool_(pool),
        labels_(labels),
        cancel_(cancel) {}

  Status run(size_t first, size_t last, int64_t first_id, size_t workers, Progress* progress,
             DetectReport& report) {
    first_ = first;
    next_ = first;
    last_ = last;
    first_id_ = first_id;
    progress_ = progress;
    slots_.resize(last - first);
    std::vector<std::thread> threads;
    for (size_t w = 1; w < std::min(workers, last - first); ++w) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& t : threads) t.join();
    for (size_t i = 0; i < slots_.size(); ++i) {
      StillSlot& slot = slots_[i];
      if (slot.state == StillSlot::State::kDone) report.images.push_back(std::move(slot.result));
      if (slot.state == StillSlot::State::kSkipped)
        report.skipped.push_back({inputs_[first + i].path, slot.why});
    }
    report.sum.pre += sum_.pre;
    report.sum.infer += sum_.infer;
    report.sum.post += sum_.post;
    report.written.insert(report.written.end(), written_.begin(), written_.end());
    return fatal_;
  }

 private:
  bool stopped() const { return stop_.load() || (cancel_ && cancel_->cancelled()); }

  void fail(const Status& status) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (fatal_.ok()) fatal_ = status;
    stop_.store(true);
  }

  void work() {
    Image image;  // its memory is reused from picture to picture
    for (;;) {
      const size_t i = next_.fetch_add(1);
      if (i >= last_ || stopped()) return;
      one(i, image);
    }
  }

  void one(size_t i, Image& image) {
    StillSlot& slot = slots_[i - first_];
    const DetectInput& in = inputs_[i];
    const Status loaded = load_image_into(in.path, image);
    if (!loaded.ok()) {
      slot.why = loaded;
      slot.state = StillSlot::State::kSkipped;
      if (options_.strict) fail(loaded.at(in.path));
      return;
    }
    StageTimes times;
    Detector* detector = pool_.take();
    const Status detected = detector->detect(image, slot.result.detections, &times);
    pool_.give(detector);
    if (!detected.ok()) return fail(detected.at(in.path));
    slot.result.detections.shrink_to_fit();
    const int64_t numbered = options_.ids_from_names ? id_from_name(in.name) : -1;
    slot.result.id = numbered >= 0 ? numbered : first_id_ + static_cast<int64_t>(i - first_);
    slot.result.name = in.name;
    if (!outputs_.pictures[i].empty()) {
      draw_detections(image, slot.result.detections, labels_);
      for (const std::string& path : outputs_.pictures[i]) {
        const Status saved = save_image(path, image, *options_.fs);
        if (!saved.ok()) return fail(saved);
      }
    }
    slot.state = StillSlot::State::kDone;
    std::lock_guard<std::mutex> lock(mutex_);
    sum_.pre += times.pre;
    sum_.infer += times.infer;
    sum_.post += times.post;
    written_.insert(written_.end(), outputs_.pictures[i].begin(), outputs_.pictures[i].end());
    if (options_.on_image) options_.on_image(slot.result);
    if (progress_) progress_->report("detect", ++done_, static_cast<int64_t>(last_ - first_), "");
  }

  const DetectRunOptions& options_;
  const std::vector<DetectInput>& inputs_;
  const DetectOutputs& outputs_;
  DetectorPool& pool_;
  const std::vector<std::string>& labels_;
  CancelToken* cancel_;
  Progress* progress_ = nullptr;
  std::vector<StillSlot> slots_;
  size_t first_ = 0, last_ = 0;
  int64_t first_id_ = 1, done_ = 0;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  Status fatal_;
  StageTimes sum_;
  std::vector<std::string> written_;
};

}  // namespace

Status DetectReport::status() const {
  if (cancelled) return Status::cancelled();
  if (skipped.empty()) return Status();
  return Status::negative("detect.skipped", std::to_string(skipped.size()) + " of " +
                                                std::to_string(skipped.size() + images.size()) +
                                                " pictures could not be read");
}

Result<DetectReport> run_detect(Detector& detector, const DetectRunOptions& options, Progress* progress,
                                CancelToken* cancel) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<DetectInput> inputs, expand_inputs(options.inputs));
  JETLINE_ASSIGN_OR_RETURN(const DetectOutputs outputs, plan_outputs(inputs, options.outputs, options.force));
  for (const std::string& folder : outputs.folders)
    JETLINE_RETURN_IF_ERROR(options.fs->make_directories(folder));

  std::vector<std::unique_ptr<Detector>> clones;
  std::vector<Detector*> detectors = {&detector};
  const size_t stills =
      static_cast<size_t>(std::count_if(inputs.begin(), inputs.end(), [](const DetectInput& i) {
        return i.kind == DetectInput::Kind::kImage;
      }));
  const size_t wanted = std::min(stills, static_cast<size_t>(std::max(1, detector.optimal_clones())));
  while (detectors.size() < wanted) {
    auto clone = detector.clone();
    if (!clone.ok()) return clone.status();
    clones.push_back(std::move(*clone));
    detectors.push_back(clones.back().get());
  }
  // With one detector a second worker decodes the next picture meanwhile; more detectors already overlap.
  const size_t workers = detectors.size() == 1 ? 2 : detectors.size();
  DetectorPool pool(detectors);

  DetectReport report;
  Status fatal;
  int64_t next_id = 1;
  const std::vector<std::string>& labels = detector.card().labels;
  for (size_t i = 0; i < inputs.size() && fatal.ok() && !(cancel && cancel->cancelled());) {
    if (inputs[i].kind != DetectInput::Kind::kImage) {
      fatal =
          detect_stream(detector, options, inputs[i], outputs.pictures[i], next_id, progress, cancel, report);
      ++i;
      continue;
    }
    size_t end = i;
    while (end < inputs.size() && inputs[end].kind == DetectInput::Kind::kImage) ++end;
    StillRun run(options, inputs, outputs, pool, labels, cancel);
    fatal = run.run(i, end, next_id, workers, progress, report);
    next_id += static_cast<int64_t>(end - i);
    i = end;
  }
  report.cancelled = cancel && cancel->cancelled();
  if (!fatal.ok()) return fatal;
  for (const std::string& path : outputs.json) {
    JETLINE_RETURN_IF_ERROR(write_file(path, coco_results_json(report.images, labels), *options.fs));
    report.written.push_back(path);
  }
  return report;
}

}  // namespace jetline
