// Real-time pace: the robot's own threads, plus one that moves the world.
#include <algorithm>
#include <thread>

#include "jetline/sim/drive_parts.h"

namespace jetline::sim {
namespace {

// Exposes at fixed moments, draws the picture while it is "on its way", and delivers it `latency` after the
// exposure or when it is drawn, whichever is later.
class SimCamera : public Camera {
 public:
  SimCamera(const DriveOptions& o, const Lens& lens, World& world, Clock& clock, OracleDetector* oracle)
      : o_(o),
        lens_(lens),
        world_(world),
        clock_(clock),
        oracle_(oracle),
        eye_(lens, world.episode()),
        random_(Random(world.episode().seed).fork(502)),
        exposure_(clock.now()) {}

  Result<bool> next(Frame& frame, Nanos deadline) override {
    exposure_ += kFramePeriod;
    const Nanos now = clock_.now();
    if (exposure_ + o_.camera_latency < now)
      exposure_ += (now - exposure_ - o_.camera_latency) / kFramePeriod * kFramePeriod;
    ++sequence_;
    // Drawing begins as late as it may, so that two frames are never in work at once.
    const double jitter = random_.uniform(-1, 1) * static_cast<double>(o_.camera_jitter);
    const Nanos arrives = exposure_ + o_.camera_latency + static_cast<Nanos>(jitter);
    clock_.sleep_until(std::max(exposure_, arrives - 2 * draw_time_));
    const Nanos begin = clock_.now();
    Twist twist;
    const Pose2 pose = world_.pose_at(exposure_, &twist);
    eye_.expose(pose, twist, frame.image);
    if (oracle_)
      oracle_->tell(frame_fingerprint(frame.image), eye_.renderer().truth(world_.episode().scene.target));
    draw_time_ = clock_.now() - begin;
    frame.sequence = sequence_;
    frame.captured = exposure_;
    clock_.sleep_until(arrives);
    return true;
  }
  Lens lens() const override { return lens_; }

 private:
  static constexpr Nanos kFramePeriod = 33333333;
  const DriveOptions& o_;
  const Lens lens_;
  World& world_;
  Clock& clock_;
  OracleDetector* oracle_;
  SimEye eye_;
  Random random_;
  Nanos exposure_, draw_time_ = 10 * kMillisecond;
  uint64_t sequence_ = 0;
};

// Ends the episode at a collision, and counts what the detector said.
class Witness : public PerceptObserver {
 public:
  Witness(World& world, EpisodeResult& result, DriveObserver* observer, Nanos start)
      : world_(world), result_(result), observer_(observer), start_(start) {}
  void on_percept(const Frame& frame, const std::vector<Detection>& detections) override {
    ++result_.frames;
    result_.frames_with_detections += !detections.empty();
    if (observer_)
      observer_->on_frame(frame.image, detections, world_.pose_at(frame.captured), "",
                          frame.captured - start_);
  }

 private:
  World& world_;
  EpisodeResult& result_;
  DriveObserver* observer_;
  Nanos start_;
};

class EndAtCollision : public Behaviour {
 public:
  EndAtCollision(Behaviour& inner, World& world) : inner_(inner), world_(world) {}
  Twist step(const BehaviourInput& in) override { return inner_.step(in); }
  bool done() const override { return inner_.done() || world_.collisions() > 0; }
  const char* state_name() const override { return inner_.state_name(); }

 private:
  Behaviour& inner_;
  World& world_;
};

}  // namespace

EpisodeOutcome drive_realtime(const DriveOptions& o, uint64_t seed, DriveDetector& detector, Nanos end,
                              CancelToken& cancel, DriveObserver* observer) {
  EpisodeOutcome out;
  Clock& clock = real_clock();
  const Lens lens = drive_lens(o);
  const Episode episode = make_episode(seed, Chassis(), o.episode);
  World world(episode, clock.now());
  SimCamera camera(o, lens, world, clock, detector.oracle);
  Find find(find_options(o, episode.chassis, lens, detector.class_id));
  EndAtCollision behaviour(find, world);
  Supervisor supervisor(std::make_unique<SimMotors>(world), clock);
  if (observer) observer->on_start(episode, lens);

  const Nanos start = clock.now();
  world.advance_to(start);
  Witness witness(world, out.result, observer, start);
  std::atomic<bool> stop{false};
  std::thread physics([&] {
    for (Nanos next = start; !stop.load(); next += 5 * kMillisecond) {
      clock.sleep_until(next);
      world.advance_to(clock.now());
    }
  });
  RunnerOptions runner;
  runner.end = std::min(end, start + static_cast<Nanos>(o.max_seconds * kSecond));
  auto report = run_robot(camera, *detector.detector, behaviour, supervisor, clock, episode.chassis, runner,
                          cancel, &witness);
  const double seconds = static_cast<double>(clock.now() - start) / kSecond;
  stop.store(true);
  physics.join();
  world.advance_to(clock.now() + kSecond);  // roll out
  if (!report.ok()) {
    out.status = report.status();
    return out;
  }
  const SupervisorReport safety = supervisor.report();
  out.result.seed = seed;
  out.result.safety_stops = safety.stops;
  judge_episode(world, find.done(), seconds, out.result);
  // The whole run's time was over, not the episode's.
  if (out.result.outcome == "timeout" && seconds < o.max_seconds - 0.1) out.result.outcome = "cut-off";
  out.glass_to_wheel = safety.glass_to_wheel;
  out.supervisor_real_time = safety.real_time_priority;
  out.loop = report->loop;
  out.detect_time = report->detect_time;
  if (observer) {
    std::vector<Pose2> path;
    for (const PathPoint& p : world.path()) path.push_back(p.pose);
    observer->on_end(out.result, path);
  }
  return out;
}

}  // namespace jetline::sim
