// What pre- and postprocessing of a detector cost beside its inference, all on one thread: the frame is
// 1280x720, the detector any file that `jetline detect` takes (made for YOLOX-nano 416). Prints one JSON
// object with the conditions.
//
//   prepost MODEL [RUNS] [IMAGE]
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "jetline/vision/bench_run.h"
#include "jetline/vision/image_io.h"

namespace {

nlohmann::ordered_json stage(const jetline::StageStats& s) {
  return {{"n", s.n}, {"median_ms", s.median_ms}, {"p90_ms", s.p90_ms}, {"p99_ms", s.p99_ms}};
}

int fail(const jetline::Status& status) {
  std::fprintf(stderr, "prepost: %s\n", status.to_string().c_str());
  return status.exit_code();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: prepost MODEL [RUNS] [IMAGE]\n");
    return 2;
  }
  jetline::DetectorOptions options;
  options.engine.threads = 1;
  options.score_threshold = 0.05f;  // low: decoding has much to do
  auto detector = jetline::Detector::create(argv[1], options);
  if (!detector.ok()) return fail(detector.status());
  jetline::BenchOptions bench;
  if (argc > 2) bench.runs = std::atoll(argv[2]);
  if (argc > 3) bench.images = {argv[3]};
  auto report = jetline::run_bench(**detector, bench);
  if (!report.ok()) return fail(report.status());
  const double share = (report->pre.median_ms + report->post.median_ms) / report->infer.median_ms;
  nlohmann::ordered_json j;
  j["conditions"] = report->conditions;
  j["conditions"]["score_threshold"] = "0.05";
  j["stages"] = {{"pre", stage(report->pre)}, {"infer", stage(report->infer)}, {"post", stage(report->post)}};
  j["detections_per_frame"] = static_cast<double>(report->detections) / static_cast<double>(report->total.n);
  j["pre_plus_post_share_of_inference"] = share;
  std::printf("%s\n", j.dump(2).c_str());
  return 0;
}
