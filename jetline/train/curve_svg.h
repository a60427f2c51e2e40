// The training curve as one self-contained SVG file: loss (left axis) and AP and AP50 (right axis) over
// steps. Pure function.
#pragma once

#include <string>
#include <vector>

#include "jetline/train/train.h"

namespace jetline {

std::string training_curve_svg(const std::vector<TrainPoint>& history, const std::string& title);

}  // namespace jetline
