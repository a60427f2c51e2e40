// BiasAdd, BiasAddV1 and LRN.
#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_bias_add(OpContext& c) {
  Value* x = c.tensor(0);
  Value* bias = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!bias) return c.wrong_input(1);
  const std::string format = c.string_attr("data_format", "NHWC");
  if (format != "NHWC" && format.compare(0, 2, "NC") == 0) {
    if (c.rank(x) < 0) return c.unsupported("channels first with an input of unknown rank");
    if (c.rank(x) > 2) bias = channel_vector(c, bias, c.rank(x) - 2);
  }
  const auto add = [&](Value* v) { return c.emit("Add", {v, c.cast(bias, c.dtype(v))}); };
  return c.set(0, c.via(x, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64},
                        c.dtype(x) == DType::kBF16 ? DType::kF32 : DType::kI64, add));
}

// TensorFlow multiplies the plain sum of squares by alpha, ONNX its mean.
Status convert_lrn(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const int64_t size = 2 * c.int_attr("depth_radius", 5) + 1;
  const float alpha = c.float_attr("alpha", 1) * static_cast<float>(size);
  const auto norm = [&](Value* v) {
    Value* image = to_channels_first(c, v, true, 2);
    Value* y = c.emit("LRN", {image},
                      {{"size", size},
                       {"alpha", alpha},
                       {"beta", c.float_attr("beta", 0.5f)},
                       {"bias", c.float_attr("bias", 1)}});
    return from_channels_first(c, y, true, 2);
  };
  return c.set(0, in_float(c, x, norm));
}

const OpRule kBiasLrnRules[] = {
    {"BiasAdd", convert_bias_add},
    {"BiasAddV1", convert_bias_add},
    {"LRN", convert_lrn},
};

}  // namespace

Span<const OpRule> bias_lrn_rules() {
  return {kBiasLrnRules, std::size(kBiasLrnRules)};
}

}  // namespace jetline::tf
