#include "jetline/check/estimate/sizes.h"

namespace jetline::check {
namespace {

bool size_is_float(DType t) {
  switch (t) {
    case DType::kF32:
    case DType::kF16:
    case DType::kF64:
    case DType::kBF16:
    case DType::kF8E4M3FN:
    case DType::kF8E4M3FNUZ:
    case DType::kF8E5M2:
    case DType::kF8E5M2FNUZ:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<TensorSize> size_of(const ValueType& type) {
  if (!type.is_tensor() || !type.has_shape || type.dtype == DType::kUndefined) return std::nullopt;
  TensorSize s;
  s.elements = 1;
  for (size_t i = 0; i < type.shape.size(); ++i) {
    const Dim& d = type.shape[i];
    if (!d.known() && i > 0) return std::nullopt;
    s.batch_as_one = s.batch_as_one || !d.known();
    if (__builtin_mul_overflow(s.elements, d.known() ? d.value : 1, &s.elements)) return std::nullopt;
  }
  s.is_float = size_is_float(type.dtype);
  s.fixed_bits = dtype_bits(type.dtype);
  return s;
}

double float_bytes(targets::Precision precision) {
  switch (precision) {
    case targets::Precision::kFp32:
    case targets::Precision::kTf32:
      return 4;
    case targets::Precision::kFp16:
    case targets::Precision::kBf16:
      return 2;
    case targets::Precision::kInt8:
    case targets::Precision::kFp8:
      return 1;
    case targets::Precision::kFp4:
      return 0.5;
  }
  return 4;
}

}  // namespace jetline::check
