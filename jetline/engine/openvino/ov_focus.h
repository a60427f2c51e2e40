// Rewrites the "focus" stem of YOLO families before compilation: four strided slices (every second row and
// column) joined along the channels become one SpaceToDepth. The CPU plugin keeps an index table for every
// strided slice, which for a 416x416 input costs 8 MB a stream, several times the weights; SpaceToDepth needs
// none and is faster.
//
// Pure data movement, so the values are the same; where the join feeds a convolution the order of its input
// channels is absorbed into the weights (the sum then runs in another order, a difference in the last digit).
#pragma once

#include <openvino/core/model.hpp>

namespace jetline::ov_engine {

// Returns how many stems were rewritten. Leaves everything else alone; shapes of the slices must be known.
int rewrite_focus(ov::Model& model);

}  // namespace jetline::ov_engine
