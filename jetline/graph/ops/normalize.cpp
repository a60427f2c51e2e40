// Normalisation, softmax, quantisation: the first input's shape, element types as each says.
#include "jetline/graph/ops/rules.h"

namespace jetline::ops {
namespace {

void normalize_first(Context& c, DType dtype) {
  if (const auto* x = c.shape(0))
    c.set(0, dtype, *x);
  else
    c.set_dtype(0, dtype);
}
void normalize_infer(Context& c) {
  normalize_first(c, c.dtype(0));
}

void dropout_infer(Context& c) {
  normalize_infer(c);
  if (const auto* x = c.shape(0)) c.set(1, c.opset() >= 10 ? DType::kBool : c.dtype(0), *x);
}

void batch_normalization_infer(Context& c) {
  normalize_infer(c);
  // Outputs 1 and 2 are the running statistics, [C] like inputs 3 and 4.
  for (size_t i = 1; i < 3; ++i) {
    if (const auto* s = c.shape(i + 2)) c.set(i, c.dtype(i + 2), *s);
  }
}

void quantize_infer(Context& c) {
  const int64_t asked = c.node().int_or("output_dtype", 0);
  DType t = c.has(2) ? c.dtype(2) : DType::kU8;
  if (!c.has(2) && asked > 0 && asked <= static_cast<int64_t>(DType::kI2)) t = static_cast<DType>(asked);
  normalize_first(c, t);
}

void dequantize_infer(Context& c) {
  normalize_first(c, c.dtype(1));
}

void dynamic_quantize_infer(Context& c) {
  normalize_first(c, DType::kU8);
  c.set(1, DType::kF32, {});
  c.set(2, DType::kU8, {});
}

const Rule kNormalizeRules[] = {
    {"", "BatchNormalization", batch_normalization_infer},
    {"", "InstanceNormalization", normalize_infer},
    {"", "LayerNormalization", normalize_infer},
    {"", "GroupNormalization", normalize_infer},
    {"", "RMSNormalization", normalize_infer},
    {"", "MeanVarianceNormalization", normalize_infer},
    {"", "LpNormalization", normalize_infer},
    {"", "LRN", normalize_infer},
    {"", "Softmax", normalize_infer},
    {"", "LogSoftmax", normalize_infer},
    {"", "Hardmax", normalize_infer},
    {"", "CumSum", normalize_infer},
    {"", "Trilu", normalize_infer},
    {"", "Dropout", dropout_infer},
    {"", "QuantizeLinear", quantize_infer},
    {"", "DequantizeLinear", dequantize_infer},
    {"", "DynamicQuantizeLinear", dynamic_quantize_infer},
};
}  // namespace

Span<const Rule> normalize_rules() {
  return {kNormalizeRules, sizeof(kNormalizeRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
