// Convolutions, shared by the plain operators and the fused ones that TensorFlow's graph optimiser writes.
// Internal to the operator rules.
#pragma once

#include <vector>

#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {

// Input 0 (image) and 1 (filter) of the node in hand. *y is channels first, in the image's type; `bias` [O]
// or null. `spatial` 2 or 3.
Status emit_convolution(OpContext& c, int spatial, Value* bias, NnWindow* w, Value** y);
// The same on given values, which are not null.
Status emit_convolution_of(OpContext& c, int spatial, Value* x, Value* filter, Value* bias, NnWindow* w,
                           Value** y);
Status emit_depthwise(OpContext& c, Value* bias, NnWindow* w, Value** y);

// One Conv node: x channels first, weights [O, I / groups, space…]; `shape_from` is the image in TensorFlow's
// layout, for the padding.
Value* emit_conv_node(OpContext& c, const NnWindow& w, Value* x, Value* weights, Value* bias,
                      const std::vector<int64_t>& kernel, int64_t groups, Value* shape_from);

}  // namespace jetline::tf
