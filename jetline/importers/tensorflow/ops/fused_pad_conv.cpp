// FusedPadConv2D and FusedResizeAndPadConv2D, which TensorFlow's graph transform tool writes.
#include "jetline/importers/tensorflow/ops/conv.h"
#include "jetline/importers/tensorflow/ops/pad.h"
#include "jetline/importers/tensorflow/ops/resize.h"

namespace jetline::tf {
namespace {

Status fused_pad_conv(OpContext& c, Value* x, Value* paddings, Value* filter) {
  Value* padded = nullptr;
  if (Status s = emit_mirror_pad(c, x, paddings, c.string_attr("mode"), &padded); !s.ok()) return s;
  NnWindow w;
  Value* y = nullptr;
  if (Status s = emit_convolution_of(c, 2, padded, filter, nullptr, &w, &y); !s.ok()) return s;
  return c.set(0, from_channels_first(c, y, w.channels_last, 2));
}

Status convert_pad_conv(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  return fused_pad_conv(c, c.tensor(0), c.tensor(1), c.tensor(2));
}

Status convert_resize_pad_conv(OpContext& c) {
  for (size_t i = 0; i < 4; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  ResizeCall r;
  const ResizeMode mode =
      c.bool_attr("resize_align_corners") ? ResizeMode::kAlignCorners : ResizeMode::kLegacy;
  if (Status s = make_resize(c, c.tensor(0), c.tensor(1), mode, &r); !s.ok()) return s;
  return fused_pad_conv(c, c.cast(emit_bilinear(c, r), c.dtype(c.tensor(0))), c.tensor(2), c.tensor(3));
}

const OpRule kFusedPadRules[] = {
    {"FusedPadConv2D", convert_pad_conv},
    {"FusedResizeAndPadConv2D", convert_resize_pad_conv},
};

}  // namespace

Span<const OpRule> fused_pad_conv_rules() {
  return {kFusedPadRules, std::size(kFusedPadRules)};
}

}  // namespace jetline::tf
