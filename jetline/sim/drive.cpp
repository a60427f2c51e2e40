#include "jetline/sim/drive.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "jetline/sim/drive_parts.h"

namespace jetline::sim {
namespace {

Status check_drive(const DriveOptions& o) {
  const auto bad = [](std::string text) {
    return Status::usage("drive.options", std::move(text), "jetline drive --help lists the ranges");
  };
  if (o.model.empty() && !o.oracle) return bad("no model was named");
  if (o.episodes < 1 || o.episodes > 100000) return bad("the number of episodes must be 1 to 100000");
  if (o.camera != "standard" && o.camera != "wide")
    return bad("no camera named " + o.camera + "; there are standard and wide");
  if (!(o.max_seconds > 0 && o.max_seconds <= 3600)) return bad("an episode may take up to 3600 seconds");
  if (!(o.minutes >= 0 && o.minutes <= 1440)) return bad("--minutes must be 0 to 1440");
  if (o.minutes > 0 && !o.realtime) return bad("--minutes needs --realtime");
  if (o.threads < 1 || o.threads > 256) return bad("the number of threads must be 1 to 256");
  return Status();
}

// Episodes in simulated time, spread over threads. The result does not depend on their number.
class SimulatedSeries {
 public:
  SimulatedSeries(const DriveOptions& o, Progress& progress, CancelToken& cancel, DriveObserver* observer)
      : o_(o),
        progress_(progress),
        cancel_(cancel),
        observer_(observer),
        outcomes_(static_cast<size_t>(o.episodes)) {}

  Status run(std::vector<DriveDetector>& detectors) {
    std::vector<std::thread> threads;
    for (size_t i = 1; i < detectors.size(); ++i)
      threads.emplace_back([this, &detectors, i] { work(detectors[i]); });
    work(detectors[0]);
    for (std::thread& t : threads) t.join();
    for (const EpisodeOutcome& e : outcomes_) JETLINE_RETURN_IF_ERROR(e.status);
    return cancel_.cancelled() ? Status::cancelled() : Status();
  }
  std::vector<EpisodeOutcome>& outcomes() { return outcomes_; }

 private:
  void work(DriveDetector& detector) {
    for (;;) {
      const size_t i = next_.fetch_add(1);
      if (i >= outcomes_.size() || failed_.load() || cancel_.cancelled()) return;
      if (detector.oracle) detector.oracle->reseed(o_.seed + i);  // its errors belong to the episode
      outcomes_[i] = drive_simulated(o_, o_.seed + i, detector, cancel_, i == 0 ? observer_ : nullptr);
      if (!outcomes_[i].status.ok()) failed_.store(true);
      std::lock_guard<std::mutex> lock(mutex_);
      progress_.report("drive", ++done_, static_cast<int64_t>(outcomes_.size()), outcomes_[i].result.outcome);
    }
  }

  const DriveOptions& o_;
  Progress& progress_;
  CancelToken& cancel_;
  DriveObserver* observer_;
  std::vector<EpisodeOutcome> outcomes_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  int64_t done_ = 0;
};

void add_outcome(const EpisodeOutcome& e, DriveReport& r) {
  r.episodes.push_back(e.result);
  r.reached += e.result.outcome == "reached";
  r.collisions += e.result.collisions;
  r.glass_to_wheel.merge(e.glass_to_wheel);
  r.detect_time.merge(e.detect_time);
  r.loop.merge(e.loop);
  r.supervisor_real_time = r.supervisor_real_time || e.supervisor_real_time;
}

}  // namespace

Lens drive_lens(const DriveOptions& o) {
  return o.camera == "wide" ? Lens::wide() : Lens::standard();
}

Result<DriveDetector> make_drive_detector(const DriveOptions& o, uint64_t salt) {
  DriveDetector d;
  if (o.oracle) {
    auto oracle = std::make_unique<OracleDetector>(OracleErrors(), salt);
    d.oracle = oracle.get();
    d.detector = std::move(oracle);
    return d;
  }
  JETLINE_ASSIGN_OR_RETURN(d.detector, Detector::create(o.model, o.detector));
  const std::vector<std::string>& labels = d.detector->card().labels;
  const auto it = std::find(labels.begin(), labels.end(), o.label);
  if (it != labels.end()) {
    d.class_id = static_cast<int>(it - labels.begin());
  } else if (labels.size() > 1) {
    return Status::usage("drive.no-class", o.model + " has no class named '" + o.label + "'",
                         "--label names the class to drive to", o.model);
  }
  return d;
}

FindOptions find_options(const DriveOptions& o, const Chassis& chassis, const Lens& lens, int class_id) {
  FindOptions f;
  f.chassis = chassis;
  f.lens = lens;
  f.class_id = class_id;
  f.size.radius = static_cast<double>(kCanRadius);
  f.size.height = static_cast<double>(kCanHeight);
  return f;
}

void judge_episode(const World& world, bool done, double seconds, EpisodeResult& r) {
  const Episode& e = world.episode();
  const Object& can = e.scene.objects[static_cast<size_t>(e.scene.target)];
  const Pose2 pose = world.pose();
  const double dx = static_cast<double>(can.x) - e.start.x, dy = static_cast<double>(can.y) - e.start.y;
  r.start_distance_m = std::hypot(dx, dy);
  r.start_bearing_deg = wrap_angle(std::atan2(dy, dx) - e.start.yaw) * 180 / kPi;
  r.distractors = static_cast<int>(e.scene.objects.size()) - 1;
  r.redraws = e.redraws;
  r.seconds = seconds;
  r.distance_m = front_gap(e.chassis, pose, can);
  r.collisions = world.collisions();
  const int touch = world.touched_first();
  if (touch != -2) r.touched = touch < 0 ? "wall" : e.scene.objects[static_cast<size_t>(touch)].name;
  const bool there =
      r.distance_m >= kReachMin && r.distance_m <= kReachMax && facing_error(pose, can) <= kReachAngle;
  r.outcome = r.collisions ? "collision" : !done ? "timeout" : there ? "reached" : "wrong-place";
}

Result<DriveReport> drive_sim(const DriveOptions& o, Progress& progress, CancelToken& cancel,
                              DriveObserver* observer) {
  JETLINE_RETURN_IF_ERROR(check_drive(o));
  const Nanos begin = real_clock().now();
  DriveReport report;
  std::vector<DriveDetector> detectors;
  const int count = o.realtime ? 1 : std::min(o.threads, o.episodes);
  for (int i = 0; i < count; ++i) {
    JETLINE_ASSIGN_OR_RETURN(DriveDetector d, make_drive_detector(o, o.seed));
    detectors.push_back(std::move(d));
  }
  report.conditions = detectors[0].detector->conditions();
  if (!o.realtime) {
    SimulatedSeries series(o, progress, cancel, observer);
    JETLINE_RETURN_IF_ERROR(series.run(detectors));
    for (const EpisodeOutcome& e : series.outcomes()) add_outcome(e, report);
  } else {
    const auto limit = static_cast<Nanos>(o.minutes * 60 * kSecond);
    const Nanos end = o.minutes > 0 ? begin + limit : INT64_MAX;
    for (int i = 0; o.minutes > 0 ? real_clock().now() < end : i < o.episodes; ++i) {
      const EpisodeOutcome e = drive_realtime(o, o.seed + static_cast<uint64_t>(i), detectors[0], end, cancel,
                                              i == 0 ? observer : nullptr);
      JETLINE_RETURN_IF_ERROR(e.status);
      add_outcome(e, report);
      if (o.minutes > 0) {
        progress.report("drive", (real_clock().now() - begin) / kSecond, limit / kSecond, e.result.outcome);
      } else {
        progress.report("drive", i + 1, o.episodes, e.result.outcome);
      }
    }
  }
  report.wall_seconds = static_cast<double>(real_clock().now() - begin) / kSecond;
  return report;
}

}  // namespace jetline::sim
