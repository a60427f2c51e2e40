// A range for the time of one inference: every kernel takes as long as its arithmetic or its memory traffic,
// whichever is longer, at shares of the board's peak figures that engines are known to reach, and at least
// the time of a launch. The shares and where they come from stand in roofline.cpp; docs/check.md sets the
// ranges beside published figures.
#pragma once

#include <string>

#include "jetline/check/estimate/kernels.h"
#include "jetline/targets/board.h"

namespace jetline::check {

struct LatencyRange {
  bool known = false;
  double low_ms = 0, high_ms = 0;
  std::string note;  // what bounds it, or why there is none
};

// `jetpack` may bring a faster power mode; null: the board's own figures.
LatencyRange latency_range(const KernelPlan& plan, const targets::Board* board, targets::Precision precision,
                           const targets::JetPack* jetpack = nullptr);

}  // namespace jetline::check
