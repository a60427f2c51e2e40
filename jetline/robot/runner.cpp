#include "jetline/robot/runner.h"

#include <algorithm>
#include <condition_variable>
#include <string>
#include <system_error>
#include <thread>

namespace jetline {
namespace {

constexpr int kFailuresInARow = 3;
// After Ctrl-Z and fg the first beats may come before the supervisor's first tick.
constexpr int kStalledBeats = 15;

// One frame, always the newest. put() swaps memory with the slot, take() with the reader: nothing is copied.
class FrameMailbox {
 public:
  // True when a frame that nobody had taken was replaced.
  bool put(Frame& frame) {
    std::lock_guard<std::mutex> lock(mutex_);
    const bool dropped = full_;
    std::swap(slot_, frame);
    full_ = true;
    arrived_.notify_one();
    return dropped;
  }
  bool take(Frame& frame) {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait(lock, [&] { return full_ || closed_; });
    if (closed_) return false;
    std::swap(slot_, frame);
    full_ = false;
    return true;
  }
  void close() {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    arrived_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  Frame slot_;
  bool full_ = false, closed_ = false;
};

class RobotThreads {
 public:
  RobotThreads(Camera& camera, Detector& detector, Supervisor& supervisor, ControlLoop& loop, Clock& clock,
               const RunnerOptions& options, PerceptObserver* observer)
      : camera_(camera),
        detector_(detector),
        supervisor_(supervisor),
        loop_(loop),
        clock_(clock),
        options_(options),
        observer_(observer) {}

  ~RobotThreads() { join(); }

  Status start() {
    try {
      camera_thread_ = std::thread([this] { watch(); });
      perception_thread_ = std::thread([this] { perceive(); });
    } catch (const std::system_error& e) {
      return Status::internal("robot.no-thread", std::string("the robot got no thread: ") + e.what());
    }
    return Status();
  }
  void join() {
    stop.store(true);
    mailbox_.close();
    if (camera_thread_.joinable()) camera_thread_.join();
    if (perception_thread_.joinable()) perception_thread_.join();
  }
  void fail(const Status& s) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (status.ok()) status = s;
    stop.store(true);
  }

  std::atomic<bool> stop{false};
  RunnerReport report;  // read after join()
  Status status;        // first failure; read after join()

 private:
  void watch() {
    const SignalStack stack;
    Frame frame;
    int failures = 0;
    Nanos heard = clock_.now();
    while (!stop.load()) {
      auto got = camera_.next(frame, clock_.now() + options_.camera_timeout);
      if (!got.ok()) {
        if (++failures >= kFailuresInARow) return fail(got.status());
        continue;
      }
      if (!*got) {  // the supervisor sees the silence by itself
        if (clock_.now() - heard > options_.camera_silence)
          return fail(Status::missing("camera.silent", "the camera delivers no frames",
                                      "check its cable, and that no other program uses it"));
        continue;
      }
      failures = 0;
      heard = clock_.now();
      supervisor_.on_frame({frame.sequence, frame.captured, frame_fingerprint(frame.image)});
      ++report.frames;
      report.dropped_frames += mailbox_.put(frame);
    }
  }

  void perceive() {
    const SignalStack stack;
    Frame frame;
    Percept percept;
    std::vector<Detection> detections;
    int failures = 0;
    while (mailbox_.take(frame)) {
      const Nanos begin = clock_.now();
      const Status s = detector_.detect(frame.image, detections);
      if (!s.ok()) {
        if (++failures >= kFailuresInARow) return fail(s);
        continue;
      }
      failures = 0;
      const Nanos ready = clock_.now();
      report.detect_time.add(ready - begin);
      ++report.detected_frames;
      fill_percept(frame, detections, ready, percept);
      loop_.post(percept);
      if (observer_) observer_->on_percept(frame, detections);
    }
  }

  Camera& camera_;
  Detector& detector_;
  Supervisor& supervisor_;
  ControlLoop& loop_;
  Clock& clock_;
  const RunnerOptions& options_;
  PerceptObserver* observer_;
  FrameMailbox mailbox_;
  std::mutex mutex_;
  std::thread camera_thread_, perception_thread_;
};

// Looks at every beat whether the run is to end: by a signal, or because the wheels do not obey.
class GuardedBehaviour : public Behaviour {
 public:
  GuardedBehaviour(Behaviour& inner, CancelToken& cancel, Supervisor& supervisor)
      : inner_(inner), cancel_(cancel), supervisor_(supervisor) {}
  Twist step(const BehaviourInput& in) override {
    if (cancel_.cancelled()) {
      threads->stop.store(true);
    } else if (supervisor_.cause() == StopCause::kMotorFault) {
      threads->fail(supervisor_.report().motor_status);
    } else if ((stalled_beats_ = supervisor_.stalled() ? stalled_beats_ + 1 : 0) > kStalledBeats) {
      threads->fail(Status::internal("robot.stalled", "the safety supervisor's thread hangs"));
    } else {
      return inner_.step(in);
    }
    return {};
  }
  bool done() const override { return inner_.done(); }
  const char* state_name() const override { return inner_.state_name(); }
  RobotThreads* threads = nullptr;

 private:
  Behaviour& inner_;
  CancelToken& cancel_;
  Supervisor& supervisor_;
  int stalled_beats_ = 0;
};

}  // namespace

void fill_percept(const Frame& frame, const std::vector<Detection>& detections, Nanos ready, Percept& p) {
  p.sequence = frame.sequence;
  p.captured = frame.captured;
  p.ready = ready;
  p.count = static_cast<int>(std::min<size_t>(detections.size(), Percept::kMax));
  std::copy_n(detections.begin(), p.count, p.detections.begin());
}

Result<RunnerReport> run_robot(Camera& camera, Detector& detector, Behaviour& behaviour,
                               Supervisor& supervisor, Clock& clock, const Chassis& chassis,
                               const RunnerOptions& options, CancelToken& cancel, PerceptObserver* observer) {
  const SignalStack stack;
  GuardedBehaviour guarded(behaviour, cancel, supervisor);
  ControlLoop loop(guarded, supervisor, clock, chassis, options.hertz);
  RobotThreads threads(camera, detector, supervisor, loop, clock, options, observer);
  guarded.threads = &threads;
  JETLINE_RETURN_IF_ERROR(supervisor.start());
  supervisor.arm();
  const Status started = threads.start();
  if (started.ok()) loop.run(threads.stop, options.end, options.until_done);
  supervisor.shutdown();
  threads.join();
  JETLINE_RETURN_IF_ERROR(started);
  JETLINE_RETURN_IF_ERROR(threads.status);
  const SupervisorReport safety = supervisor.report();
  if (!safety.zero_written) return safety.motor_status;  // the wheels may still turn
  if (cancel.cancelled()) return Status::cancelled();
  threads.report.loop = loop.stats();
  return threads.report;
}

}  // namespace jetline
