#include "jetline/graph/evaluate/floats.h"

#include <array>
#include <cmath>

namespace jetline::calc {
namespace {

// exponent and fraction bits, bias, and what the top codes mean.
struct SmallFormat {
  int exponent, fraction, bias;
  bool has_infinity;  // top exponent as in IEEE 754
  bool has_nan;
  bool unsigned_zero;  // FNUZ: the code of -0 is the only NaN
  float largest;
};

SmallFormat small_format(DType t) {
  switch (t) {
    case DType::kF8E4M3FN:
      return {4, 3, 7, false, true, false, 448};
    case DType::kF8E4M3FNUZ:
      return {4, 3, 8, false, true, true, 240};
    case DType::kF8E5M2:
      return {5, 2, 15, true, true, false, 57344};
    case DType::kF8E5M2FNUZ:
      return {5, 2, 16, false, true, true, 57344};
    default:
      return {2, 1, 1, false, false, false, 6};  // kF4E2M1
  }
}

float small_decode(const SmallFormat& f, int code) {
  const int top = (1 << f.exponent) - 1, mask = (1 << f.fraction) - 1;
  const int sign = code >> (f.exponent + f.fraction), e = (code >> f.fraction) & top, m = code & mask;
  if (f.unsigned_zero && sign && e == 0 && m == 0) return __builtin_nanf("");
  if (f.has_infinity && e == top) {
    const float v = m ? __builtin_nanf("") : __builtin_inff();
    return sign ? -v : v;
  }
  if (!f.has_infinity && !f.unsigned_zero && f.has_nan && e == top && m == mask) return __builtin_nanf("");
  const float v = e == 0 ? std::ldexp(static_cast<float>(m), 1 - f.bias - f.fraction)
                         : std::ldexp(static_cast<float>(m + mask + 1), e - f.bias - f.fraction);
  return sign ? -v : v;
}

std::array<float, 256> small_table(DType t) {
  std::array<float, 256> table{};
  const SmallFormat f = small_format(t);
  const int codes = 1 << (1 + f.exponent + f.fraction);
  for (int i = 0; i < 256; ++i) table[static_cast<size_t>(i)] = small_decode(f, i % codes);
  return table;
}

uint8_t e8m0_encode(float value, ScaleRounding rounding) {
  if (std::isnan(value)) return 255;
  const float v = std::fabs(value);
  if (v == 0) return 0;
  if (std::isinf(v)) return 254;
  const uint32_t bits = float_to_bits(v);
  uint32_t e = bits >> 23;
  const uint32_t m = bits & 0x7fffffu;
  // Nearest rounds ties up, as onnx's reference does; a subnormal float below 2^-127 becomes the smallest.
  const bool up = rounding == ScaleRounding::kUp        ? (e == 0 ? m > 0x400000u : m > 0)
                  : rounding == ScaleRounding::kNearest ? (e == 0 ? m > 0x600000u : m >= 0x400000u)
                                                        : false;
  if (up && e < 254) ++e;
  return static_cast<uint8_t>(e > 254 ? 254 : e);
}

}  // namespace

bool is_small_float(DType t) {
  return (t >= DType::kF8E4M3FN && t <= DType::kF8E5M2FNUZ) || t == DType::kF4E2M1 || t == DType::kF8E8M0;
}

float small_float(DType dtype, uint8_t bits) {
  static const std::array<float, 256> e4m3fn = small_table(DType::kF8E4M3FN),
                                      e4m3fnuz = small_table(DType::kF8E4M3FNUZ),
                                      e5m2 = small_table(DType::kF8E5M2),
                                      e5m2fnuz = small_table(DType::kF8E5M2FNUZ),
                                      e2m1 = small_table(DType::kF4E2M1);
  switch (dtype) {
    case DType::kF8E4M3FN:
      return e4m3fn[bits];
    case DType::kF8E4M3FNUZ:
      return e4m3fnuz[bits];
    case DType::kF8E5M2:
      return e5m2[bits];
    case DType::kF8E5M2FNUZ:
      return e5m2fnuz[bits];
    case DType::kF8E8M0:
      return bits == 255 ? __builtin_nanf("") : std::ldexp(1.0f, bits - 127);
    default:
      return e2m1[bits];
  }
}

uint8_t to_small_float(DType dtype, float value, bool saturate, ScaleRounding e8m0) {
  if (dtype == DType::kF8E8M0) return e8m0_encode(value, e8m0);
  const SmallFormat f = small_format(dtype);
  const int width = 1 + f.exponent + f.fraction, top = (1 << f.exponent) - 1;
  const int sign = std::signbit(value) ? 1 << (width - 1) : 0;
  const int nan = f.unsigned_zero ? 1 << (width - 1) : sign | (top << f.fraction) | ((1 << f.fraction) - 1);
  const int infinity = f.has_infinity ? sign | (top << f.fraction) : nan;
  // The code of the largest number: one below infinity, below NaN, or the last one.
  const int last = (1 << (width - 1)) - 1;
  const int largest = sign | (f.has_infinity                  ? (top << f.fraction) - 1
                              : f.has_nan && !f.unsigned_zero ? last - 1
                                                              : last);
  if (std::isnan(value)) return static_cast<uint8_t>(f.has_nan ? nan : 1 << (width - 1));  // E2M1: -0
  const float v = std::fabs(value);
  if (std::isinf(v)) return static_cast<uint8_t>(saturate || !f.has_nan ? largest : infinity);
  int e = v == 0 ? 1 - f.bias : std::ilogb(v);
  if (e < 1 - f.bias) e = 1 - f.bias;
  // In units of the last place; nearbyint rounds to nearest even.
  const auto units = static_cast<int64_t>(std::nearbyint(std::ldexp(static_cast<double>(v), f.fraction - e)));
  const int64_t code = units + (static_cast<int64_t>(e + f.bias - 1) << f.fraction);
  if (code > (largest & last)) {
    return static_cast<uint8_t>(saturate || !f.has_nan ? largest : infinity);
  }
  if (f.unsigned_zero && code == 0) return 0;
  return static_cast<uint8_t>(sign | static_cast<int>(code));
}

}  // namespace jetline::calc
