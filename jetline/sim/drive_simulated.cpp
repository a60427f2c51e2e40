// Simulated time: one thread, events in order.
#include <algorithm>
#include <deque>

#include "jetline/sim/drive_parts.h"

namespace jetline::sim {
namespace {

class SimulatedRun {
 public:
  SimulatedRun(const DriveOptions& o, uint64_t seed, DriveDetector& detector, DriveObserver* observer)
      : o_(o),
        detector_(detector),
        observer_(observer),
        lens_(drive_lens(o)),
        clock_(kSecond),
        episode_(make_episode(seed, Chassis(), o.episode)),
        world_(episode_, clock_.now()),
        eye_(lens_, episode_),
        find_(find_options(o, episode_.chassis, lens_, detector.class_id)),
        supervisor_(std::make_unique<SimMotors>(world_), clock_),
        loop_(find_, supervisor_, clock_, episode_.chassis),
        random_(Random(seed).fork(501)) {}

  EpisodeOutcome run(CancelToken& cancel) {
    EpisodeOutcome out;
    const Nanos start = clock_.now(), end = start + static_cast<Nanos>(o_.max_seconds * kSecond);
    Nanos next_tick = start, next_beat = start, next_frame = start;
    if (observer_) observer_->on_start(episode_, lens_);
    supervisor_.arm();
    while (out.status.ok()) {
      Nanos next = std::min({next_tick, next_beat, next_frame});
      if (!deliveries_.empty()) next = std::min(next, deliveries_.front().arrives);
      if (!percepts_.empty()) next = std::min(next, percepts_.front().ready);
      if (next > end || find_.done() || world_.collisions() > 0) break;
      world_.advance_to(next);
      clock_.advance(next - clock_.now());
      if (next == next_frame) {
        if (cancel.cancelled()) out.status = Status::cancelled();
        expose(next);
        next_frame += loop_.period();
      }
      while (out.status.ok() && !deliveries_.empty() && deliveries_.front().arrives <= next)
        out.status = deliver(out.result);
      for (; !percepts_.empty() && percepts_.front().ready <= next; percepts_.pop_front())
        loop_.post(percepts_.front());
      if (next == next_beat) {
        loop_.step();
        next_beat += loop_.period();
      }
      if (next == next_tick) {
        supervisor_.tick();
        next_tick += 5 * kMillisecond;
      }
    }
    const double seconds = static_cast<double>(clock_.now() - start) / kSecond;
    const bool done = find_.done();
    supervisor_.shutdown();
    world_.advance_to(clock_.now() + kSecond);  // roll out
    const SupervisorReport report = supervisor_.report();
    out.result.seed = episode_.seed;
    out.result.safety_stops = report.stops;
    judge_episode(world_, done, seconds, out.result);
    out.glass_to_wheel = report.glass_to_wheel;
    out.loop = loop_.stats();
    if (observer_) {
      std::vector<Pose2> path;
      for (const PathPoint& p : world_.path()) path.push_back(p.pose);
      observer_->on_end(out.result, path);
    }
    return out;
  }

 private:
  struct Delivery {
    Nanos arrives = 0;
    Frame frame;
    Pose2 pose;
  };

  void expose(Nanos now) {
    Delivery d;
    d.frame.captured = now;
    d.frame.sequence = ++sequence_;
    d.pose = world_.pose();
    const double jitter = random_.uniform(-1, 1) * static_cast<double>(o_.camera_jitter);
    d.arrives = now + o_.camera_latency + static_cast<Nanos>(jitter);
    if (!spare_.empty()) {
      d.frame.image = std::move(spare_.back());
      spare_.pop_back();
    }
    eye_.expose(d.pose, world_.twist(), d.frame.image);
    if (detector_.oracle) {
      const Truth truth = eye_.renderer().truth(episode_.scene.target);
      detector_.oracle->tell(frame_fingerprint(d.frame.image), truth);
    }
    deliveries_.push_back(std::move(d));
  }

  Status deliver(EpisodeResult& result) {
    Delivery d = std::move(deliveries_.front());
    deliveries_.pop_front();
    supervisor_.on_frame({d.frame.sequence, d.frame.captured, frame_fingerprint(d.frame.image)});
    Status status;
    if (d.arrives >= detector_free_) {  // else the frame comes while the detector is busy, and is dropped
      status = detector_.detector->detect(d.frame.image, detections_, nullptr);
      detector_free_ = d.arrives + o_.detect_latency;
      Percept p;
      fill_percept(d.frame, detections_, detector_free_, p);
      percepts_.push_back(p);
      ++result.frames;
      result.frames_with_detections += !detections_.empty();
      if (observer_)
        observer_->on_frame(d.frame.image, detections_, d.pose, find_.state_name(),
                            d.frame.captured - kSecond);
    }
    spare_.push_back(std::move(d.frame.image));
    return status;
  }

  const DriveOptions& o_;
  DriveDetector& detector_;
  DriveObserver* observer_;
  const Lens lens_;
  FakeClock clock_;
  const Episode episode_;
  World world_;
  SimEye eye_;
  Find find_;
  Supervisor supervisor_;
  ControlLoop loop_;
  Random random_;
  std::deque<Delivery> deliveries_;
  std::deque<Percept> percepts_;
  std::vector<Image> spare_;
  std::vector<Detection> detections_;
  uint64_t sequence_ = 0;
  Nanos detector_free_ = 0;
};

}  // namespace

EpisodeOutcome drive_simulated(const DriveOptions& o, uint64_t seed, DriveDetector& detector,
                               CancelToken& cancel, DriveObserver* observer) {
  return SimulatedRun(o, seed, detector, observer).run(cancel);
}

}  // namespace jetline::sim
