// ONNX to a TensorRT plan, proved right after. The builder lives in a module (libjetline_tensorrt.so); this
// is its door, and what stands around it: nothing is written before the build succeeded, both files appear
// whole, and the plan is run beside the CPU engine on the same numbers, because "it built" is no evidence.
//
// Threads: one build at a time in a process (others wait). Progress comes on the calling thread, from
// TensorRT 10 on by its own monitor.
// Ids: engine.not-installed, engine.unknown-option, engine.no-gpu, engine.driver, engine.out-of-memory,
// build.parse (a layer that this TensorRT does not read), build.no-profile, build.shape, build.failed,
// build.differs (built, but gives other numbers), cancelled; plan.*, file.*, those of infer.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jetline/base/progress.h"
#include "jetline/engine/engine.h"
#include "jetline/engine/plan/plan_record.h"
#include "jetline/engine/registry.h"

namespace jetline {

struct PlanBuildOptions {
  std::string device = "0";        // which GPU
  std::string precision = "fp32";  // "fp32", "tf32", "fp16"
  bool strongly_typed = false;     // types as the model has them; TensorRT 10 and later (11: always)
  int64_t workspace = 0;           // most temporary device memory, bytes; 0: a fitting default
  int level = -1;                  // builder optimisation level 0 to 5, 8.6 and later; -1: its default
  std::string timing_cache;        // a file that carries timings from build to build; "" = none
  std::map<std::string, ShapeRange> shapes;
  int dla_core = -1;
  bool version_compatible = false;   // 8.6 and later
  bool hardware_compatible = false;  // Ampere and later, 8.6 and later
  int profiles = 1;                  // copies of the optimisation profile: one a session in flight before 8.6
};

// What the module hands back.
struct BuiltPlan {
  std::string bytes;
  PlanRecord record;               // all but the file's figures
  std::vector<std::string> notes;  // retries, warnings worth a line
};

constexpr const char* kEngineModuleBuild = "jetline_engine_build";
using EngineModuleBuild = void (*)(const ModelSource* source, const PlanBuildOptions* options,
                                   Progress* progress, const CancelToken* cancel, BuiltPlan* built,
                                   Status* status);

// How far the plan's numbers are from the CPU engine's.
struct PlanProofOutput {
  std::string name;
  double max_abs = 0;
  double relative = 0;  // of max_abs to the largest number of that output, at least 1e-6
};
struct PlanProof {
  bool done = false;
  std::string why_not;  // when it was not done
  int samples = 0;
  bool stored = false;  // samples came from a folder, otherwise random numbers
  double worst = 0, tolerance = 0;
  std::vector<PlanProofOutput> outputs;
  std::map<std::string, std::string> plan_conditions, reference_conditions;
};

struct BuildPlanRequest {
  std::string model, output;
  PlanBuildOptions options;
  std::string card;  // the card that the record carries, JSON; "": the one inside the model
  bool prove = true;
  std::string samples;      // a folder with inputs.npz; "": random numbers
  double tolerance = 0;     // 0: 1e-3 for fp32, 2e-2 for lower precisions, relative
  int runs = 2;             // random samples
  EngineOptions reference;  // the engine to compare with; "auto" leaves TensorRT out
};
struct BuildPlanResult {
  PlanRecord record;
  PlanProof proof;
  std::vector<std::string> notes;
};

// Builds, writes PLAN and PLAN.json, proves. build.differs leaves the files, so that they can be looked at.
Result<BuildPlanResult> build_plan(const BuildPlanRequest& request, Progress& progress,
                                   const CancelToken& cancel, FileSystem& fs = real_file_system());

}  // namespace jetline
