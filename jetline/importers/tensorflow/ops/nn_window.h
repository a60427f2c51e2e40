// Sliding windows of convolutions and poolings: where TensorFlow keeps batch, channels and space, and how
// much an image is padded. Internal to the operator rules.
//
// Padding follows tensorflow/core/framework/kernel_shape_util.cc (GetWindowedOutputSize): SAME gives
// ceil(in / stride) outputs and puts the odd element at the end; VALID pads nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// Tables of indices or weights longer than this are no sound model's.
constexpr int64_t kMostTableEntries = int64_t{1} << 24;

// The attributes of one windowed operator, spatial dimensions only.
struct NnWindow {
  int spatial = 2;            // 2 or 3
  bool channels_last = true;  // NHWC, NDHWC
  std::vector<int64_t> strides, dilations;
  std::string padding;                  // SAME, VALID, EXPLICIT
  std::vector<int64_t> explicit_begin;  // of EXPLICIT
  std::vector<int64_t> explicit_end;
  int channel_axis() const { return channels_last ? spatial + 1 : 1; }
  int first_axis() const { return channels_last ? 1 : 2; }  // of space
};

// Reads data_format, strides, dilations, padding, explicit_paddings. `kernel_attr` true: ksize too, into
// *kernel. tf.unsupported-form: a layout that is not plain, a stride or window over batch or channels.
Status read_window(OpContext& c, int spatial, NnWindow* w, std::vector<int64_t>* kernel = nullptr);

// ONNX's padding of one node: an explicit list, or SAME_UPPER where sizes are not known.
struct NnPads {
  bool automatic = false;
  std::vector<int64_t> pads;  // begins, then ends
  bool any() const;
};
// `kernel` in elements before dilation; `in` spatial sizes, -1 where not known.
NnPads window_pads(const NnWindow& w, const std::vector<int64_t>& kernel, const std::vector<int64_t>& in);
// The spatial sizes of x (TensorFlow's layout of w); -1 where not known.
std::vector<int64_t> spatial_dims(const NnWindow& w, const Value* x);

// Transposes between TensorFlow's layout and channels first; nothing when it already is.
Value* to_channels_first(OpContext& c, Value* x, bool channels_last, int spatial);
Value* from_channels_first(OpContext& c, Value* x, bool channels_last, int spatial);
// A vector over channels (bias, scale) so that it broadcasts against a channels-first tensor of any rank.
Value* channel_vector(OpContext& c, Value* v, int spatial);

// float16 stays (runtimes compute or widen it themselves), bfloat16, double and integers are computed in
// float32.
template <typename Fn>
Value* in_float(OpContext& c, Value* v, const Fn& fn) {
  return c.via(v, {DType::kF32, DType::kF16}, DType::kF32, fn);
}

}  // namespace jetline::tf
