// ONNX to plan by the vendor's parser and builder. See plan/build_plan.h for ids and rules.
#pragma once

#include "jetline/engine/plan/build_plan.h"

namespace jetline {
namespace trt {

Result<BuiltPlan> build(const ModelSource& source, const PlanBuildOptions& options, Progress& progress,
                        const CancelToken& cancel);

}  // namespace trt
}  // namespace jetline
