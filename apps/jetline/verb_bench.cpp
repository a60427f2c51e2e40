// jetline bench: how long a detector takes, stage by stage.
#include <cmath>
#include <cstdio>

#include "apps/jetline/detector_options.h"
#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/vision/bench_run.h"

namespace jetline::cli {
namespace {

struct BenchState {
  std::string model, images, image;
  DetectorFlags flags;
  BenchOptions bench;
};

nlohmann::ordered_json bench_stage_json(const StageStats& s) {
  const auto ms = [](double v) { return std::round(v * 1e4) / 1e4; };
  return {{"n", s.n},
          {"median_ms", ms(s.median_ms)},
          {"p90_ms", ms(s.p90_ms)},
          {"p99_ms", ms(s.p99_ms)},
          {"min_ms", ms(s.min_ms)},
          {"mean_ms", ms(s.mean_ms)}};
}

std::string bench_ms(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", v);
  return text;
}

Status bench_main(BenchState& s, Io& io) {
  if (!s.images.empty()) s.bench.images = {s.images};
  if (!s.image.empty()) s.bench.images.push_back(s.image);
  JETLINE_ASSIGN_OR_RETURN(const DetectorOptions options, s.flags.resolve(false));
  JETLINE_ASSIGN_OR_RETURN(const auto detector, Detector::create(s.model, options));
  JETLINE_ASSIGN_OR_RETURN(const BenchReport r, run_bench(*detector, s.bench, &io.progress(), &io.cancel()));
  const std::pair<const char*, const StageStats*> stages[] = {
      {"pre", &r.pre}, {"infer", &r.infer}, {"post", &r.post}, {"total", &r.total}};
  if (io.json) {
    nlohmann::ordered_json j;
    j["model"] = s.model;
    j["conditions"] = r.conditions;
    for (const auto& [name, stats] : stages) j["stages"][name] = bench_stage_json(*stats);
    j["fps"] = std::round(r.fps * 100) / 100;
    j["detections"] = r.detections;
    j["memory"] = {{"peak_rss_bytes", r.peak_rss_bytes}};
    io.emit_json(j);
    return Status();
  }
  Table table({"stage", "n>", "median ms>", "p90 ms>", "p99 ms>"});
  for (const auto& [name, stats] : stages) {
    table.row({name, std::to_string(stats->n), bench_ms(stats->median_ms), bench_ms(stats->p90_ms),
               bench_ms(stats->p99_ms)});
  }
  std::string text = table.str();
  char line[96];
  std::snprintf(line, sizeof line, "%.1f pictures/s, %lld detections, peak memory %s\n", r.fps,
                static_cast<long long>(r.detections),
                human_bytes(static_cast<double>(r.peak_rss_bytes)).c_str());
  text += line;
  text += "conditions:";
  for (const auto& [key, value] : r.conditions) text += " " + key + "=" + value + ";";
  text.back() = '\n';
  io.print(text);
  return Status();
}

VerbRun setup_bench(CLI::App& app, Io& io) {
  auto s = std::make_shared<BenchState>();
  app.add_option("model", s->model, "detector: an ONNX file (or what the engine reads)")->required();
  auto* images = app.add_option("--images", s->images, "folder of pictures, used in turn");
  app.add_option("--image", s->image, "one picture (neither: a random 1280x720 frame)")->excludes(images);
  app.add_option("-n,--runs", s->bench.runs, "timed detections")->capture_default_str();
  app.add_option("--warmup", s->bench.warmup, "detections before the clock starts")->capture_default_str();
  app.add_option("--seed", s->bench.seed, "of the random frame")->capture_default_str();
  s->flags.add_to(app);
  return [s, &io] { return bench_main(*s, io); };
}

}  // namespace

extern const Verb kBenchVerb;
const Verb kBenchVerb = {"bench", "time a detector: preprocessing, inference, decoding",
                         "  jetline bench can.onnx --images photos/\n"
                         "  jetline bench yolox_nano.onnx --threads 1 --runs 500 --json",
                         setup_bench};

}  // namespace jetline::cli
