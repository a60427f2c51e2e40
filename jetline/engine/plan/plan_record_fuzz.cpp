// PLAN.json comes with a plan from anywhere.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "jetline/engine/plan/plan_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto record = jetline::plan_record_from_json({reinterpret_cast<const char*>(data), size}, "fuzz");
  const jetline::PlanHost host = {"10.3.0.26", "12.6", "12.6", "8.7", "Orin", "aarch64-linux", "", ""};
  if (record.ok()) {
    (void)jetline::check_plan("fuzz", {data, size}, &*record, host);
    // What was read can be written and read again.
    if (!jetline::plan_record_from_json(jetline::plan_record_to_json(*record), "again").ok()) std::abort();
  }
  (void)jetline::check_plan("fuzz", {data, size}, nullptr, host);
  return 0;
}
