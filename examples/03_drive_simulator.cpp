// Drives the simulated robot without a model: 03_drive_simulator [SEED]
//
// An oracle stands in for the detector, so this shows the world, the control loop and the find behaviour
// alone.
#include <cstdio>
#include <cstdlib>

#include "jetline/sim/drive.h"

namespace {

class Silent : public jetline::Progress {
 public:
  void report(std::string_view, int64_t, int64_t, std::string_view) override {}
};

}  // namespace

int main(int argc, char** argv) {
  using namespace jetline;
  sim::DriveOptions options;
  options.oracle = true;
  options.episodes = 3;
  options.seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  Silent progress;
  CancelToken cancel;
  const auto report = sim::drive_sim(options, progress, cancel);
  if (!report.ok()) {
    std::fprintf(stderr, "%s\n", report.status().to_string().c_str());
    return report.status().exit_code();
  }
  for (const sim::EpisodeResult& e : report->episodes) {
    std::printf("seed %llu: %s after %.1f s, %.2f m in front of the can\n",
                static_cast<unsigned long long>(e.seed), e.outcome.c_str(), e.seconds, e.distance_m);
  }
  std::printf("glass to wheel: median %.0f ms\n", report->glass_to_wheel.quantile_ms(0.5));
  return 0;
}
