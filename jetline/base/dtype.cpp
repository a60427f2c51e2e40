#include "jetline/base/dtype.h"

#include <cstddef>

namespace jetline {
namespace {
struct DTypeRow {
  std::string_view name;
  int bits;
};
constexpr DTypeRow kDTypeRows[] = {
    {"undefined", 0}, {"float", 32},        {"uint8", 8},      {"int8", 8},         {"uint16", 16},
    {"int16", 16},    {"int32", 32},        {"int64", 64},     {"string", 0},       {"bool", 8},
    {"float16", 16},  {"double", 64},       {"uint32", 32},    {"uint64", 64},      {"complex64", 64},
    {"complex128", 128}, {"bfloat16", 16},  {"float8e4m3fn", 8}, {"float8e4m3fnuz", 8}, {"float8e5m2", 8},
    {"float8e5m2fnuz", 8}, {"uint4", 4},    {"int4", 4},       {"float4e2m1", 4},   {"float8e8m0", 8},
    {"uint2", 2},     {"int2", 2},
};
constexpr size_t kDTypeCount = sizeof(kDTypeRows) / sizeof(kDTypeRows[0]);
}  // namespace

int dtype_bits(DType t) { return static_cast<size_t>(t) < kDTypeCount ? kDTypeRows[static_cast<size_t>(t)].bits : 0; }
std::string_view dtype_name(DType t) {
  return static_cast<size_t>(t) < kDTypeCount ? kDTypeRows[static_cast<size_t>(t)].name : kDTypeRows[0].name;
}
DType dtype_from_name(std::string_view name) {
  if (name == "float32") return DType::kF32;
  if (name == "float64") return DType::kF64;
  for (size_t i = 1; i < kDTypeCount; ++i) {
    if (kDTypeRows[i].name == name) return static_cast<DType>(i);
  }
  return DType::kUndefined;
}
}  // namespace jetline
