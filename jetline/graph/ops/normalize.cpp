// Normalisation, softmax, quantisation: the first input's shape, element types as each says.
#include <algorithm>

#include "jetline/graph/ops/types.h"

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

// Mean and inverse deviation: [a, b, 1, …] with ones from `axis` on, in the type of stash_type.
void layer_normalization_infer(Context& c) {
  normalize_infer(c);
  const auto* x = c.shape(0);
  const DType t = dtype_attribute(c, "stash_type", DType::kF32);
  int64_t axis = c.node().int_or("axis", -1);
  for (size_t i = 1; i < 3; ++i) {
    if (!x || !normalize_axis(axis, x->size())) {
      c.set_dtype(i, t);
      continue;
    }
    std::vector<Dim> out = *x;
    std::fill(out.begin() + axis, out.end(), Dim(1));
    c.set(i, t, std::move(out));
  }
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
    {"", "LayerNormalization", layer_normalization_infer},
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
