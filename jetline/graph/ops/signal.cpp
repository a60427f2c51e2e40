// Signals: windows, Fourier transforms, the mel filter bank (ONNX Operators.md).
#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

void window_function_infer(Context& c) {
  c.set(0, dtype_attribute(c, "output_datatype", DType::kF32), {size_input(c, 0)});
}

void mel_weight_infer(Context& c) {
  const Dim length = size_input(c, 1);
  c.set(0, dtype_attribute(c, "output_datatype", DType::kF32),
        {length.known() ? Dim(length.value / 2 + 1) : Dim(), size_input(c, 0)});
}

// [..., n, ..., 1 or 2] -> [..., m, ..., 2]: m is dft_length (n when left out), and m / 2 + 1 one-sided. The
// inverse of a one-sided transform is real.
void dft_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x || x->size() < 2) return c.set_dtype(0, c.dtype(0));
  int64_t axis = c.node().int_or("axis", c.opset() >= 20 ? -2 : 1);
  std::vector<int64_t> given;
  if (c.has(2)) {
    if (!c.all_ints(2, given) || given.size() != 1) return c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
    axis = given[0];
  }
  if (!normalize_axis(axis, x->size())) return c.set_dtype(0, c.dtype(0));
  const bool one_sided = c.node().int_or("onesided", 0) != 0, inverse = c.node().int_or("inverse", 0) != 0;
  std::vector<Dim> out = *x;
  Dim& n = out[static_cast<size_t>(axis)];
  if (c.has(1)) {
    n = size_input(c, 1);
  } else if (one_sided && inverse) {
    n = n.known() && n.value > 0 ? dim_mul(Dim(n.value - 1), 2) : Dim();
  }
  if (one_sided && !inverse) n = n.known() ? Dim(n.value / 2 + 1) : Dim();
  out.back() = Dim(one_sided && inverse ? 1 : 2);
  c.set(0, c.dtype(0), std::move(out));
}

void stft_infer(Context& c) {
  const auto *x = c.shape(0), *window = c.shape(2);
  if (!x || x->size() < 2) return c.set(0, c.dtype(0), {Dim(), Dim(), Dim(), Dim(2)});
  const Dim step = size_input(c, 1);
  Dim frame = c.has(3) ? size_input(c, 3) : Dim();
  if (!frame.known() && window && window->size() == 1) frame = (*window)[0];
  const Dim length = (*x)[1];
  Dim frames, bins;
  if (frame.known()) bins = Dim(c.node().int_or("onesided", 1) ? frame.value / 2 + 1 : frame.value);
  if (frame.known() && step.known() && step.value > 0 && length.known() && length.value >= frame.value)
    frames = Dim((length.value - frame.value) / step.value + 1);
  c.set(0, c.dtype(0), {(*x)[0], frames, bins, Dim(2)});
}

const Rule kSignalRules[] = {
    {"", "BlackmanWindow", window_function_infer},
    {"", "HammingWindow", window_function_infer},
    {"", "HannWindow", window_function_infer},
    {"", "MelWeightMatrix", mel_weight_infer},
    {"", "DFT", dft_infer},
    {"", "STFT", stft_infer},
};
}  // namespace

Span<const Rule> signal_rules() {
  return {kSignalRules, sizeof(kSignalRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
