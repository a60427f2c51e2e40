// Numbers out of tensors of any type, for summaries and comparisons.
#include <cmath>
#include <cstring>
#include <limits>

#include "jetline/engine/infer.h"

namespace jetline {
namespace {

// IEEE 754 binary16 to double.
double half_to_double(uint16_t h) {
  const int exponent = h >> 10 & 31, fraction = h & 1023;
  const double sign = h & 0x8000 ? -1 : 1;
  if (exponent == 31) {
    return fraction ? std::numeric_limits<double>::quiet_NaN()
                    : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

double bf16_to_double(uint16_t b) {
  const uint32_t bits = static_cast<uint32_t>(b) << 16;
  float f;
  std::memcpy(&f, &bits, 4);
  return static_cast<double>(f);
}

template <typename T, typename F>
void numbers_as(const TensorView& t, std::vector<double>& out, F&& convert) {
  const T* p = static_cast<const T*>(t.data);
  for (size_t i = 0; i < out.size(); ++i) out[i] = convert(p[i]);
}

}  // namespace

bool tensor_to_doubles(const TensorView& t, std::vector<double>& out) {
  out.resize(static_cast<size_t>(t.elements()));
  const auto plain = [](auto v) { return static_cast<double>(v); };
  switch (t.dtype) {
    case DType::kF32:
      numbers_as<float>(t, out, plain);
      return true;
    case DType::kF64:
      numbers_as<double>(t, out, plain);
      return true;
    case DType::kF16:
      numbers_as<uint16_t>(t, out, half_to_double);
      return true;
    case DType::kBF16:
      numbers_as<uint16_t>(t, out, bf16_to_double);
      return true;
    case DType::kBool:
    case DType::kU8:
      numbers_as<uint8_t>(t, out, plain);
      return true;
    case DType::kI8:
      numbers_as<int8_t>(t, out, plain);
      return true;
    case DType::kU16:
      numbers_as<uint16_t>(t, out, plain);
      return true;
    case DType::kI16:
      numbers_as<int16_t>(t, out, plain);
      return true;
    case DType::kU32:
      numbers_as<uint32_t>(t, out, plain);
      return true;
    case DType::kI32:
      numbers_as<int32_t>(t, out, plain);
      return true;
    case DType::kU64:
      numbers_as<uint64_t>(t, out, plain);
      return true;
    case DType::kI64:
      numbers_as<int64_t>(t, out, plain);
      return true;
    default:
      out.clear();
      return false;
  }
}

TensorSummary summarize(const TensorView& t, const std::string& name) {
  TensorSummary s;
  s.info.name = name;
  s.info.dtype = t.dtype;
  s.info.shape.assign(t.shape.begin(), t.shape.end());
  std::vector<double> numbers;
  if (!tensor_to_doubles(t, numbers)) return s;
  int64_t n = 0;
  double sum = 0;
  for (double v : numbers) {
    if (!std::isfinite(v)) {
      ++s.not_finite;
      continue;
    }
    s.min = n == 0 ? v : std::min(s.min, v);
    s.max = n == 0 ? v : std::max(s.max, v);
    sum += v;
    ++n;
  }
  s.numeric = n > 0;
  if (n) s.mean = sum / static_cast<double>(n);
  return s;
}

}  // namespace jetline
