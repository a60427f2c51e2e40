// Resize written with Gather and MatMul, where an opset has no Resize of that form.
#pragma once

#include <string>
#include <vector>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {

// The node (a Resize in the form of opset 11) becomes others; or why not. `scales`: one an axis, or none
// where the node is given sizes, which must be known on both sides.
std::string resize_apart(Step& s, const std::vector<double>& scales);

}  // namespace jetline::passes::opset
