#include "jetline/robot/runner.h"

#include <algorithm>
#include <condition_variable>
#include <thread>

namespace jetline {
namespace {

constexpr int kFailuresInARow = 3;

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

  void start() {
    camera_thread_ = std::thread([this] { watch(); });
    perception_thread_ = std::thread([this] { perceive(); });
  }
  void join() {
    stop.store(true);
    mailbox_.close();
    camera_thread_.join();
    perception_thread_.join();
  }

  std::atomic<bool> stop{false};
  RunnerReport report;  // read after join()
  Status status;        // first failure; read after join()

 private:
  void fail(const Status& s) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (status.ok()) status = s;
    stop.store(true);
  }

  void watch() {
    Frame frame;
    int failures = 0;
    while (!stop.load()) {
      auto got = camera_.next(frame, clock_.now() + options_.camera_timeout);
      if (!got.ok()) {
        if (++failures >= kFailuresInARow) return fail(got.status());
        continue;
      }
      if (!*got) continue;  // the supervisor sees the silence by itself
      failures = 0;
      supervisor_.on_frame({frame.sequence, frame.captured, frame_fingerprint(frame.image)});
      ++report.frames;
      report.dropped_frames += mailbox_.put(frame);
    }
  }

  void perceive() {
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

// Ends the loop within a beat of a signal.
class CancellableBehaviour : public Behaviour {
 public:
  CancellableBehaviour(Behaviour& inner, CancelToken& cancel) : inner_(inner), cancel_(cancel) {}
  Twist step(const BehaviourInput& in) override {
    if (!cancel_.cancelled()) return inner_.step(in);
    stop->store(true);
    return {};
  }
  bool done() const override { return inner_.done(); }
  const char* state_name() const override { return inner_.state_name(); }
  std::atomic<bool>* stop = nullptr;

 private:
  Behaviour& inner_;
  CancelToken& cancel_;
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
  CancellableBehaviour cancellable(behaviour, cancel);
  ControlLoop loop(cancellable, supervisor, clock, chassis, options.hertz);
  RobotThreads threads(camera, detector, supervisor, loop, clock, options, observer);
  supervisor.start();
  supervisor.arm();
  threads.start();
  cancellable.stop = &threads.stop;
  loop.run(threads.stop, options.end, options.until_done);
  supervisor.shutdown();
  threads.join();
  if (!threads.status.ok()) return threads.status;
  if (cancel.cancelled()) return Status::cancelled();
  threads.report.loop = loop.stats();
  return threads.report;
}

}  // namespace jetline
