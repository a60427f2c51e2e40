#include "jetline/graph/evaluate/window.h"

#include <algorithm>

namespace jetline::calc {

Result<Window> read_window(Call& c, const Dims& in, Dims kernel, bool ceil_mode) {
  const size_t r = in.size();
  Window w;
  w.in = in;
  w.kernel = std::move(kernel);
  w.strides = c.ints_or("strides", Dims(r, 1));
  w.dilations = c.ints_or("dilations", Dims(r, 1));
  Dims pads = c.ints_or("pads", Dims(2 * r, 0));
  constexpr int64_t kMost = int64_t{1} << 31;  // keeps every sum and product below inside 64 bits
  const auto out_of_range = [&](const Dims& d, int64_t low) {
    return d.size() != r || std::any_of(d.begin(), d.end(), [&](int64_t v) { return v < low || v > kMost; });
  };
  if (out_of_range(w.kernel, 1) || out_of_range(w.strides, 1) || out_of_range(w.dilations, 1) ||
      out_of_range(w.in, 0) || pads.size() != 2 * r ||
      std::any_of(pads.begin(), pads.end(), [&](int64_t p) { return p < -kMost || p > kMost; })) {
    return c.bad_input("kernel, strides, dilations or pads do not fit the input");
  }
  const std::string mode = c.string_or("auto_pad", "NOTSET");
  if (mode != "NOTSET" && mode != "VALID" && mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    return c.unsupported("auto_pad '" + mode + "'");
  }
  for (size_t i = 0; i < r; ++i) {
    const int64_t extent = (w.kernel[i] - 1) * w.dilations[i] + 1;
    int64_t before = pads[i], after = pads[i + r];
    if (mode == "VALID") before = after = 0;
    if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
      const int64_t out = (w.in[i] + w.strides[i] - 1) / w.strides[i];
      const int64_t total = std::max<int64_t>(0, (out - 1) * w.strides[i] + extent - w.in[i]);
      before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
      after = total - before;
      w.out.push_back(out);
    } else {
      const int64_t room = w.in[i] + before + after - extent;
      if (room < 0) return c.bad_input("the window is larger than the padded input");
      int64_t out = room / w.strides[i] + 1;
      if (ceil_mode && room % w.strides[i] != 0) {
        // The last window must start inside the input or the padding before it.
        if (out * w.strides[i] < w.in[i] + before) ++out;
      }
      w.out.push_back(out);
    }
    w.before.push_back(before);
    w.after.push_back(after);
  }
  return w;
}

}  // namespace jetline::calc
