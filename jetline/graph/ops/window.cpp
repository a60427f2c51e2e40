#include "jetline/graph/ops/window.h"

namespace jetline::ops {
namespace {
// Sizes beyond this are nonsense, and keeping below it keeps the arithmetic inside 64 bits.
constexpr int64_t kWindowLimit = int64_t{1} << 30;
bool window_sane(int64_t v, int64_t low) {
  return v >= low && v < kWindowLimit;
}
}  // namespace

Window Window::of(const Node& node, size_t spatial) {
  Window w;
  w.kernel = node.ints_or("kernel_shape", {});
  w.strides = node.ints_or("strides", std::vector<int64_t>(spatial, 1));
  w.dilations = node.ints_or("dilations", std::vector<int64_t>(spatial, 1));
  w.pads = node.ints_or("pads", std::vector<int64_t>(2 * spatial, 0));
  w.auto_pad = node.string_or("auto_pad", "NOTSET");
  w.ceil_mode = node.int_or("ceil_mode", 0) != 0;
  return w;
}

bool Window::usable(const Dim& in, size_t i) const {
  const size_t n = kernel.size();
  return in.known() && in.value < kWindowLimit && i < n && strides.size() == n && dilations.size() == n &&
         pads.size() == 2 * n && window_sane(kernel[i], 1) && window_sane(strides[i], 1) &&
         window_sane(dilations[i], 1) && window_sane(pads[i], -kWindowLimit) &&
         window_sane(pads[n + i], -kWindowLimit);
}

Dim Window::output(const Dim& in, size_t i) const {
  if (!usable(in, i)) return Dim();
  const int64_t extent = dilations[i] * (kernel[i] - 1) + 1, s = strides[i];
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") return Dim((in.value + s - 1) / s);
  const bool valid = auto_pad == "VALID";
  const int64_t begin = valid ? 0 : pads[i], end = valid ? 0 : pads[kernel.size() + i];
  const int64_t room = in.value + begin + end - extent;
  if (room < 0) return Dim();
  int64_t n = room / s + 1;
  if (ceil_mode && room % s != 0) {
    ++n;
    if ((n - 1) * s >= in.value + begin) --n;  // the last window must begin inside the input
  }
  return Dim(n);
}

Dim Window::transposed_output(const Dim& in, size_t i, int64_t output_padding) const {
  if (!usable(in, i) || !window_sane(output_padding, 0)) return Dim();
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") return dim_mul(in, strides[i]);
  const int64_t extent = dilations[i] * (kernel[i] - 1) + 1;
  const bool padded = auto_pad != "VALID";
  const int64_t n = strides[i] * (in.value - 1) + output_padding + extent -
                    (padded ? pads[i] + pads[kernel.size() + i] : 0);
  return n >= 0 ? Dim(n) : Dim();
}

}  // namespace jetline::ops
