#include "jetline/sim/synth.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "jetline/base/clock.h"
#include "jetline/data/writers.h"
#include "jetline/sim/renderer.h"
#include "jetline/sim/view_random.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

struct SynthPicture {
  size_t split = 0;
  uint64_t number = 0;  // within the split
  std::string name, path;
  bool with_can = false, has_box = false;
  Box box;
  double visible = 0;
  int64_t redrawn = 0;
};

Status check_synth(const SynthOptions& o) {
  const auto bad = [](std::string text) {
    return Status::usage("synth.options", std::move(text), "jetline data synth --help lists the ranges");
  };
  int64_t total = 0;
  for (size_t i = 0; i < o.splits.size(); ++i) {
    if (o.splits[i].second < 0)
      return bad("split " + o.splits[i].first + " has a negative number of pictures");
    for (size_t k = 0; k < i; ++k) {
      if (o.splits[k].first == o.splits[i].first)
        return bad("split " + o.splits[i].first + " is named twice");
    }
    total += o.splits[i].second;
  }
  if (o.output.empty()) return bad("no output folder was named");
  if (total < 1 || total > 10000000)
    return bad("the number of pictures must be 1 to 10000000, not " + std::to_string(total));
  if (o.width < 64 || o.height < 64 || o.width > 4096 || o.height > 4096)
    return bad("picture sides must be 64 to 4096 pixels");
  if (o.camera != "standard" && o.camera != "wide")
    return bad("no camera named " + o.camera + "; there are standard and wide");
  if (o.threads < 1 || o.threads > 256) return bad("the number of threads must be 1 to 256");
  const bool fractions =
      o.empty_fraction >= 0 && o.empty_fraction <= 1 && o.min_visible >= 0 && o.min_visible <= 0.95;
  if (!fractions) return bad("empty_fraction must be 0 to 1 and min_visible 0 to 0.95");
  if (!(o.min_height_px >= 2 && o.min_height_px <= o.height / 2.0))
    return bad("min_height_px must be 2 to half the picture's height");
  return Status();
}

// Draws picture `p` into `out`; every attempt has random numbers of its own.
void draw_picture(const SynthOptions& o, const std::string& split, SynthPicture& p, sim::Renderer& renderer,
                  sim::Sensor& sensor, Image& out) {
  uint64_t salt = 1469598103934665603ull;  // FNV-1a of the split's name
  for (char c : split) salt = (salt ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  const Random base = Random(o.seed).fork(salt).fork(p.number);
  Random first = base.fork(0);
  p.with_can = !first.chance(o.empty_fraction);
  for (uint64_t attempt = 1;; ++attempt) {
    Random random = base.fork(attempt);
    sim::ViewOptions view_options;
    view_options.with_can = p.with_can;
    view_options.min_height_px = o.min_height_px;
    const sim::View view = sim::random_view(renderer.lens(), view_options, random);
    renderer.set_scene(view.scene);
    renderer.render(view.pose);
    if (p.with_can) {
      const sim::Truth truth = renderer.truth(view.scene.target);
      if (truth.visible < o.min_visible || truth.box.height() < o.min_height_px) {
        ++p.redrawn;
        continue;
      }
      p.has_box = true;
      p.box = truth.box;
      p.visible = truth.visible;
    }
    sensor.develop(renderer.radiance(), renderer.lens().width, renderer.lens().height, view.sensor, random,
                   out);
    return;
  }
}

class SynthJob {
 public:
  SynthJob(const SynthOptions& o, FileSystem& fs, std::vector<SynthPicture>& pictures, Progress& progress,
           CancelToken& cancel)
      : o_(o), fs_(fs), pictures_(pictures), progress_(progress), cancel_(cancel) {}

  Status run() {
    std::vector<std::thread> threads;
    const int count = std::min<int>(o_.threads, static_cast<int>(pictures_.size()));
    for (int i = 1; i < count; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& t : threads) t.join();
    return status_;
  }

 private:
  void work() {
    const Lens lens =
        o_.camera == "wide" ? Lens::wide(o_.width, o_.height) : Lens::standard(o_.width, o_.height);
    sim::Renderer renderer(lens);
    sim::Sensor sensor;
    Image image;
    while (!stop_.load()) {
      const size_t i = next_.fetch_add(1);
      if (i >= pictures_.size()) return;
      SynthPicture& p = pictures_[i];
      draw_picture(o_, o_.splits[p.split].first, p, renderer, sensor, image);
      Status s = cancel_.cancelled() ? Status::cancelled() : save_image(p.path, image, fs_);
      std::lock_guard<std::mutex> lock(mutex_);
      if (!s.ok()) {
        if (status_.ok()) status_ = s;
        stop_.store(true);
        return;
      }
      progress_.report("render", ++done_, static_cast<int64_t>(pictures_.size()), "");
    }
  }

  const SynthOptions& o_;
  FileSystem& fs_;
  std::vector<SynthPicture>& pictures_;
  Progress& progress_;
  CancelToken& cancel_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  int64_t done_ = 0;
  Status status_;
};

std::vector<NamedSplit> synth_splits(const SynthOptions& o, const std::vector<SynthPicture>& pictures) {
  std::vector<NamedSplit> splits;
  for (const auto& s : o.splits) {
    NamedSplit split;
    split.name = s.first;
    split.dataset.format = o.format;
    split.dataset.root = o.output;
    split.dataset.classes = {"can"};
    splits.push_back(std::move(split));
  }
  for (const SynthPicture& p : pictures) {
    LabelledImage image;
    image.path = p.path;
    image.name = p.name;
    image.width = o.width;
    image.height = o.height;
    if (p.has_box) {
      LabelledBox box;
      box.box = p.box;
      image.boxes.push_back(box);
    }
    Dataset& d = splits[p.split].dataset;
    image.id = static_cast<int64_t>(d.images.size()) + 1;
    d.images.push_back(std::move(image));
  }
  return splits;
}

SynthReport synth_report(const SynthOptions& o, const std::vector<SynthPicture>& pictures) {
  SynthReport r;
  r.output = o.output;
  r.classes = {"can"};
  r.images = static_cast<int64_t>(pictures.size());
  std::vector<double> heights;
  for (const SynthPicture& p : pictures) {
    r.redrawn += p.redrawn;
    if (!p.has_box) continue;
    ++r.boxes;
    r.occluded += p.visible < 0.95;
    heights.push_back(p.box.height());
  }
  std::sort(heights.begin(), heights.end());
  if (!heights.empty()) {
    r.height_min_px = heights.front();
    r.height_median_px = heights[heights.size() / 2];
    r.height_max_px = heights.back();
  }
  return r;
}

}  // namespace

Result<SynthReport> synth_dataset(const SynthOptions& o, Progress& progress, CancelToken& cancel) {
  JETLINE_RETURN_IF_ERROR(check_synth(o));
  FileSystem& fs = o.file_system ? *o.file_system : real_file_system();
  const Nanos start = real_clock().now();
  std::vector<SynthPicture> pictures;
  for (size_t s = 0; s < o.splits.size(); ++s) {
    for (int i = 0; i < o.splits[s].second; ++i) {
      SynthPicture p;
      p.split = s;
      p.number = static_cast<uint64_t>(i);
      std::string digits = std::to_string(i);
      digits.insert(0, digits.size() < 5 ? 5 - digits.size() : 0, '0');
      p.name = (o.splits[s].first.empty() ? "can" : o.splits[s].first) + "_" + digits + ".jpg";
      p.path = dataset_image_path(o.output, o.format, o.splits[s].first, p.name);
      pictures.push_back(std::move(p));
    }
    if (o.splits[s].second > 0) {
      const std::string any = dataset_image_path(o.output, o.format, o.splits[s].first, "x.jpg");
      JETLINE_RETURN_IF_ERROR(fs.make_directories(parent_path(any)));
    }
  }
  Status status = SynthJob(o, fs, pictures, progress, cancel).run();
  if (status.ok()) {
    SaveOptions save;
    save.images = ImagePlacement::kInPlace;
    save.force = o.force;
    std::vector<NamedSplit> splits = synth_splits(o, pictures);
    if (splits.size() == 1) {
      save.split = splits[0].name;
      status = save_dataset(splits[0].dataset, o.output, o.format, save, fs);
    } else {
      auto saved = save_splits(splits, o.output, o.format, save, fs);
      status = saved.status();
    }
  }
  if (!status.ok()) {
    for (const SynthPicture& p : pictures) {
      if (file_exists(p.path)) (void)fs.remove(p.path).ok();
    }
    return status;
  }
  SynthReport report = synth_report(o, pictures);
  report.seconds = static_cast<double>(real_clock().now() - start) / kSecond;
  return report;
}

}  // namespace jetline
