// ExtractImagePatches and ExtractVolumePatches: the windows of an image laid side by side in the channels,
// row by row. Two gathers per image instead of one slice per window position.
#include <algorithm>

#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// ExtractImagePatches calls its attributes ksizes, strides, rates; [1, …, 1].
Status patches_convert(OpContext& c, int spatial) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const size_t n = static_cast<size_t>(spatial);
  const std::vector<int64_t> k = c.ints_attr("ksizes"), strides = c.ints_attr("strides");
  std::vector<int64_t> rates = c.ints_attr("rates");
  if (rates.empty()) rates.assign(n + 2, 1);
  if (k.size() != n + 2 || strides.size() != n + 2 || rates.size() != n + 2 || k[0] != 1 || k[n + 1] != 1 ||
      strides[0] != 1 || strides[n + 1] != 1)
    return c.unsupported("windows over batch or channels");
  NnWindow w;
  w.spatial = spatial;
  w.padding = c.string_attr("padding");
  if (w.padding != "SAME" && w.padding != "VALID") return c.unsupported("padding " + w.padding);
  w.strides.assign(strides.begin() + 1, strides.end() - 1);
  w.dilations.assign(rates.begin() + 1, rates.end() - 1);
  const std::vector<int64_t> kernel(k.begin() + 1, k.end() - 1), in = spatial_dims(w, x);
  for (size_t i = 0; i < n; ++i) {
    if (kernel[i] < 1 || w.strides[i] < 1 || w.dilations[i] < 1 || kernel[i] > 65536 ||
        w.dilations[i] > 65536)
      return c.unsupported("a window, stride or rate that is not sound");
  }
  if (std::any_of(in.begin(), in.end(), [](int64_t d) { return d <= 0; }))
    return c.unsupported("an image of unknown size", "give it with --shape");
  const NnPads pads = window_pads(w, kernel, in);
  const DType type = c.dtype(x);
  if (pads.any()) {
    std::vector<int64_t> all{0};
    all.insert(all.end(), pads.pads.begin(), pads.pads.begin() + spatial);
    all.insert(all.end(), {0, 0});
    all.insert(all.end(), pads.pads.begin() + spatial, pads.pads.end());
    all.push_back(0);
    x = c.via(x, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64, DType::kU8},
              type == DType::kBF16 ? DType::kF32 : DType::kI64, [&](Value* v) {
                return c.emit("Pad", {v, c.ints(all), c.scalar(0, v)}, {{"mode", "constant"}});
              });
  }
  // [N, H, W, C] -> [N, oh, kh, ow, kw, C] -> [N, oh, ow, kh, kw, C]
  std::vector<int64_t> dims{-1}, outer{0}, inner;
  int64_t channels = c.dim(x, spatial + 1);
  for (size_t i = 0; i < n; ++i) {
    const int64_t padded = in[i] + pads.pads[i] + pads.pads[n + i];
    const int64_t extent = (kernel[i] - 1) * w.dilations[i] + 1;
    const int64_t out = padded < extent ? 0 : (padded - extent) / w.strides[i] + 1;
    if (out == 0) return c.unsupported("windows larger than the image");
    if (out > kMostTableEntries / kernel[i]) return c.unsupported("an image of that size");
    std::vector<int64_t> index;
    for (int64_t o = 0; o < out; ++o)
      for (int64_t j = 0; j < kernel[i]; ++j) index.push_back(o * w.strides[i] + j * w.dilations[i]);
    x = c.emit("Gather", {x, c.constant(Tensor::ints({out, kernel[i]}, index).value())},
               {{"axis", static_cast<int64_t>(1 + 2 * i)}});
    dims.push_back(out);
    outer.push_back(static_cast<int64_t>(1 + 2 * i));
    inner.push_back(static_cast<int64_t>(2 + 2 * i));
    if (channels > 0) channels *= kernel[i];
  }
  if (channels <= 0) return c.unsupported("an unknown number of channels");
  outer.insert(outer.end(), inner.begin(), inner.end());
  outer.push_back(static_cast<int64_t>(1 + 2 * n));
  dims.push_back(channels);
  return c.set(0, c.reshape(c.transpose(x, outer), dims));
}

Status convert_image_patches(OpContext& c) {
  return patches_convert(c, 2);
}
Status convert_volume_patches(OpContext& c) {
  return patches_convert(c, 3);
}

// Greyscale dilation: the maximum over the window of pixel + filter. input [N, H, W, C], filter [h, w, C].
Status convert_dilation2d(OpContext& c) {
  Value* x = c.tensor(0);
  Value* filter = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!filter) return c.wrong_input(1);
  const std::vector<int64_t> strides = c.ints_attr("strides"), rates = c.ints_attr("rates"),
                             f = c.dims(filter);
  if (strides.size() != 4 || rates.size() != 4 || f.size() != 3 || f[0] <= 0 || f[1] <= 0)
    return c.unsupported("a filter of unknown size");
  NnWindow w;
  w.padding = c.string_attr("padding");
  w.strides = {strides[1], strides[2]};
  w.dilations = {rates[1], rates[2]};
  const std::vector<int64_t> in = spatial_dims(w, x), kernel{f[0], f[1]};
  for (size_t i = 0; i < 2; ++i) {
    if (w.strides[i] < 1 || w.dilations[i] < 1 || w.dilations[i] > 65536)
      return c.unsupported("a stride or rate that is not sound");
  }
  if (in[0] <= 0 || in[1] <= 0) return c.unsupported("an image of unknown size", "give it with --shape");
  if (f[0] * f[1] > 225) return c.unsupported("a window of more than 225 pixels");
  const DType type = c.dtype(x);
  const DType compute =
      type == DType::kF64 || type == DType::kF16 || type == DType::kI32 || type == DType::kI64 ? type
                                                                                               : DType::kF32;
  const NnPads pads = window_pads(w, kernel, in);
  x = c.cast(x, compute);
  filter = c.cast(filter, compute);
  if (pads.any()) {  // the smallest number never wins
    const double lowest = compute == DType::kF16   ? -65504.0
                          : compute == DType::kI32 ? -2147483648.0 / 2
                          : compute == DType::kI64 ? -9007199254740992.0
                                                   : -3.4028234663852886e38;
    x = c.emit("Pad",
               {x, c.ints({0, pads.pads[0], pads.pads[1], 0, 0, pads.pads[2], pads.pads[3], 0}),
                c.scalar(lowest, x)},
               {{"mode", "constant"}});
  }
  int64_t out[2];
  for (size_t i = 0; i < 2; ++i) {
    const int64_t extent = (kernel[i] - 1) * w.dilations[i] + 1;
    out[i] = (in[i] + pads.pads[i] + pads.pads[2 + i] - extent) / w.strides[i] + 1;
    if (out[i] < 1) return c.unsupported("windows larger than the image");
  }
  Value* best = nullptr;
  for (int64_t j = 0; j < kernel[0]; ++j) {
    for (int64_t i = 0; i < kernel[1]; ++i) {
      const int64_t y0 = j * w.dilations[0], x0 = i * w.dilations[1];
      Value* part = c.emit(
          "Slice", {x, c.ints({y0, x0}),
                    c.ints({y0 + (out[0] - 1) * w.strides[0] + 1, x0 + (out[1] - 1) * w.strides[1] + 1}),
                    c.ints({1, 2}), c.ints(w.strides)});
      Value* weight = c.squeeze(
          c.emit("Slice", {filter, c.ints({j, i}), c.ints({j + 1, i + 1}), c.ints({0, 1})}), {0, 1});
      part = c.emit("Add", {part, weight});
      best = best ? c.emit("Max", {best, part}) : part;
    }
  }
  return c.set(0, c.cast(best, type));
}

const OpRule kPatchRules[] = {
    {"ExtractImagePatches", convert_image_patches, "", "the image's size must be known"},
    {"ExtractVolumePatches", convert_volume_patches, "", "the volume's size must be known"},
    {"Dilation2D", convert_dilation2d, "", "the image's size must be known; windows up to 225 pixels"},
};

}  // namespace

Span<const OpRule> patches_rules() {
  return {kPatchRules, std::size(kPatchRules)};
}

}  // namespace jetline::tf
