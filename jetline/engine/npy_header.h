// The header of an .npy file: a Python dictionary literal with the keys descr, fortran_order and shape. Only
// that much Python is understood. Internal to npy.cpp and npz.cpp. Ids as in npy.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jetline/engine/npy.h"

namespace jetline {

struct NpyHeader {
  DType dtype = DType::kUndefined;
  bool big_endian = false;
  bool fortran = false;
  std::vector<int64_t> shape;
};

Result<NpyHeader> parse_npy_header(std::string_view text, const std::string& where, int max_rank);

// Magic, version 1.0 and the header, padded to 64 bytes as NumPy does. Checks that the data has the right
// size.
Result<std::string> npy_header_bytes(const NpyView& array);

// "<f4" for kF32; "" for types that NumPy does not have.
std::string npy_descr(DType type);

}  // namespace jetline
