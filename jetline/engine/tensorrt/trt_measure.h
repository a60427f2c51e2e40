// How long a plan takes, with our session and with the barest loop that the vendor's API allows, side by
// side: what the engine adds, and what its recorded graph saves. For the benchmark, not for the program.
#pragma once

#include <string>
#include <vector>

#include "jetline/engine/registry.h"

namespace jetline {

// Medians over the rounds, microseconds of wall time from call to result.
struct PlanTimes {
  double bare_enqueue = 0;        // enqueue and wait; inputs and outputs stay on the GPU
  double bare_enqueue_graph = 0;  // the same, recorded; 0 where it cannot be
  double bare_copies = 0;         // copy in, enqueue, copy out, wait
  double bare_copies_graph = 0;
  double session_plain = 0;  // our session without its graph
  double session = 0;        // our session
  double two_in_flight = 0;  // time per run with two sessions, each started while the other runs
  int rounds = 0, runs_per_round = 0;
};

struct MeasureOptions {
  int rounds = 7;
  int runs = 200;  // of each kind in a round
  int warm_up = 20;
};

constexpr const char* kEngineModuleMeasure = "jetline_engine_measure";
using EngineModuleMeasure = void (*)(const ModelSource* source, const EngineOptions* options,
                                     const MeasureOptions* measure, PlanTimes* times, Status* status);

}  // namespace jetline
