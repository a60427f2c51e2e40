#include "jetline/eval/evaluate.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "jetline/base/strings.h"
#include "jetline/vision/image_io.h"

namespace jetline {

std::string plain_label(const std::string& s) {
  std::string out;
  for (char c : to_lower(s)) {
    if (c != ' ' && c != '-' && c != '_') out += c;
  }
  return out;
}

namespace {

// "class 0", "class 1" …: what a model without labels of its own is given.
bool placeholder_labels(const std::vector<std::string>& labels) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (plain_label(labels[i]) != "class" + std::to_string(i)) return false;
  }
  return true;
}

// Reads pictures ahead of the detector, a few at a time, in order.
class PictureReader {
 public:
  explicit PictureReader(const Dataset& truth) : truth_(truth), thread_([this] { read(); }) {}
  ~PictureReader() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Status next(Image& image) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty(); });
    Picture p = std::move(ready_.front());
    ready_.pop_front();
    std::swap(image, p.image);
    spare_.push_back(std::move(p.image));  // its memory is used again
    lock.unlock();
    changed_.notify_all();
    return p.status;
  }

 private:
  static constexpr size_t kAhead = 4;
  struct Picture {
    Image image;
    Status status;
  };
  void read() {
    for (const LabelledImage& item : truth_.images) {
      Picture p;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || ready_.size() < kAhead; });
        if (stop_) return;
        if (!spare_.empty()) {
          p.image = std::move(spare_.back());
          spare_.pop_back();
        }
      }
      p.status = load_image_into(item.path, p.image);
      {
        std::lock_guard<std::mutex> lock(mutex_);
        ready_.push_back(std::move(p));
      }
      changed_.notify_all();
    }
  }

  const Dataset& truth_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Picture> ready_;
  std::vector<Image> spare_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

Result<LabelMap> map_classes(const std::vector<std::string>& model, const std::vector<std::string>& dataset,
                             bool by_index) {
  LabelMap map;
  const int have = static_cast<int>(dataset.size());
  if (by_index || placeholder_labels(model)) {
    for (int i = 0; i < std::max(have, static_cast<int>(model.size())); ++i)
      map.to.push_back(i < have ? i : -1);
    return map;
  }
  map.to.assign(model.size(), -1);
  std::vector<bool> used(dataset.size());
  size_t named = 0;
  for (const bool exact : {true, false}) {
    for (size_t m = 0; m < model.size(); ++m) {
      for (size_t d = 0; d < dataset.size() && map.to[m] < 0; ++d) {
        if (used[d] || !(exact ? model[m] == dataset[d] : plain_label(model[m]) == plain_label(dataset[d])))
          continue;
        map.to[m] = static_cast<int>(d);
        used[d] = true;
        ++named;
      }
    }
  }
  std::vector<std::string> left_out, absent;
  for (size_t m = 0; m < model.size(); ++m) {
    if (map.to[m] >= 0) continue;
    if (model.size() == dataset.size() && !used[m]) {
      map.to[m] = static_cast<int>(m);
      used[m] = true;
      map.notes.push_back("class " + std::to_string(m) + ": the model's '" + model[m] +
                          "' is taken for the data set's '" + dataset[m] + "' by position");
    } else {
      left_out.push_back(model[m]);
    }
  }
  for (size_t d = 0; d < dataset.size(); ++d) {
    if (!used[d]) absent.push_back(dataset[d]);
  }
  if (named == 0 && model.size() != dataset.size()) {
    return Status::bad_input(
        "eval.classes-differ",
        "the model's " + std::to_string(model.size()) + " labels and the data set's " +
            std::to_string(dataset.size()) + " classes have no name in common",
        "name the model's classes with --labels, or compare by position with --by-index");
  }
  if (!absent.empty()) map.notes.push_back("the model cannot find: " + join(absent, ", "));
  if (!left_out.empty()) {
    map.notes.push_back(std::to_string(left_out.size()) +
                        " classes of the model are not in the data set; their detections are left out");
  }
  return map;
}

Result<DetectorRun> run_detector(const Dataset& truth, Detector& detector, const LabelMap& classes,
                                 Progress& progress, CancelToken& cancel) {
  DetectorRun run;
  run.detections.resize(truth.images.size());
  run.times.resize(truth.images.size());
  const Nanos start = real_clock().now();
  PictureReader reader(truth);
  Image image;
  std::vector<Detection> found;
  for (size_t i = 0; i < truth.images.size(); ++i) {
    if (cancel.cancelled()) return Status::cancelled();
    progress.report("eval", static_cast<int64_t>(i), static_cast<int64_t>(truth.images.size()), "");
    JETLINE_RETURN_IF_ERROR(reader.next(image).at(truth.images[i].path));
    JETLINE_RETURN_IF_ERROR(detector.detect(image, found, &run.times[i]));
    ScoredBoxesPerImage boxes = to_scored_boxes({found});
    for (ScoredBox& b : boxes[0]) {
      const auto c = static_cast<size_t>(b.class_id);
      if (c >= classes.to.size() || classes.to[c] < 0) continue;
      b.class_id = classes.to[c];
      run.detections[i].push_back(b);
    }
  }
  progress.report("eval", static_cast<int64_t>(truth.images.size()),
                  static_cast<int64_t>(truth.images.size()), "");
  run.seconds = static_cast<double>(real_clock().now() - start) / kSecond;
  return run;
}

}  // namespace jetline
