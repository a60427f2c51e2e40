// MaxPool, AvgPool and their relatives. TensorFlow's averages leave padding out of the count, as ONNX's do by
// default.
#include <limits>

#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

std::vector<AttrArg> pool_attributes(const NnWindow& w, const std::vector<int64_t>& kernel, Value* x) {
  const NnPads pads = window_pads(w, kernel, spatial_dims(w, x));
  std::vector<AttrArg> attributes{{"kernel_shape", kernel}, {"strides", w.strides}};
  if (pads.automatic) attributes.push_back({"auto_pad", "SAME_UPPER"});
  if (!pads.automatic && pads.any()) attributes.push_back({"pads", pads.pads});
  return attributes;
}

// A window over channels alone: the channels fall into groups of that many.
Status pool_channels(OpContext& c, Value* x, const char* reduce, const std::vector<int64_t>& ksize) {
  const std::vector<int64_t> strides = c.ints_attr("strides");
  const int64_t channels = c.dim(x, -1);
  const bool alone = ksize.size() == 4 && strides.size() == 4 && ksize[0] == 1 && ksize[1] == 1 &&
                     ksize[2] == 1 && strides[0] == 1 && strides[1] == 1 && strides[2] == 1 &&
                     strides[3] == ksize[3];
  if (!alone || channels <= 0 || channels % ksize[3] != 0 || c.string_attr("data_format", "NHWC") != "NHWC")
    return c.unsupported("a window over batch, or over channels and space at once");
  Value* grouped = c.emit("Concat",
                          {c.emit("Slice", {c.shape_of(x), c.ints({0}), c.ints({3}), c.ints({0})}),
                           c.ints({channels / ksize[3], ksize[3]})},
                          {{"axis", 0}});
  return c.set(0, c.emit(reduce, {c.reshape_to(x, grouped)}, {{"axes", {4}}, {"keepdims", 0}}));
}

Status pool_convert(OpContext& c, const char* op, int spatial) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const bool max = op[0] == 'M';
  const std::vector<int64_t> ksize = c.ints_attr("ksize");
  if (spatial == 2 && ksize.size() == 4 && ksize[3] > 1 && c.string_attr("data_format", "NHWC") == "NHWC")
    return pool_channels(c, x, max ? "ReduceMax" : "ReduceMean", ksize);
  NnWindow w;
  std::vector<int64_t> kernel;
  if (Status s = read_window(c, spatial, &w, &kernel); !s.ok()) return s;
  const auto pool = [&](Value* v) {
    Value* image = to_channels_first(c, v, w.channels_last, spatial);
    return from_channels_first(c, c.emit(op, {image}, pool_attributes(w, kernel, x)), w.channels_last,
                               spatial);
  };
  return c.set(0, in_float(c, x, pool));
}

Status convert_max_pool(OpContext& c) {
  return pool_convert(c, "MaxPool", 2);
}
Status convert_max_pool3d(OpContext& c) {
  return pool_convert(c, "MaxPool", 3);
}
Status convert_avg_pool(OpContext& c) {
  return pool_convert(c, "AveragePool", 2);
}
Status convert_avg_pool3d(OpContext& c) {
  return pool_convert(c, "AveragePool", 3);
}

// ksize and strides as inputs 1 and 2.
Status convert_max_pool_v2(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<int64_t> ksize, strides;
  if (!c.known_ints(c.tensor(1), ksize) || !c.known_ints(c.tensor(2), strides))
    return c.unsupported("a window that is only known at run time");
  NnWindow w;
  if (Status s = read_window(c, 2, &w); !s.ok()) return s;
  const size_t channel = static_cast<size_t>(w.channel_axis()), first = static_cast<size_t>(w.first_axis());
  if (ksize.size() != 4 || strides.size() != 4 || ksize[0] != 1 || strides[0] != 1 || ksize[channel] != 1 ||
      strides[channel] != 1)
    return c.unsupported("a window over batch or channels");
  const std::vector<int64_t> kernel{ksize[first], ksize[first + 1]};
  w.strides = {strides[first], strides[first + 1]};
  if (kernel[0] < 1 || kernel[1] < 1 || w.strides[0] < 1 || w.strides[1] < 1)
    return c.unsupported("a window or stride that is not positive");
  const auto pool = [&](Value* v) {
    Value* image = to_channels_first(c, v, w.channels_last, 2);
    return from_channels_first(c, c.emit("MaxPool", {image}, pool_attributes(w, kernel, x)), w.channels_last,
                               2);
  };
  return c.set(0, in_float(c, x, pool));
}

// ONNX numbers the whole tensor [N, C, H, W]; TensorFlow counts (y * W + x) * C + c, from the batch's start
// or from each image's.
Status convert_max_pool_argmax(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  NnWindow w;
  std::vector<int64_t> kernel;
  if (Status s = read_window(c, 2, &w, &kernel); !s.ok()) return s;
  if (c.rank(x) != 4 || c.dim(x, 1) <= 0 || c.dim(x, 2) <= 0 || c.dim(x, 3) <= 0)
    return c.unsupported("an image of unknown size");
  const int64_t height = c.dim(x, 1), width = c.dim(x, 2), channels = c.dim(x, 3);
  if (channels > kMostTableEntries) return c.unsupported("that many channels");
  const DType type = c.dtype(x);
  Value* image = c.transpose(c.cast(x, type == DType::kF16 ? type : DType::kF32), {0, 3, 1, 2});
  std::vector<Value*> out = c.emit_many("MaxPool", {image}, 2, pool_attributes(w, kernel, x));
  if (!c.set(0, c.transpose(c.cast(out[0], type), {0, 2, 3, 1})).ok()) return c.unsupported("its pooling");
  Value* index = c.transpose(out[1], {0, 2, 3, 1});
  Value* pixel = c.emit("Mod", {index, c.ints({height * width})});
  std::vector<int64_t> channel_numbers;
  for (int64_t i = 0; i < channels; ++i) channel_numbers.push_back(i);
  index = c.emit("Add", {c.emit("Mul", {pixel, c.ints({channels})}), c.ints(channel_numbers)});
  if (c.bool_attr("include_batch_in_index")) {
    Value* n = c.emit("Gather", {c.shape_of(x), c.int_scalar(0)}, {{"axis", 0}});
    Value* image_number = c.emit("Range", {c.int_scalar(0), n, c.int_scalar(1)});
    Value* start = c.emit("Mul", {image_number, c.ints({height * width * channels})});
    index = c.emit("Add", {index, c.unsqueeze(start, {1, 2, 3})});
  }
  return c.set(1, c.cast(index, c.dtype_attr("Targmax", DType::kI64)));
}

const OpRule kPoolRules[] = {
    {"MaxPool", convert_max_pool, "", "NHWC and NCHW; over channels alone too"},
    {"MaxPoolV2", convert_max_pool_v2, "", "window and strides must be constant"},
    {"MaxPool3D", convert_max_pool3d},
    {"AvgPool", convert_avg_pool, "", "NHWC and NCHW"},
    {"AvgPool3D", convert_avg_pool3d},
    {"MaxPoolWithArgmax", convert_max_pool_argmax, "output,argmax", "the image's size must be known"},
};

}  // namespace

Span<const OpRule> pool_rules() {
  return {kPoolRules, std::size(kPoolRules)};
}

}  // namespace jetline::tf
