// The robot's threads around its parts, the same on wheels and in real-time simulation:
//
//   camera thread      waits for frames, tells the supervisor, keeps the newest for the detector
//   perception thread  detects on the newest frame (older ones are dropped), posts the percept
//   supervisor thread  its own, see supervisor.h
//   control loop       on the thread that calls run()
//
// run_robot() returns after the supervisor was shut down: the last write was zero. It ends with the Status of
// Camera::next or Detector::detect after three failures in a row, of the motors after a motor fault (their
// zero is tried again first), and with robot.stalled when the supervisor's thread hangs. A camera or a
// detector that never returns stops the wheels, but the run cannot end before it does. Ids: those,
// camera.silent (no frame for `camera_silence`), robot.no-thread, cancelled.
#pragma once

#include <atomic>

#include "jetline/base/progress.h"
#include "jetline/devices/camera.h"
#include "jetline/robot/control_loop.h"
#include "jetline/vision/detector.h"

namespace jetline {

struct RunnerOptions {
  Nanos end = INT64_MAX;   // clock time
  bool until_done = true;  // stop when the behaviour is done
  double hertz = 30;
  Nanos camera_timeout = 200 * kMillisecond;
  Nanos camera_silence = 5 * kSecond;
};

struct RunnerReport {
  ControlLoopStats loop;
  int64_t frames = 0, detected_frames = 0, dropped_frames = 0;
  DurationHistogram detect_time;
};

// Fills `percept` from a detector's answer; the first Percept::kMax detections are kept.
void fill_percept(const Frame& frame, const std::vector<Detection>& detections, Nanos ready,
                  Percept& percept);

// Called on the perception thread after each detection.
class PerceptObserver {
 public:
  virtual ~PerceptObserver() = default;
  virtual void on_percept(const Frame& frame, const std::vector<Detection>& detections) = 0;
};

Result<RunnerReport> run_robot(Camera& camera, Detector& detector, Behaviour& behaviour,
                               Supervisor& supervisor, Clock& clock, const Chassis& chassis,
                               const RunnerOptions& options, CancelToken& cancel,
                               PerceptObserver* observer = nullptr);

}  // namespace jetline
