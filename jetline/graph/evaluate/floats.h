// The floating point types that C++ lacks, to float and back, rounding to nearest even. float16 and bfloat16
// after IEEE 754 and its upper half; the 8-bit ones after "FP8 Formats for Deep Learning" (E4M3FN, E5M2) and
// their FNUZ variants; E2M1 and E8M0 after the OCP Microscaling Formats specification.
#pragma once

#include <cstdint>
#include <cstring>

#include "jetline/base/dtype.h"

namespace jetline::calc {

inline float bits_to_float(uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}
inline uint32_t float_to_bits(float f) {
  uint32_t bits;
  std::memcpy(&bits, &f, 4);
  return bits;
}

inline float f16_to_float(uint16_t h) {
  const uint32_t sign = uint32_t{h & 0x8000u} << 16;
  const uint32_t rest = h & 0x7fffu;
  if (rest >= 0x7c00u) return bits_to_float(sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
  // Scaling by 2^112 turns the exponent's bias from 15 to 127, subnormals included.
  return bits_to_float(float_to_bits(bits_to_float(rest << 13) * 0x1p112f) | sign);
}

inline uint16_t float_to_f16(float f) {
  const uint32_t bits = float_to_bits(f), sign = (bits >> 16) & 0x8000u;
  uint32_t rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (rest >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // rounds to 65536 or more
  if (rest < 0x38800000u) {                                               // under 2^-14: a multiple of 2^-24
    return static_cast<uint16_t>(sign | (float_to_bits(bits_to_float(rest) + 0.5f) - 0x3f000000u));
  }
  rest += 0xc8000fffu + ((rest >> 13) & 1u);  // bias 127 to 15, round to nearest even
  return static_cast<uint16_t>(sign | (rest >> 13));
}

inline float bf16_to_float(uint16_t b) {
  return bits_to_float(uint32_t{b} << 16);
}

inline uint16_t float_to_bf16(float f) {
  const uint32_t bits = float_to_bits(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// An 8- or 4-bit float from its bits, by the type's table.
float small_float(DType dtype, uint8_t bits);
// To an 8- or 4-bit float. `saturate`: what is too large becomes the largest number, else infinity or NaN
// where the type has one (ONNX Cast's attribute). `up`: E8M0 rounds up instead of to nearest, with `down`
// down.
enum class ScaleRounding : uint8_t { kNearest, kUp, kDown };
uint8_t to_small_float(DType dtype, float value, bool saturate, ScaleRounding e8m0 = ScaleRounding::kNearest);
bool is_small_float(DType dtype);

}  // namespace jetline::calc
