// How long one detection takes, stage by stage: decoded frame to tensor (pre), the engine's call (infer),
// outputs to boxes in the image (post), and their sum. Frames are decoded before the clock starts.
//
// Ids: bench.frames (no frame, or a number out of range), those of the detector and the image reader.
// Threads: call from one thread; in throughput mode as many threads as the engine wants run at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jetline/base/progress.h"
#include "jetline/base/status.h"
#include "jetline/vision/detector.h"

namespace jetline {

struct BenchOptions {
  std::vector<std::string> images;             // files or folders, used in turn; empty: one random frame
  int frame_width = 1280, frame_height = 720;  // of the random frame
  uint64_t seed = 1;
  int64_t runs = 200;       // timed detections
  int64_t warmup = 10;      // before them, each thread
  int64_t max_images = 64;  // kept in memory
};

struct StageStats {
  int64_t n = 0;
  double median_ms = 0, p90_ms = 0, p99_ms = 0, min_ms = 0, mean_ms = 0;
};
// Nearest-rank percentiles (the value itself, no interpolation). Zeros when `nanos` is empty.
StageStats stage_stats(std::vector<Nanos> nanos);

struct BenchReport {
  StageStats pre, infer, post, total;
  double fps = 0;              // detections a second, by the wall clock, all threads together
  int64_t detections = 0;      // found in the timed runs: shows that post had work
  int64_t peak_rss_bytes = 0;  // of the whole process so far
  std::map<std::string, std::string> conditions;
};

Result<BenchReport> run_bench(Detector& detector, const BenchOptions& options, Progress* progress = nullptr,
                              CancelToken* cancel = nullptr);

}  // namespace jetline
