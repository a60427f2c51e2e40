// One video or camera through a detector: frames are read ahead on a thread of their own, detected, drawn and
// written in order. Part of detect_run.h.
#pragma once

#include "jetline/vision/detect_run.h"

namespace jetline {

// Appends one DetectedImage a frame to the report; ids count on from `next_id`. A stream that cannot be
// opened is skipped (or the error, when strict); one that breaks in the middle keeps its frames and is listed
// as skipped.
Status detect_stream(Detector& detector, const DetectRunOptions& options, const DetectInput& input,
                     const std::vector<std::string>& outputs, int64_t& next_id, Progress* progress,
                     CancelToken* cancel, DetectReport& report);

}  // namespace jetline
