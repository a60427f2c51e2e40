// Batch normalisation, shared by the plain operators and the fused one. Internal to the operator rules.
#pragma once

#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {

// Inputs 0 to 4 of the node in hand: image, scale, offset, mean, variance. *y in TensorFlow's layout and the
// image's type; sets outputs 1 to 4.
Status emit_batch_norm(OpContext& c, Value** y);

}  // namespace jetline::tf
