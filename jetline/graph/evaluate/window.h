// Sliding windows over the spatial dimensions of an [N, C, D1, ...] tensor: the geometry that convolution,
// pooling and their transposes share (ONNX operators Conv, MaxPool, AveragePool, LpPool, ConvTranspose).
#pragma once

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {

struct Window {
  Dims in, kernel, strides, dilations, before, after, out;  // one number a spatial dimension
  size_t rank() const { return in.size(); }
};

// From the attributes strides, dilations, pads, auto_pad, ceil_mode. `kernel` is the kernel's size.
// graph.evaluate-input where they do not fit the input.
Result<Window> read_window(Call& c, const Dims& in, Dims kernel, bool ceil_mode);

// Calls fn(kernel index, input offset or -1 outside) for each tap of the window at output position `at`.
template <typename Fn>
void for_each_tap(const Window& w, const Dims& at, const Dims& input_strides, const Fn& fn) {
  const size_t r = w.rank();
  Odometer tap(w.kernel);
  int64_t k = 0;
  do {
    int64_t offset = 0;
    for (size_t d = 0; d < r; ++d) {
      const int64_t i = at[d] * w.strides[d] - w.before[d] + tap.index[d] * w.dilations[d];
      if (i < 0 || i >= w.in[d]) {
        offset = -1;
        break;
      }
      offset += i * input_strides[d];
    }
    fn(k++, offset);
  } while (tap.next());
}

}  // namespace jetline::calc
