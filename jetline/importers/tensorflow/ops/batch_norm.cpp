// FusedBatchNorm V1 to V3 and the older BatchNormWithGlobalNormalization. In training mode the statistics are
// those of the batch in hand (tensorflow/core/kernels/fused_batch_norm_op.cc): computed with primitives; the
// variance that is returned is the unbiased one, mixed into the running one by exponential_avg_factor.
#include "jetline/importers/tensorflow/ops/batch_norm.h"

namespace jetline::tf {
namespace {

struct BnStatistics {
  Value *mean, *variance;  // used for normalising
  Value *returned_mean, *returned_variance;
};

// `image` channels first, float32.
BnStatistics batch_statistics(OpContext& c, Value* image, Value* old_mean, Value* old_variance, int spatial) {
  std::vector<int64_t> axes{0};
  for (int i = 0; i < spatial; ++i) axes.push_back(i + 2);
  Value* kept = c.emit("ReduceMean", {image}, {{"axes", axes}, {"keepdims", 1}});
  Value* centred = c.emit("Sub", {image, kept});
  Value* variance =
      c.emit("ReduceMean", {c.emit("Mul", {centred, centred})}, {{"axes", axes}, {"keepdims", 0}});
  Value* mean = c.squeeze(kept, axes);
  Value* count = c.emit("ReduceProd", {c.emit("Gather", {c.shape_of(image), c.ints(axes)}, {{"axis", 0}})},
                        {{"axes", {0}}, {"keepdims", 0}});
  count = c.cast(count, DType::kF32);
  Value* one = c.scalar(1, DType::kF32);
  Value* unbiased =
      c.emit("Mul", {variance, c.emit("Div", {count, c.emit("Max", {c.emit("Sub", {count, one}), one})})});
  BnStatistics s{mean, variance, mean, unbiased};
  const float factor = c.float_attr("exponential_avg_factor", 1);
  if (factor != 1) {
    const auto mix = [&](Value* old, Value* now) {
      return c.emit("Add", {c.emit("Mul", {old, c.scalar(1 - factor, DType::kF32)}),
                            c.emit("Mul", {now, c.scalar(factor, DType::kF32)})});
    };
    s.returned_mean = mix(old_mean, mean);
    s.returned_variance = mix(old_variance, unbiased);
  }
  return s;
}

Status convert_batch_norm(OpContext& c) {
  Value* y = nullptr;
  if (Status s = emit_batch_norm(c, &y); !s.ok()) return s;
  return c.set(0, y);
}

// t, m, v, beta, gamma; scales by gamma only when asked to.
Status convert_global_norm(OpContext& c) {
  for (size_t i = 0; i < 5; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* x = c.tensor(0);
  const bool scale = c.bool_attr("scale_after_normalization");
  Value* gamma = c.tensor(4);
  if (!scale) gamma = c.emit("Add", {c.emit("Mul", {gamma, c.scalar(0, gamma)}), c.scalar(1, gamma)});
  Value* image = to_channels_first(c, c.cast(x, DType::kF32), true, 2);
  const auto f32 = [&](Value* v) { return c.cast(v, DType::kF32); };
  Value* y =
      c.emit("BatchNormalization", {image, f32(gamma), f32(c.tensor(3)), f32(c.tensor(1)), f32(c.tensor(2))},
             {{"epsilon", c.float_attr("variance_epsilon", 1e-3f)}});
  return c.set(0, c.cast(from_channels_first(c, y, true, 2), c.dtype(x)));
}

const char kBnOutputs[] = "y,batch_mean,batch_variance,reserve_space_1,reserve_space_2";
const char kBnOutputsV3[] = "y,batch_mean,batch_variance,reserve_space_1,reserve_space_2,reserve_space_3";
const char kBnNote[] = "in training mode with the statistics of the batch in hand";

const OpRule kBnRules[] = {
    {"FusedBatchNorm", convert_batch_norm, kBnOutputs, kBnNote},
    {"FusedBatchNormV2", convert_batch_norm, kBnOutputs, kBnNote},
    {"FusedBatchNormV3", convert_batch_norm, kBnOutputsV3, kBnNote},
    {"BatchNormWithGlobalNormalization", convert_global_norm},
};

}  // namespace

Status emit_batch_norm(OpContext& c, Value** y) {
  for (size_t i = 0; i < 5; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* x = c.tensor(0);
  const std::string format = c.string_attr("data_format", "NHWC");
  const bool last = format == "NHWC" || format == "NDHWC";
  if (!last && format != "NCHW" && format != "NCDHW") return c.unsupported("data_format " + format);
  const int spatial = format.size() == 5 ? 3 : 2;
  const bool training = c.bool_attr("is_training", true);
  const DType type = c.dtype(x);
  Value* scale = c.tensor(1);
  // Scale and statistics are float32 even where the image is float16.
  const DType compute = type == DType::kF16 && c.dtype(scale) == DType::kF16 ? DType::kF16 : DType::kF32;
  Value* image = to_channels_first(c, c.cast(x, compute), last, spatial);
  Value* mean = c.cast(c.tensor(3), compute);
  Value* variance = c.cast(c.tensor(4), compute);
  BnStatistics s{mean, variance, mean, variance};
  if (training) s = batch_statistics(c, image, mean, variance, spatial);
  *y = c.emit("BatchNormalization",
              {image, c.cast(scale, compute), c.cast(c.tensor(2), compute), s.mean, s.variance},
              {{"epsilon", c.float_attr("epsilon", 1e-4f)}});
  *y = c.cast(from_channels_first(c, *y, last, spatial), type);
  const DType statistics = c.dtype(scale);
  Value* others[] = {s.returned_mean, s.returned_variance, s.mean, s.variance};
  for (size_t i = 0; i < 4; ++i)
    if (Status set = c.set(i + 1, c.cast(others[i], statistics)); !set.ok()) return set;
  if (c.op() == "FusedBatchNormV3" || c.op() == "_FusedBatchNormEx") return c.set(5, c.scalar(0, statistics));
  return {};
}

Span<const OpRule> batch_norm_rules() {
  return {kBnRules, std::size(kBnRules)};
}

}  // namespace jetline::tf
