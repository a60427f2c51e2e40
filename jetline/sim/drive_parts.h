// Shared by the two ways to drive (drive_simulated.cpp, drive_realtime.cpp). Private to the room.
#pragma once

#include <memory>

#include "jetline/sim/drive.h"
#include "jetline/sim/oracle.h"
#include "jetline/sim/world.h"

namespace jetline::sim {

struct EpisodeOutcome {
  EpisodeResult result;
  DurationHistogram glass_to_wheel, detect_time;
  ControlLoopStats loop;
  bool supervisor_real_time = false;
  Status status;
};

// The detector of one thread: a model's, or the oracle, which also wants to be told the truth.
struct DriveDetector {
  std::unique_ptr<Detector> detector;
  OracleDetector* oracle = nullptr;
  int class_id = 0;
};
Result<DriveDetector> make_drive_detector(const DriveOptions& options, uint64_t salt);
Lens drive_lens(const DriveOptions& options);
FindOptions find_options(const DriveOptions& options, const Chassis& chassis, const Lens& lens, int class_id);

// Fills the result's fields that both ways know alike.
void judge_episode(const World& world, bool done, double seconds, EpisodeResult& result);

EpisodeOutcome drive_simulated(const DriveOptions& options, uint64_t seed, DriveDetector& detector,
                               CancelToken& cancel, DriveObserver* observer);
EpisodeOutcome drive_realtime(const DriveOptions& options, uint64_t seed, DriveDetector& detector, Nanos end,
                              CancelToken& cancel, DriveObserver* observer);

}  // namespace jetline::sim
