// Conv2D, Conv3D and DepthwiseConv2dNative. TensorFlow's filters are [space…, in / groups, out]; a filter
// with fewer input channels than the image means groups. Depthwise filters are [h, w, in, multiplier].
#include <algorithm>

#include "jetline/importers/tensorflow/ops/conv.h"

namespace jetline::tf {
namespace {

Value* conv_weights(OpContext& c, Value* filter, int spatial) {  // [space…, I, O] -> [O, I, space…]
  std::vector<int64_t> perm{spatial + 1, spatial};
  for (int i = 0; i < spatial; ++i) perm.push_back(i);
  return c.transpose(filter, perm);
}

Status convert_conv2d(OpContext& c) {
  NnWindow w;
  Value* y = nullptr;
  if (Status s = emit_convolution(c, 2, nullptr, &w, &y); !s.ok()) return s;
  return c.set(0, from_channels_first(c, y, w.channels_last, 2));
}

Status convert_conv3d(OpContext& c) {
  NnWindow w;
  Value* y = nullptr;
  if (Status s = emit_convolution(c, 3, nullptr, &w, &y); !s.ok()) return s;
  return c.set(0, from_channels_first(c, y, w.channels_last, 3));
}

Status convert_depthwise(OpContext& c) {
  NnWindow w;
  Value* y = nullptr;
  if (Status s = emit_depthwise(c, nullptr, &w, &y); !s.ok()) return s;
  return c.set(0, from_channels_first(c, y, w.channels_last, 2));
}

const OpRule kConvRules[] = {
    {"Conv2D", convert_conv2d, "", "NHWC and NCHW; every padding, dilation and grouping"},
    {"Conv3D", convert_conv3d, "", "NDHWC and NCDHW"},
    {"DepthwiseConv2dNative", convert_depthwise, "", "any multiplier; the channel count must be known"},
};

}  // namespace

Value* emit_conv_node(OpContext& c, const NnWindow& w, Value* x, Value* weights, Value* bias,
                      const std::vector<int64_t>& kernel, int64_t groups, Value* shape_from) {
  const NnPads pads = window_pads(w, kernel, spatial_dims(w, shape_from));
  std::vector<AttrArg> attributes{{"kernel_shape", kernel}, {"strides", w.strides}};
  if (std::any_of(w.dilations.begin(), w.dilations.end(), [](int64_t d) { return d != 1; }))
    attributes.push_back({"dilations", w.dilations});
  if (groups != 1) attributes.push_back({"group", groups});
  if (pads.automatic) attributes.push_back({"auto_pad", "SAME_UPPER"});
  if (!pads.automatic && pads.any()) attributes.push_back({"pads", pads.pads});
  std::vector<Value*> inputs{x, weights};
  if (bias) inputs.push_back(bias);
  return c.emit("Conv", inputs, attributes);
}

Status emit_convolution(OpContext& c, int spatial, Value* bias, NnWindow* w, Value** y) {
  if (!c.tensor(0)) return c.wrong_input(0);
  if (!c.tensor(1)) return c.wrong_input(1);
  return emit_convolution_of(c, spatial, c.tensor(0), c.tensor(1), bias, w, y);
}

Status emit_convolution_of(OpContext& c, int spatial, Value* x, Value* filter, Value* bias, NnWindow* w,
                           Value** y) {
  if (Status s = read_window(c, spatial, w); !s.ok()) return s;
  const std::vector<int64_t> f = c.dims(filter);
  if (f.size() != static_cast<size_t>(spatial) + 2) return c.unsupported("a filter of unknown or wrong rank");
  const std::vector<int64_t> kernel(f.begin(), f.begin() + spatial);
  if (std::any_of(kernel.begin(), kernel.end(), [](int64_t k) { return k <= 0; }))
    return c.unsupported("a filter of unknown or empty size");
  int64_t groups = 1;
  const int64_t in = c.rank(x) == spatial + 2 ? c.dim(x, w->channel_axis()) : -1;
  const int64_t filter_in = f[static_cast<size_t>(spatial)];
  if (in > 0 && filter_in > 0 && in != filter_in) {
    if (in % filter_in != 0) return c.unsupported("channels that the filter's do not divide");
    groups = in / filter_in;
  }
  const DType type = c.dtype(x);
  const DType compute = type == DType::kF16 ? DType::kF16 : DType::kF32;
  Value* weights = conv_weights(c, c.cast(filter, compute), spatial);
  Value* image = to_channels_first(c, c.cast(x, compute), w->channels_last, spatial);
  Value* out =
      emit_conv_node(c, *w, image, weights, bias ? c.cast(bias, compute) : nullptr, kernel, groups, x);
  *y = c.cast(out, type);
  return {};
}

Status emit_depthwise(OpContext& c, Value* bias, NnWindow* w, Value** y) {
  Value* x = c.tensor(0);
  Value* filter = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!filter) return c.wrong_input(1);
  if (Status s = read_window(c, 2, w); !s.ok()) return s;
  const std::vector<int64_t> f = c.dims(filter);
  if (f.size() != 4 || f[0] <= 0 || f[1] <= 0 || f[2] <= 0 || f[3] <= 0)
    return c.unsupported("a filter of unknown shape");
  const DType type = c.dtype(x);
  const DType compute = type == DType::kF16 ? DType::kF16 : DType::kF32;
  // Output channel i * multiplier + j comes from input channel i.
  Value* weights = c.cast(filter, compute);
  weights = f[3] == 1 ? c.transpose(weights, {2, 3, 0, 1})
                      : c.reshape(c.transpose(weights, {2, 3, 0, 1}), {f[2] * f[3], 1, f[0], f[1]});
  Value* image = to_channels_first(c, c.cast(x, compute), w->channels_last, 2);
  Value* out =
      emit_conv_node(c, *w, image, weights, bias ? c.cast(bias, compute) : nullptr, {f[0], f[1]}, f[2], x);
  *y = c.cast(out, type);
  return {};
}

Span<const OpRule> conv_rules() {
  return {kConvRules, std::size(kConvRules)};
}

}  // namespace jetline::tf
