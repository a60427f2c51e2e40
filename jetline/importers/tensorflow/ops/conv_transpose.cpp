// Conv2DBackpropInput, Conv3DBackpropInputV2 and DepthwiseConv2dNativeBackpropInput: what Keras calls a
// transposed convolution. Input 0 says how large the result is, and with it how the forward convolution would
// have been padded.
#include <algorithm>

#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

struct DeconvSizes {
  std::vector<int64_t> begin, end, extra;  // pads and output_padding of each spatial dimension
  bool known = true;
};

// From the sizes of the result (`out`) and of the input (`in`), -1 where not known.
DeconvSizes deconv_sizes(const NnWindow& w, const std::vector<int64_t>& kernel,
                         const std::vector<int64_t>& out, const std::vector<int64_t>& in) {
  DeconvSizes s;
  for (size_t i = 0; i < kernel.size(); ++i) {
    const int64_t extent = (kernel[i] - 1) * w.dilations[i] + 1;
    int64_t begin = 0, end = 0, extra = 0;
    if (out[i] < 0 || in[i] < 0) {
      s.known = false;
    } else {
      const int64_t full = (in[i] - 1) * w.strides[i] + extent;
      if (w.padding == "SAME") begin = std::max<int64_t>(full - out[i], 0) / 2;
      if (w.padding == "EXPLICIT") begin = w.explicit_begin[i];
      end = full - begin - out[i];
      if (end < 0) {
        extra = -end;
        end = 0;
      }
    }
    s.begin.push_back(begin);
    s.end.push_back(end);
    s.extra.push_back(extra);
  }
  return s;
}

// Cuts the unpadded result to the size that input 0 says, where sizes are only known at run time:
// begin = max((in - 1) * stride + extent - out, 0) / 2 for SAME, else 0.
Value* deconv_cut(OpContext& c, const NnWindow& w, Value* full, Value* sizes) {
  Value* shape = c.shape_of(full);
  std::vector<int64_t> axes;
  for (int i = 0; i < w.spatial; ++i) axes.push_back(i + 2);
  const int64_t n = w.spatial;
  Value* have = c.emit("Slice", {shape, c.ints({2}), c.ints({2 + n}), c.ints({0})});
  Value* begin = c.ints(std::vector<int64_t>(static_cast<size_t>(n), 0));
  if (w.padding == "SAME") {
    Value* over = c.emit("Max", {c.emit("Sub", {have, sizes}), c.ints({0})});
    begin = c.emit("Div", {over, c.ints({2})});
  } else if (w.padding == "EXPLICIT") {
    begin = c.ints(w.explicit_begin);
  }
  return c.emit("Slice", {full, begin, c.emit("Add", {begin, sizes}), c.ints(axes)});
}

// Input 0 as far as known, -1 for the rest; batch is rarely known when space is.
std::vector<int64_t> deconv_known(OpContext& c, const Value* sizes) {
  std::vector<int64_t> out;
  if (c.known_ints(sizes, out)) return out;
  out.clear();
  if (const ops::KnownInts* k = c.converter().inference().ints(sizes))
    for (const Dim& d : k->elements) out.push_back(d.known() ? d.value : -1);
  return out;
}

Status convert_deconv(OpContext& c, int spatial, bool depthwise) {
  Value* sizes = c.tensor(0);
  Value* filter = c.tensor(1);
  Value* x = c.tensor(2);
  if (!sizes) return c.wrong_input(0);
  if (!filter) return c.wrong_input(1);
  if (!x) return c.wrong_input(2);
  NnWindow w;
  if (Status s = read_window(c, spatial, &w); !s.ok()) return s;
  const std::vector<int64_t> f = c.dims(filter);
  const size_t n = static_cast<size_t>(spatial);
  if (f.size() != n + 2 || std::any_of(f.begin(), f.end(), [](int64_t d) { return d <= 0; }))
    return c.unsupported("a filter of unknown shape");
  const std::vector<int64_t> kernel(f.begin(), f.begin() + spatial);
  const std::vector<int64_t> wanted = deconv_known(c, sizes);
  std::vector<int64_t> out(n, -1);
  const bool only_space = wanted.size() == n;  // TensorFlow takes the sizes of space alone
  if (wanted.size() == n + 2)
    for (size_t i = 0; i < n; ++i) out[i] = wanted[static_cast<size_t>(w.first_axis()) + i];
  if (only_space) out = wanted;
  const DeconvSizes s = deconv_sizes(w, kernel, out, spatial_dims(w, x));

  const DType type = c.dtype(x);
  const DType compute = type == DType::kF16 ? DType::kF16 : DType::kF32;
  std::vector<int64_t> perm{spatial + 1, spatial};
  for (int i = 0; i < spatial; ++i) perm.push_back(i);
  Value* weights = c.cast(filter, compute);
  int64_t groups = 1;
  if (depthwise) {
    weights = c.reshape(c.transpose(weights, {2, 3, 0, 1}), {f[2] * f[3], 1, f[0], f[1]});
    groups = f[2];
  } else {
    weights = c.transpose(weights, perm);  // [space…, O, I] -> [I, O, space…]
    const int64_t have = c.rank(x) == spatial + 2 ? c.dim(x, w.channel_axis()) : -1;
    if (have > 0 && have != f[n + 1]) return c.unsupported("a grouped transposed convolution");
  }
  Value* image = to_channels_first(c, c.cast(x, compute), w.channels_last, spatial);
  std::vector<AttrArg> attributes{{"kernel_shape", kernel}, {"strides", w.strides}};
  if (std::any_of(w.dilations.begin(), w.dilations.end(), [](int64_t d) { return d != 1; }))
    attributes.push_back({"dilations", w.dilations});
  if (groups != 1) attributes.push_back({"group", groups});
  const auto any = [](const std::vector<int64_t>& v) {
    return std::any_of(v.begin(), v.end(), [](int64_t p) { return p != 0; });
  };
  Value* y = nullptr;
  if (s.known) {
    std::vector<int64_t> pads = s.begin;
    pads.insert(pads.end(), s.end.begin(), s.end.end());
    if (any(pads)) attributes.push_back({"pads", pads});
    if (any(s.extra)) attributes.push_back({"output_padding", s.extra});
    y = c.emit("ConvTranspose", {image, weights}, attributes);
  } else {
    std::vector<int64_t> extra;  // so that there is enough to cut from
    for (size_t i = 0; i < n; ++i)
      extra.push_back(std::max<int64_t>(w.strides[i] - (kernel[i] - 1) * w.dilations[i] - 1, 0));
    if (any(extra)) attributes.push_back({"output_padding", extra});
    y = c.emit("ConvTranspose", {image, weights}, attributes);
    Value* space = c.to_i64(sizes);
    if (!only_space)
      space =
          c.emit("Slice", {space, c.ints({w.first_axis()}), c.ints({w.first_axis() + spatial}), c.ints({0})});
    y = deconv_cut(c, w, y, space);
  }
  return c.set(0, from_channels_first(c, c.cast(y, type), w.channels_last, spatial));
}

Status convert_deconv2d(OpContext& c) {
  return convert_deconv(c, 2, false);
}
Status convert_deconv3d(OpContext& c) {
  return convert_deconv(c, 3, false);
}
Status convert_deconv_depthwise(OpContext& c) {
  return convert_deconv(c, 2, true);
}

const OpRule kDeconvRules[] = {
    {"Conv2DBackpropInput", convert_deconv2d, "", "transposed convolution, any output size"},
    {"Conv3DBackpropInputV2", convert_deconv3d, "", "transposed convolution, any output size"},
    {"DepthwiseConv2dNativeBackpropInput", convert_deconv_depthwise},
};

}  // namespace

Span<const OpRule> conv_transpose_rules() {
  return {kDeconvRules, std::size(kDeconvRules)};
}

}  // namespace jetline::tf
