// See bench_run.h.
#include "jetline/vision/bench_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "jetline/vision/detect_inputs.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

// Smooth blocks with noise: a frame that is neither flat (too easy for caches) nor pure noise.
Image bench_random_frame(int width, int height, uint64_t seed) {
  Image image(width, height);
  uint64_t s = seed * 0x9e3779b97f4a7c15ull + 1;
  const auto next = [&s] {
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return s;
  };
  for (int y = 0; y < height; ++y) {
    uint8_t* row = image.row(y);
    for (int x = 0; x < width * 3; ++x)
      row[x] = static_cast<uint8_t>(((x / 90 + y / 30) * 37 + (next() & 31)) & 255);
  }
  return image;
}

Result<std::vector<Image>> bench_frames(const BenchOptions& options, std::string& what) {
  std::vector<Image> frames;
  if (options.images.empty()) {
    if (options.frame_width < 1 || options.frame_height < 1 || options.frame_width > 16384 ||
        options.frame_height > 16384) {
      return Status::usage("bench.frames", "the frame's sides are 1 to 16384 pixels");
    }
    frames.push_back(bench_random_frame(options.frame_width, options.frame_height, options.seed));
    what = "random " + std::to_string(options.frame_width) + "x" + std::to_string(options.frame_height);
    return frames;
  }
  JETLINE_ASSIGN_OR_RETURN(const auto inputs, expand_inputs(options.images));
  for (const DetectInput& in : inputs) {
    if (in.kind != DetectInput::Kind::kImage) continue;
    if (static_cast<int64_t>(frames.size()) >= options.max_images) break;
    JETLINE_ASSIGN_OR_RETURN(Image image, load_image(in.path));
    frames.push_back(std::move(image));
  }
  if (frames.empty()) return Status::bad_input("bench.frames", "there is no still picture among the inputs");
  what = std::to_string(frames.size()) + (frames.size() == 1 ? " image" : " images");
  return frames;
}

struct BenchSamples {
  std::vector<Nanos> pre, infer, post, total;
  void add(const BenchSamples& o) {
    pre.insert(pre.end(), o.pre.begin(), o.pre.end());
    infer.insert(infer.end(), o.infer.begin(), o.infer.end());
    post.insert(post.end(), o.post.begin(), o.post.end());
    total.insert(total.end(), o.total.begin(), o.total.end());
  }
};

}  // namespace

StageStats stage_stats(std::vector<Nanos> nanos) {
  StageStats s;
  if (nanos.empty()) return s;
  std::sort(nanos.begin(), nanos.end());
  s.n = static_cast<int64_t>(nanos.size());
  const auto rank = [&](double p) {
    auto i = static_cast<size_t>(p * static_cast<double>(nanos.size()) + 0.999999);  // ceil of p*n, 1-based
    i = std::clamp<size_t>(i, 1, nanos.size());
    return static_cast<double>(nanos[i - 1]) / kMillisecond;
  };
  s.median_ms = rank(0.5);
  s.p90_ms = rank(0.9);
  s.p99_ms = rank(0.99);
  s.min_ms = static_cast<double>(nanos.front()) / kMillisecond;
  double sum = 0;
  for (Nanos v : nanos) sum += static_cast<double>(v);
  s.mean_ms = sum / static_cast<double>(nanos.size()) / kMillisecond;
  return s;
}

Result<BenchReport> run_bench(Detector& detector, const BenchOptions& options, Progress* progress,
                              CancelToken* cancel) {
  if (options.runs < 1 || options.runs > 10000000 || options.warmup < 0) {
    return Status::usage("bench.frames", "the number of runs is 1 to 10000000");
  }
  BenchReport report;
  std::string what;
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Image> frames, bench_frames(options, what));
  std::vector<std::unique_ptr<Detector>> clones;
  for (int i = 1; i < detector.optimal_clones(); ++i) {
    JETLINE_ASSIGN_OR_RETURN(auto clone, detector.clone());
    clones.push_back(std::move(clone));
  }
  std::atomic<int64_t> next{0}, warm{0};
  std::mutex mutex;
  BenchSamples all;
  Status failed;
  Nanos first = 0, last = 0;
  const auto work = [&](Detector& d) {
    BenchSamples mine;
    std::vector<Detection> found;
    int64_t count = 0;
    Status status;
    // Every frame size is met before the clock starts: the first frame of a size takes memory.
    const int64_t warmup = std::max<int64_t>(options.warmup, static_cast<int64_t>(frames.size()));
    const auto stopped = [&] { return cancel && cancel->cancelled(); };
    for (int64_t i = 0; i < warmup && status.ok() && !stopped(); ++i)
      status = d.detect(frames[static_cast<size_t>(i) % frames.size()], found);
    ++warm;
    while (warm.load() < static_cast<int64_t>(clones.size()) + 1) std::this_thread::yield();
    const Nanos begin = real_clock().now();
    for (int64_t i;
         status.ok() && (i = next.fetch_add(1)) < options.runs && !stopped();) {
      StageTimes t;
      const Nanos start = real_clock().now();
      status = d.detect(frames[static_cast<size_t>(i) % frames.size()], found, &t);
      mine.total.push_back(real_clock().now() - start);
      mine.pre.push_back(t.pre);
      mine.infer.push_back(t.infer);
      mine.post.push_back(t.post);
      count += static_cast<int64_t>(found.size());
      if (&d == &detector && progress) progress->report("bench", i + 1, options.runs, "");
    }
    const Nanos end = real_clock().now();
    std::lock_guard<std::mutex> lock(mutex);
    all.add(mine);
    report.detections += count;
    if (failed.ok()) failed = status;
    first = first == 0 ? begin : std::min(first, begin);
    last = std::max(last, end);
  };
  std::vector<std::thread> threads;
  for (auto& c : clones) threads.emplace_back([&work, &c] { work(*c); });
  work(detector);
  for (std::thread& t : threads) t.join();
  JETLINE_RETURN_IF_ERROR(failed);
  if (cancel && cancel->cancelled()) return Status::cancelled();
  report.fps =
      last > first ? static_cast<double>(all.total.size()) * kSecond / static_cast<double>(last - first) : 0;
  report.pre = stage_stats(std::move(all.pre));
  report.infer = stage_stats(std::move(all.infer));
  report.post = stage_stats(std::move(all.post));
  report.total = stage_stats(std::move(all.total));
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  report.peak_rss_bytes = static_cast<int64_t>(usage.ru_maxrss) * 1024;
  report.conditions = detector.conditions();
  report.conditions["frames"] = what;
  report.conditions["sessions"] = std::to_string(clones.size() + 1);
  report.conditions["cores"] = std::to_string(std::thread::hardware_concurrency());
  return report;
}

}  // namespace jetline
