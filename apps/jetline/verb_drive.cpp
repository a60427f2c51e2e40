// jetline drive --sim: the simulated robot looks for the can.
#include <memory>

#include "apps/jetline/verb.h"
#include "jetline/sim/drive.h"
#include "jetline/sim/recorder.h"

namespace jetline::cli {
namespace {

struct DriveArgs {
  sim::DriveOptions options;
  std::string detector = "model", picture, video;
  bool sim = false, oracle = false;
};

std::string fixed(double v, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, v);
  return text;
}

nlohmann::ordered_json histogram_json(const DurationHistogram& h) {
  nlohmann::ordered_json j = {{"n", h.count()},
                              {"mean", h.mean_ms()},
                              {"median", h.quantile_ms(0.5)},
                              {"p90", h.quantile_ms(0.9)},
                              {"p99", h.quantile_ms(0.99)},
                              {"max", h.max_ms()}};
  // Bins of 10 ms: [from, count], empty ones left out.
  j["histogram"] = nlohmann::ordered_json::array();
  for (int from = 0; from < DurationHistogram::kBins; from += 10) {
    int64_t n = 0;
    for (int k = 0; k < 10; ++k) n += h.bin(from + k);
    if (n) j["histogram"].push_back({from, n});
  }
  return j;
}

std::string histogram_text(const DurationHistogram& h) {
  std::string out;
  int64_t most = 1;
  const auto bin = [&](int from) {
    int64_t n = 0;
    for (int k = 0; k < 10 && from + k < DurationHistogram::kBins; ++k) n += h.bin(from + k);
    return n;
  };
  int first = -1, last = 0;
  for (int from = 0; from < DurationHistogram::kBins; from += 10) {
    if (!bin(from)) continue;
    if (first < 0) first = from;
    last = from;
    most = std::max(most, bin(from));
  }
  for (int from = first; first >= 0 && from <= last; from += 10) {
    char text[64];
    std::snprintf(text, sizeof text, "  %3d-%3d ms %8lld ", from, from + 10,
                  static_cast<long long>(bin(from)));
    out += text + std::string(static_cast<size_t>(bin(from) * 40 / most), '#') + "\n";
  }
  return out;
}

nlohmann::ordered_json drive_json(const sim::DriveReport& r, const sim::DriveOptions& o) {
  nlohmann::ordered_json j;
  j["reached"] = r.reached;
  j["collisions"] = r.collisions;
  j["episodes"] = nlohmann::ordered_json::array();
  for (const sim::EpisodeResult& e : r.episodes) {
    j["episodes"].push_back({{"seed", e.seed},
                             {"outcome", e.outcome},
                             {"distance_m", e.distance_m},
                             {"collisions", e.collisions},
                             {"seconds", e.seconds},
                             {"start_distance_m", e.start_distance_m},
                             {"start_bearing_deg", e.start_bearing_deg},
                             {"distractors", e.distractors},
                             {"redraws", e.redraws},
                             {"touched", e.touched},
                             {"frames", e.frames},
                             {"frames_with_detections", e.frames_with_detections},
                             {"safety_stops", e.safety_stops}});
  }
  j["latency_ms"] = histogram_json(r.glass_to_wheel);
  nlohmann::ordered_json conditions = {{"time", o.realtime ? "real" : "simulated"},
                                       {"camera", o.camera},
                                       {"control_hz", 30},
                                       {"wall_seconds", r.wall_seconds}};
  for (const auto& c : r.conditions) conditions[c.first] = c.second;
  if (o.realtime) {
    j["control"] = {{"beats", r.loop.beats},
                    {"overruns", r.loop.overruns},
                    {"period_error_ms",
                     {{"mean", r.loop.period_error.mean_ms()},
                      {"p999", r.loop.period_error_p999_ms},
                      {"max", r.loop.period_error_max_ms}}},
                    {"real_time_priority", r.loop.real_time_priority && r.supervisor_real_time}};
    j["detect_ms"] = histogram_json(r.detect_time);
  } else {
    conditions["camera_latency_ms"] = static_cast<double>(o.camera_latency) / kMillisecond;
    conditions["detect_latency_ms"] = static_cast<double>(o.detect_latency) / kMillisecond;
  }
  j["conditions"] = conditions;
  return j;
}

void print_drive(const sim::DriveReport& r, const sim::DriveOptions& o, Io& io) {
  Table table({"seed>", "outcome", "gap m>", "seconds>", "start m>", "bearing>", "distractors>",
               "collisions>", "seen>"});
  for (const sim::EpisodeResult& e : r.episodes) {
    const double seen =
        e.frames ? 100.0 * static_cast<double>(e.frames_with_detections) / static_cast<double>(e.frames) : 0;
    table.row({std::to_string(e.seed), e.outcome == "reached" ? io.green(e.outcome) : io.red(e.outcome),
               fixed(e.distance_m, 3), fixed(e.seconds, 1), fixed(e.start_distance_m, 2),
               fixed(e.start_bearing_deg, 0), std::to_string(e.distractors), std::to_string(e.collisions),
               fixed(seen, 0) + " %"});
  }
  io.print(table.str());
  io.print("\n" + std::to_string(r.reached) + " of " + std::to_string(r.episodes.size()) +
           " reached the can (gap 0.15-0.35 m), " + std::to_string(r.collisions) + " collisions\n");
  const DurationHistogram& h = r.glass_to_wheel;
  io.print("glass to wheel (" + std::string(o.realtime ? "real" : "simulated") + " time): n " +
           std::to_string(h.count()) + ", median " + fixed(h.quantile_ms(0.5), 1) + " ms, p90 " +
           fixed(h.quantile_ms(0.9), 1) + " ms, p99 " + fixed(h.quantile_ms(0.99), 1) + " ms\n" +
           histogram_text(h));
  if (o.realtime) {
    io.print("control loop: " + std::to_string(r.loop.beats) +
             " beats at 30 Hz, absolute period error mean " + fixed(r.loop.period_error.mean_ms(), 3) +
             " ms, p99.9 " + fixed(r.loop.period_error_p999_ms, 3) + " ms, max " +
             fixed(r.loop.period_error_max_ms, 3) + " ms, " + std::to_string(r.loop.overruns) +
             " overruns, real-time priority " + (r.loop.real_time_priority ? "yes" : "no") + "\n");
    io.print("detector: median " + fixed(r.detect_time.quantile_ms(0.5), 1) + " ms, p99 " +
             fixed(r.detect_time.quantile_ms(0.99), 1) + " ms\n");
  }
}

Status run_drive(DriveArgs& a, Io& io) {
  sim::DriveOptions& o = a.options;
  if (!a.sim) {
    return Status::usage("drive.no-robot", "this build drives the simulated robot only",
                         "jetline drive --sim MODEL");
  }
  o.oracle = a.detector == "oracle";
  if (o.oracle && !o.model.empty())
    return Status::usage("drive.options", "--detector oracle drives without the model " + o.model,
                         "leave out one of the two");
  // One core for the network: the other draws, or drives the next episode.
  if (o.detector.engine.threads == 0) o.detector.engine.threads = 1;
  if (!o.oracle && o.model.empty())
    return Status::usage("drive.options", "no model was named",
                         "jetline drive --sim MODEL, or --detector oracle");
  for (const std::string* path : {&a.picture, &a.video}) {
    if (!path->empty()) JETLINE_RETURN_IF_ERROR(io.may_write(*path));
  }
  std::unique_ptr<sim::DriveRecorder> recorder;
  if (!a.picture.empty() || !a.video.empty()) {
    auto made = sim::DriveRecorder::create(a.picture, a.video);
    if (!made.ok() && made.status().kind() == ErrorKind::kMissing && !a.video.empty()) {
      // A machine without video codecs still drives and paints the picture.
      io.note("jetline: no video: " + made.status().message());
      a.video.clear();
      made = sim::DriveRecorder::create(a.picture, "");
    }
    JETLINE_RETURN_IF_ERROR(made.status());
    recorder = std::move(made).value();
  }
  JETLINE_ASSIGN_OR_RETURN(const sim::DriveReport r,
                           sim::drive_sim(o, io.progress(), io.cancel(), recorder.get()));
  if (recorder) JETLINE_RETURN_IF_ERROR(recorder->finish());
  if (io.json) {
    nlohmann::ordered_json j = drive_json(r, o);
    j["picture"] = a.picture;
    j["video"] = a.video;
    io.emit_json(j);
  } else {
    print_drive(r, o, io);
    if (!a.picture.empty()) io.print("picture: " + a.picture + "\n");
    if (!a.video.empty()) io.print("video: " + a.video + "\n");
  }
  return Status();
}

VerbRun setup_drive(CLI::App& app, Io& io) {
  auto a = std::make_shared<DriveArgs>();
  sim::DriveOptions& o = a->options;
  app.add_flag("--sim", a->sim, "the simulated robot");
  app.add_option("MODEL", o.model, "detector (.onnx)");
  app.add_option("--detector", a->detector,
                 "model, or oracle: ground truth with errors, a test aid that needs no model")
      ->check(CLI::IsMember({"model", "oracle"}))
      ->capture_default_str();
  app.add_option("--label", o.label, "class to drive to")->capture_default_str();
  app.add_option("--episodes", o.episodes, "number of searches")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--seed", o.seed, "of the first episode; the others count on from it")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--camera", o.camera, "standard (62 degrees) or wide (136 degrees diagonal)")
      ->check(CLI::IsMember({"standard", "wide"}))
      ->capture_default_str();
  app.add_flag("--realtime", o.realtime,
               "real-time pace with the robot's own threads, one episode after the other");
  app.add_option("--minutes", o.minutes, "with --realtime: go on with new episodes for so long")
      ->check(CLI::Range(0.0, 1440.0));
  app.add_option("--threads", o.threads,
                 "episodes at a time in simulated time; the results do not depend on it")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--engine", o.detector.engine.engine, "engine that runs the model");
  app.add_option("--picture", a->picture, "top view and camera strip of the first episode (.png or .jpg)");
  app.add_option("--video", a->video, "the first episode as a video (.mp4 or .avi)");
  return [a, &io]() { return run_drive(*a, io); };
}

}  // namespace

extern const Verb kDriveVerb;
const Verb kDriveVerb = {"drive", "search for the can with the simulated robot",
                         "  jetline drive --sim can.onnx --episodes 50 --seed 1000 --picture drive.png\n"
                         "  jetline drive --sim --detector oracle --realtime --episodes 2",
                         setup_drive};

}  // namespace jetline::cli
