// Where the results of a detection run go; the plan is made and checked before any work is done.
// Ids: detect.output, file.exists. Threads: immutable after creation.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/vision/detect_inputs.h"

namespace jetline {

struct DetectOutputs {
  std::vector<std::string> json;                   // COCO results
  std::vector<std::vector<std::string>> pictures;  // per input: annotated picture or video, none, or several
  std::vector<std::string> folders;                // to be made first
};

Result<DetectOutputs> plan_outputs(const std::vector<DetectInput>& inputs,
                                   const std::vector<std::string>& outputs, bool force);

}  // namespace jetline
