// Padding, shared with the convolutions that pad first. Internal to the operator rules.
#pragma once

#include <string>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// MirrorPad of x; paddings [rank, 2]; mode REFLECT or SYMMETRIC.
Status emit_mirror_pad(OpContext& c, Value* x, Value* paddings, const std::string& mode, Value** y);

}  // namespace jetline::tf
