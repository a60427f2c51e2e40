// See detect_video.h.
#include "jetline/vision/detect_video.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "jetline/vision/draw.h"

namespace jetline {
namespace {

// A ring of reused frames between the reader thread and the consumer. The reader never drops a frame of a
// file; a camera's driver drops those that nobody fetches.
class FrameAhead {
 public:
  explicit FrameAhead(FrameSource& source) : source_(source), thread_([this] { read(); }) {}
  ~FrameAhead() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      quit_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  // The next frame, valid until release(); null at the end or on an error (see status()).
  Image* next() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return filled_ > 0 || ended_; });
    return filled_ > 0 ? &ring_[head_] : nullptr;
  }
  void release() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      head_ = (head_ + 1) % ring_.size();
      --filled_;
    }
    changed_.notify_all();
  }
  Status status() {
    std::lock_guard<std::mutex> lock(mutex_);
    return status_;
  }

 private:
  void read() {
    size_t tail = 0;
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return filled_ < ring_.size() || quit_; });
        if (quit_) return;
      }
      auto got = source_.next(ring_[tail]);
      std::lock_guard<std::mutex> lock(mutex_);
      if (!got.ok() || !*got) {
        status_ = got.status();
        ended_ = true;
        changed_.notify_all();
        return;
      }
      tail = (tail + 1) % ring_.size();
      ++filled_;
      changed_.notify_all();
    }
  }

  FrameSource& source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Image, 3> ring_;
  size_t head_ = 0, filled_ = 0;
  bool ended_ = false, quit_ = false;
  Status status_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace

Status detect_stream(Detector& detector, const DetectRunOptions& options, const DetectInput& input,
                     const std::vector<std::string>& outputs, int64_t& next_id, Progress* progress,
                     CancelToken* cancel, DetectReport& report) {
  auto opened = options.open_stream ? options.open_stream(input.path) : FrameSource::open(input.path);
  if (!opened.ok()) {
    if (options.strict || opened.status().kind() == ErrorKind::kMissing)
      return opened.status().at(input.path);
    report.skipped.push_back({input.path, opened.status()});
    return Status();
  }
  const VideoInfo info = (*opened)->info();
  FrameAhead frames(**opened);
  std::vector<std::unique_ptr<VideoWriter>> writers;
  int64_t index = 0;
  while (!(cancel && cancel->cancelled()) && (options.max_frames <= 0 || index < options.max_frames)) {
    Image* frame = frames.next();
    if (!frame) break;
    DetectedImage result;
    StageTimes times;
    JETLINE_RETURN_IF_ERROR(detector.detect(*frame, result.detections, &times).at(input.path));
    result.id = next_id++;
    result.name = input.name;
    result.frame = index;
    if (!outputs.empty()) {
      draw_detections(*frame, result.detections, detector.card().labels);
      if (writers.empty()) {
        for (const std::string& path : outputs) {
          auto writer = VideoWriter::create(path, frame->width(), frame->height(),
                                            info.fps > 0 ? info.fps : 25, *options.fs);
          if (!writer.ok()) return writer.status();
          writers.push_back(std::move(*writer));
        }
      }
      for (auto& w : writers) JETLINE_RETURN_IF_ERROR(w->write(*frame));
    }
    frames.release();
    ++index;
    report.sum.pre += times.pre;
    report.sum.infer += times.infer;
    report.sum.post += times.post;
    if (options.on_image) options.on_image(result);
    report.images.push_back(std::move(result));
    if (progress) progress->report("detect " + input.name, index, info.frames, "");
  }
  for (size_t i = 0; i < writers.size(); ++i) {
    JETLINE_RETURN_IF_ERROR(writers[i]->finish());
    report.written.push_back(outputs[i]);
  }
  const Status broken = frames.status();
  if (!broken.ok() && options.strict) return broken.at(input.path);
  if (!broken.ok()) report.skipped.push_back({input.path, broken});
  return Status();
}

}  // namespace jetline
