// Moving cells between arrays of different strides: what Transpose, Slice, Concat, Expand and others are made
// of. Strides are in elements and may be 0 or negative. Threads: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/graph/evaluate/call.h"

namespace jetline::calc {

// dst[i · dst_strides] = src[i · src_strides] for every index i of `dims`; elements of `width` bytes (1, 2,
// 4, 8 or 16). The arrays do not overlap. Contiguous runs are copied whole, crossing strides in square
// blocks.
void copy_strided(int64_t width, const Dims& dims, uint8_t* dst, const Dims& dst_strides, const uint8_t* src,
                  const Dims& src_strides);

// dst[0, n) = the element at `value`.
void fill_cells(int64_t width, uint8_t* dst, int64_t n, const uint8_t* value);

// Strides of a row-major array of `dims` walked as if it had the shape `out` that it is broadcast to.
Dims broadcast_strides(const Dims& dims, const Dims& out);

// Counts an index of `dims` up, last dimension first; false after the last. Keeps `offset` = index · strides.
struct Odometer {
  // Filled by resize(): with the filling constructor GCC 12 warns of a deallocation that cannot happen.
  explicit Odometer(const Dims& dims) : dims(dims) { index.resize(dims.size()); }
  template <size_t K>
  bool next(const Dims (&strides)[K], int64_t (&offsets)[K]) {
    for (size_t d = dims.size(); d-- > 0;) {
      for (size_t k = 0; k < K; ++k) offsets[k] += strides[k][d];
      if (++index[d] < dims[d]) return true;
      for (size_t k = 0; k < K; ++k) offsets[k] -= strides[k][d] * dims[d];
      index[d] = 0;
    }
    return false;
  }
  bool next() {
    for (size_t d = dims.size(); d-- > 0;) {
      if (++index[d] < dims[d]) return true;
      index[d] = 0;
    }
    return false;
  }
  const Dims& dims;
  Dims index;
};

// The tensor's bytes under another shape of as many elements.
Tensor with_dims(const Tensor& tensor, Dims dims);

}  // namespace jetline::calc
