// Drives the simulated robot: episode after episode of *find*, in simulated time (as fast as the machine can,
// same result on every run) or at real-time pace with the robot's own threads. Camera, motors and time are
// simulated; detector, behaviour, control loop and supervisor are those of the real robot.
//
// Simulated time: events (physics 5 ms, supervisor 5 ms, control 33.3 ms, frames 33.3 ms, deliveries) are
// handled in the order of their times on one thread an episode; a frame reaches the robot `camera_latency`
// after its exposure and its detections `detect_latency` later. Episodes are spread over `threads`; each has
// a detector of its own.
//
// Ids: drive.options, drive.no-class, those of Detector::create, cancelled.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "jetline/base/progress.h"
#include "jetline/robot/find.h"
#include "jetline/robot/runner.h"
#include "jetline/sim/episode.h"

namespace jetline::sim {

struct DriveOptions {
  std::string model;    // ONNX file; empty with the oracle
  bool oracle = false;  // sim/oracle.h instead of a model
  DetectorOptions detector;
  std::string label = "can";  // class to drive to; a model with one class is taken as it is
  int episodes = 10;
  uint64_t seed = 1;                // of the first episode; the others count on from it
  std::string camera = "standard";  // or "wide"
  double max_seconds = 60;          // of an episode
  EpisodeOptions episode;
  Nanos camera_latency = 55 * kMillisecond, camera_jitter = 8 * kMillisecond;
  Nanos detect_latency = 25 * kMillisecond;  // simulated time only: in real time it takes what it takes
  bool realtime = false;
  double minutes = 0;  // real time: go on with new episodes until so many minutes have passed
  int threads = 2;     // simulated time
};

struct EpisodeResult {
  uint64_t seed = 0;
  // "reached" (done, 0.15-0.35 m in front, facing it, nothing touched), "wrong-place" (done elsewhere),
  // "timeout", "collision" (touched something: the episode ends there), "cut-off" (the run's `minutes` were over)
  std::string outcome;
  double distance_m = 0;  // gap from the robot's front to the can's surface at the end
  double start_distance_m = 0, start_bearing_deg = 0;
  int distractors = 0, collisions = 0, redraws = 0;
  std::string touched;  // what it ran into
  double seconds = 0;   // of the robot's time
  int64_t frames = 0, frames_with_detections = 0, safety_stops = 0;
};

struct DriveReport {
  std::vector<EpisodeResult> episodes;
  int reached = 0, collisions = 0;
  DurationHistogram glass_to_wheel;
  ControlLoopStats loop;  // of real-time runs: the beat's errors
  DurationHistogram detect_time;
  bool supervisor_real_time = false;
  std::map<std::string, std::string> conditions;
  double wall_seconds = 0;
};

// Sees one episode while it is driven; for pictures and videos. Called on the thread that detects.
class DriveObserver {
 public:
  virtual ~DriveObserver() = default;
  virtual void on_start(const Episode& episode, const Lens& lens) = 0;
  virtual void on_frame(const Image& image, const std::vector<Detection>& detections, const Pose2& pose,
                        const char* state, Nanos time) = 0;
  virtual void on_end(const EpisodeResult& result, const std::vector<Pose2>& path) = 0;
};

// `observer` sees the first episode (in simulated time; in real time too).
Result<DriveReport> drive_sim(const DriveOptions& options, Progress& progress, CancelToken& cancel,
                              DriveObserver* observer = nullptr);

}  // namespace jetline::sim
