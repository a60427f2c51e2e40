// Options to builder configuration, release by release.
#pragma once

#include "jetline/engine/plan/build_plan.h"
#include "jetline/engine/tensorrt/trt_common.h"
#include "jetline/engine/tensorrt/trt_cuda.h"

namespace jetline {
namespace trt {

// What a configuration refers to and does not own.
struct ConfigScope {
#if TRT_HAS_SERIALIZED_BUILD
  Owned<nvinfer1::ITimingCache> timing_cache;
#endif
};

// engine.unknown-option for what this release cannot do; fills defaults in.
Status check_build_options(PlanBuildOptions& options);

// Sets everything but the progress monitor; writes what was set into `record`.
// build.no-profile, build.shape for inputs without (possible) shapes.
Status configure(nvinfer1::IBuilder& builder, nvinfer1::INetworkDefinition& network,
                 nvinfer1::IBuilderConfig& config, const PlanBuildOptions& options, const std::string& cache,
                 ConfigScope& scope, PlanRecord& record, std::vector<std::string>& notes);

// The vendor's bytes after a build; left alone where there are none.
void take_timing_cache(nvinfer1::IBuilderConfig& config, std::string& cache);

// For another attempt after engine.out-of-memory: a quarter of the workspace, fewer candidates.
void use_less_memory(PlanBuildOptions& options, int attempt);

}  // namespace trt
}  // namespace jetline
