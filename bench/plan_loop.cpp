// How long a TensorRT plan takes with jetline's session and with a bare loop over the vendor's API. Prints
// one line of JSON. Usage: plan_loop PLAN [ROUNDS [RUNS]]
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "jetline/base/module.h"
#include "jetline/engine/tensorrt/trt_measure.h"

int main(int argc, char** argv) {
  using namespace jetline;
  if (argc < 2) {
    std::fprintf(stderr, "usage: plan_loop PLAN [ROUNDS [RUNS]]\n");
    return 2;
  }
  MeasureOptions m;
  if (argc > 2) m.rounds = std::atoi(argv[2]);
  if (argc > 3) m.runs = std::atoi(argv[3]);
  const auto fail = [](const Status& s) {
    std::fprintf(stderr, "plan_loop: %s\n", s.to_string().c_str());
    return s.exit_code();
  };
  const auto source = examine_model(argv[1], false);
  if (!source.ok()) return fail(source.status());
  const auto symbol = module_symbol("tensorrt", kEngineModuleMeasure);
  if (!symbol.ok()) return fail(symbol.status());
  EngineOptions options;
  options.engine = "tensorrt";
  PlanTimes t;
  Status status;
  reinterpret_cast<EngineModuleMeasure> (*symbol)(&*source, &options, &m, &t, &status);
  if (!status.ok()) return fail(status);
  nlohmann::ordered_json j;
  j["plan"] = argv[1];
  j["rounds"] = t.rounds;
  j["runs_per_round"] = t.runs_per_round;
  j["us"] = {{"bare_enqueue", t.bare_enqueue},   {"bare_enqueue_graph", t.bare_enqueue_graph},
             {"bare_copies", t.bare_copies},     {"bare_copies_graph", t.bare_copies_graph},
             {"session_plain", t.session_plain}, {"session", t.session},
             {"two_in_flight", t.two_in_flight}};
  std::printf("%s\n", j.dump().c_str());
  return 0;
}
