// Convolutions. Output sizes and their formulas: ONNX Operators.md, Conv and ConvTranspose.
#include "jetline/graph/ops/window.h"

namespace jetline::ops {
namespace {

void conv_infer(Context& c, size_t weight, DType dtype) {
  const auto *x = c.shape(0), *w = c.shape(weight);
  if (!x || !w || x->size() < 3 || w->size() != x->size()) return c.set_dtype(0, dtype);
  Window window = Window::of(c.node(), x->size() - 2);
  if (window.kernel.empty()) {
    for (size_t i = 2; i < w->size(); ++i) window.kernel.push_back((*w)[i].known() ? (*w)[i].value : -1);
  }
  std::vector<Dim> out = {(*x)[0], (*w)[0]};
  for (size_t i = 2; i < x->size(); ++i) out.push_back(window.output((*x)[i], i - 2));
  c.set(0, dtype, std::move(out));
}

// Each output element sums over the input channels of its group and the kernel: the weight's size without its
// first axis.
Macs conv_macs(const Context& c, size_t weight) {
  const auto *y = c.output_shape(0), *w = c.shape(weight);
  if (!y || !w || w->empty()) return {};
  Macs m = dims_product(*y);
  for (size_t i = 1; i < w->size(); ++i) m = times(m, (*w)[i].known() ? (*w)[i].value : -1);
  return m;
}

void conv_transpose_infer(Context& c) {
  const auto *x = c.shape(0), *w = c.shape(1);
  if (!x || !w || x->size() < 3 || w->size() != x->size()) return c.set_dtype(0, c.dtype(0));
  Window window = Window::of(c.node(), x->size() - 2);
  if (window.kernel.empty()) {
    for (size_t i = 2; i < w->size(); ++i) window.kernel.push_back((*w)[i].known() ? (*w)[i].value : -1);
  }
  const auto extra = c.node().ints_or("output_padding", {});
  const auto fixed = c.node().ints_or("output_shape", {});
  std::vector<Dim> out = {(*x)[0], dim_mul((*w)[1], c.node().int_or("group", 1))};
  for (size_t i = 0; i + 2 < x->size(); ++i) {
    if (fixed.size() == x->size() - 2) {
      out.push_back(fixed[i] >= 0 ? Dim(fixed[i]) : Dim());
    } else {
      out.push_back(window.transposed_output((*x)[i + 2], i, i < extra.size() ? extra[i] : 0));
    }
  }
  c.set(0, c.dtype(0), std::move(out));
}

// Each input element is multiplied with its whole kernel slice: [M / group, kernel].
Macs conv_transpose_macs(const Context& c) {
  const auto *x = c.shape(0), *w = c.shape(1);
  if (!x || !w || w->empty()) return {};
  Macs m = dims_product(*x);
  for (size_t i = 1; i < w->size(); ++i) m = times(m, (*w)[i].known() ? (*w)[i].value : -1);
  return m;
}

const Rule kConvRules[] = {
    {"", "Conv", [](Context& c) { conv_infer(c, 1, c.dtype(0)); },
     [](const Context& c) { return conv_macs(c, 1); }},
    {"", "ConvInteger", [](Context& c) { conv_infer(c, 1, DType::kI32); },
     [](const Context& c) { return conv_macs(c, 1); }},
    {"", "QLinearConv", [](Context& c) { conv_infer(c, 3, c.dtype(7)); },
     [](const Context& c) { return conv_macs(c, 3); }},
    {"", "DeformConv", [](Context& c) { conv_infer(c, 1, c.dtype(0)); },
     [](const Context& c) { return conv_macs(c, 1); }},
    {"", "ConvTranspose", conv_transpose_infer, conv_transpose_macs},
};
}  // namespace

Span<const Rule> conv_rules() {
  return {kConvRules, sizeof(kConvRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
