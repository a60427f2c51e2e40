// Tensors in NumPy's files: .npy (one array) and .npz (a zip of them), read and written without NumPy.
// Formats: NEP 1 (versions 1.0, 2.0 and 3.0 of the header) and APPNOTE.TXT of the zip format (stored and
// deflated members, zip64).
//
// Arrays in memory are dense and row-major in the machine's byte order; Fortran-ordered and byte-swapped
// files are brought to that form. Object and structured arrays are refused (they would need Python's pickle).
// A header cannot make the reader allocate more than the file can hold: an .npy must contain the bytes that
// its shape asks for, a deflated member grows only as far as it really inflates and never past NpyLimits.
//
// Plain values; no thread rules.
// Ids: npy.syntax, npy.truncated, npy.unsupported-type, npy.too-large, npz.syntax, npz.truncated,
// npz.bad-crc, npz.unsupported (encryption, another compression), npz.duplicate; file.* of base/files.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/dtype.h"
#include "jetline/base/files.h"
#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline {

struct NpyLimits {
  int64_t max_bytes = int64_t{1} << 32;  // of one array, uncompressed
  int max_rank = 32;                     // NumPy's own limit
  int max_members = 4096;                // arrays in an .npz
};

struct NpyArray {
  DType dtype = DType::kUndefined;
  std::vector<int64_t> shape;  // empty: a scalar
  std::vector<uint8_t> data;   // row-major
  int64_t elements() const;
};

struct NamedArray {
  std::string name;  // without ".npy"
  NpyArray array;
};

// An array to write: memory that somebody else owns.
struct NpyView {
  std::string name;  // used in .npz only
  DType dtype = DType::kUndefined;
  std::vector<int64_t> shape;
  ByteView data;
};

// `where` names the source in messages.
Result<NpyArray> parse_npy(ByteView bytes, const std::string& where, const NpyLimits& limits = {});
Result<NpyArray> load_npy(const std::string& path, const NpyLimits& limits = {});

Result<std::vector<NamedArray>> parse_npz(ByteView bytes, const std::string& where,
                                          const NpyLimits& limits = {});
Result<std::vector<NamedArray>> load_npz(const std::string& path, const NpyLimits& limits = {});

// Types that NumPy has no name for are refused (npy.unsupported-type); to_numpy() widens those it can.
Result<std::string> npy_bytes(const NpyView& array);
Status save_npy(const NpyView& array, const std::string& path, FileSystem& fs = real_file_system());
// Members are stored, not compressed, with a fixed date, so that equal arrays give equal files.
Status save_npz(const std::vector<NpyView>& arrays, const std::string& path,
                FileSystem& fs = real_file_system());

// The same numbers in the nearest type that NumPy knows: bfloat16 becomes float32, 4-bit and 2-bit integers
// become 8-bit ones; everything else is returned unchanged.
Result<NpyArray> to_numpy(NpyArray array);

// Row-major copy of a column-major array of `shape` with `item` bytes an element.
std::vector<uint8_t> fortran_to_c(ByteView data, const std::vector<int64_t>& shape, int64_t item);

}  // namespace jetline
