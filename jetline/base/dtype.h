// Element types of tensors, numbered as ONNX numbers them (onnx.proto, TensorProto.DataType), so that files and
// memory speak of the same thing. Shared by graph/ (models) and engine/ (running them).
#pragma once

#include <cstdint>
#include <string_view>

namespace jetline {

enum class DType : uint8_t {
  kUndefined = 0,
  kF32 = 1,
  kU8 = 2,
  kI8 = 3,
  kU16 = 4,
  kI16 = 5,
  kI32 = 6,
  kI64 = 7,
  kString = 8,
  kBool = 9,
  kF16 = 10,
  kF64 = 11,
  kU32 = 12,
  kU64 = 13,
  kC64 = 14,
  kC128 = 15,
  kBF16 = 16,
  kF8E4M3FN = 17,
  kF8E4M3FNUZ = 18,
  kF8E5M2 = 19,
  kF8E5M2FNUZ = 20,
  kU4 = 21,
  kI4 = 22,
  kF4E2M1 = 23,
  kF8E8M0 = 24,
  kU2 = 25,
  kI2 = 26,
};

// Bits of one element; 0 for kUndefined and kString. Types under 8 bits are packed, low bits first.
int dtype_bits(DType t);
// ONNX's lower-case name ("float32" -> "float", "int64", "bfloat16", ...); "undefined" for unknown numbers.
std::string_view dtype_name(DType t);
// Inverse of dtype_name; also takes numpy's names ("float32", "float16"). kUndefined when unknown.
DType dtype_from_name(std::string_view name);
// Bytes of n packed elements.
inline int64_t dtype_bytes(DType t, int64_t n) { return (n * dtype_bits(t) + 7) / 8; }

}  // namespace jetline
