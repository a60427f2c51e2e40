// What the resizing operators share. Images are NHWC, as all of TensorFlow's image operators have them.
// Internal to the operator rules.
#pragma once

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/ops/resample.h"

namespace jetline::tf {

// One spatial axis of a resize: sizes as numbers where known (else -1) and as int64 scalars.
struct ResizeAxis {
  int axis = 1;
  int64_t in = -1, out = -1;
  Value *in_value = nullptr, *out_value = nullptr;
  bool known() const { return in > 0 && out > 0; }
};

struct ResizeCall {
  Value* x = nullptr;
  Value* size = nullptr;  // int64 [2]
  ResizeMode mode = ResizeMode::kLegacy;
  ResizeAxis axes[2];
  bool known() const { return axes[0].known() && axes[1].known(); }
};
// Inputs 0 (images [N, H, W, C]) and 1 (size [2]) and the attributes align_corners and half_pixel_centers.
Status read_resize(OpContext& c, ResizeCall* r);

// The same of given values.
Status make_resize(OpContext& c, Value* x, Value* size, ResizeMode mode, ResizeCall* r);
// ResizeBilinear, float32.
Value* emit_bilinear(OpContext& c, const ResizeCall& r);

// in / out as a float32 scalar computed in the graph.
Value* resize_scale_value(OpContext& c, const ResizeAxis& a, ResizeMode mode);
// 0 … out-1 as float32.
Value* resize_positions(OpContext& c, const ResizeAxis& a);
// The weighted sums of a table along an axis of x (float32).
Value* resample_axis(OpContext& c, Value* x, int axis, const ResampleTable& t);
// The same with index and weight [out, taps] computed in the graph.
Value* resample_axis(OpContext& c, Value* x, int axis, Value* index, Value* weight);
// float32 [N, H, W, C] scaled up by whole factors or to sizes by one ONNX Resize.
Value* resize_node(OpContext& c, const ResizeCall& r, Value* x, const char* mode, const char* coordinates,
                   const std::vector<int64_t>& factors);

}  // namespace jetline::tf
