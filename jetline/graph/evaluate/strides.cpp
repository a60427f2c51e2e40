#include "jetline/graph/evaluate/strides.h"

#include <algorithm>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace jetline::calc {
namespace {

struct CopyAxis {
  int64_t n, dst, src;
};
struct Cell16 {
  uint64_t low, high;
};

template <typename T>
T cell_at(const uint8_t* p, int64_t i) {
  T v;
  std::memcpy(&v, p + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return v;
}
template <typename T>
void put_cell(uint8_t* p, int64_t i, T v) {
  std::memcpy(p + i * static_cast<int64_t>(sizeof(T)), &v, sizeof(T));
}

template <typename T>
void copy_row(uint8_t* dst, const uint8_t* src, const CopyAxis& a) {
  if (a.src == 0) {
    const T v = cell_at<T>(src, 0);
    for (int64_t i = 0; i < a.n; ++i) put_cell(dst, i * a.dst, v);
  } else if (a.dst == 1) {
    for (int64_t i = 0; i < a.n; ++i) put_cell(dst, i, cell_at<T>(src, i * a.src));
  } else {
    for (int64_t i = 0; i < a.n; ++i) put_cell(dst, i * a.dst, cell_at<T>(src, i * a.src));
  }
}

// a: contiguous in the destination, b: contiguous in the source. Blocks keep both in the first cache.
template <typename T>
void copy_block(uint8_t* dst, const uint8_t* src, const CopyAxis& a, const CopyAxis& b) {
  constexpr int64_t kBlock = 32;
  for (int64_t b0 = 0; b0 < b.n; b0 += kBlock) {
    const int64_t b1 = std::min(b.n, b0 + kBlock);
    for (int64_t a0 = 0; a0 < a.n; a0 += kBlock) {
      const int64_t a1 = std::min(a.n, a0 + kBlock);
      for (int64_t j = b0; j < b1; ++j) {
        for (int64_t i = a0; i < a1; ++i) {
          put_cell(dst, i * a.dst + j * b.dst, cell_at<T>(src, i * a.src + j * b.src));
        }
      }
    }
  }
}

#if defined(__SSE2__)
// Four rows of four, turned in registers. Strides in bytes.
inline void copy_turned4(uint8_t* dst, int64_t dst_row, const uint8_t* src, int64_t src_row) {
  __m128 r[4];
  for (int i = 0; i < 4; ++i) r[i] = _mm_loadu_ps(reinterpret_cast<const float*>(src + i * src_row));
  _MM_TRANSPOSE4_PS(r[0], r[1], r[2], r[3]);
  for (int i = 0; i < 4; ++i) _mm_storeu_ps(reinterpret_cast<float*>(dst + i * dst_row), r[i]);
}

// copy_block for elements of 4 bytes where a.dst and b.src are 1. Moves bits, whatever they mean: loads and
// stores of vectors do not look at them.
void copy_block_turned(uint8_t* dst, const uint8_t* src, const CopyAxis& a, const CopyAxis& b) {
  constexpr int64_t kLine = 16;  // elements of a cache line: all of it is used while it is there
  const int64_t dst_row = b.dst * 4, src_row = a.src * 4, a4 = a.n / 4 * 4;
  for (int64_t b0 = 0; b0 < b.n; b0 += kLine) {
    const int64_t b1 = std::min(b.n, b0 + kLine), b4 = b0 + (b1 - b0) / 4 * 4;
    for (int64_t i = 0; i < a4; i += 4) {
      for (int64_t j = b0; j < b4; j += 4) {
        copy_turned4(dst + i * 4 + j * dst_row, dst_row, src + i * src_row + j * 4, src_row);
      }
    }
    for (int64_t j = b0; j < b1; ++j) {
      for (int64_t i = j < b4 ? a4 : 0; i < a.n; ++i) {
        std::memcpy(dst + i * 4 + j * dst_row, src + i * src_row + j * 4, 4);
      }
    }
  }
}
#endif

using CopyRow = void (*)(uint8_t*, const uint8_t*, const CopyAxis&);
using CopyBlock = void (*)(uint8_t*, const uint8_t*, const CopyAxis&, const CopyAxis&);

template <typename T>
void pick_copy(CopyRow& row, CopyBlock& block) {
  row = copy_row<T>;
  block = copy_block<T>;
}

std::vector<CopyAxis> copy_axes(const Dims& dims, const Dims& dst, const Dims& src) {
  std::vector<CopyAxis> axes;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 1) axes.push_back({dims[i], dst[i], src[i]});
  }
  std::stable_sort(axes.begin(), axes.end(),
                   [](const CopyAxis& x, const CopyAxis& y) { return std::abs(x.dst) > std::abs(y.dst); });
  std::vector<CopyAxis> merged;
  for (const CopyAxis& a : axes) {
    if (!merged.empty() && merged.back().dst == a.dst * a.n && merged.back().src == a.src * a.n) {
      merged.back() = {merged.back().n * a.n, a.dst, a.src};
    } else {
      merged.push_back(a);
    }
  }
  return merged;
}

}  // namespace

void copy_strided(int64_t width, const Dims& dims, uint8_t* dst, const Dims& dst_strides, const uint8_t* src,
                  const Dims& src_strides) {
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return;
  std::vector<CopyAxis> axes = copy_axes(dims, dst_strides, src_strides);
  if (axes.empty()) axes.push_back({1, 1, 1});
  CopyRow row = nullptr;
  CopyBlock block = nullptr;
  switch (width) {
    case 1:
      pick_copy<uint8_t>(row, block);
      break;
    case 2:
      pick_copy<uint16_t>(row, block);
      break;
    case 4:
      pick_copy<uint32_t>(row, block);
      break;
    case 8:
      pick_copy<uint64_t>(row, block);
      break;
    default:
      pick_copy<Cell16>(row, block);
  }
  const CopyAxis inner = axes.back();
  axes.pop_back();
  CopyAxis cross{0, 0, 0};  // the axis along which the source is contiguous, where that is another one
  if (inner.src != 0) {
    size_t best = axes.size();
    for (size_t i = 0; i < axes.size(); ++i) {
      const int64_t least = best < axes.size() ? std::abs(axes[best].src) : std::abs(inner.src);
      if (axes[i].src != 0 && std::abs(axes[i].src) < least) best = i;
    }
    if (best < axes.size()) {
      cross = axes[best];
      axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(best));
    }
  }
  Dims outer, strides[2];
  for (const CopyAxis& a : axes) {
    outer.push_back(a.n);
    strides[0].push_back(a.dst);
    strides[1].push_back(a.src);
  }
  Odometer at(outer);
  int64_t offsets[2] = {0, 0};
  do {
    uint8_t* d = dst + offsets[0] * width;
    const uint8_t* s = src + offsets[1] * width;
    if (cross.n > 0) {
#if defined(__SSE2__)
      if (width == 4 && inner.dst == 1 && cross.src == 1) {
        copy_block_turned(d, s, inner, cross);
        continue;
      }
#endif
      block(d, s, inner, cross);
    } else if (inner.dst == 1 && inner.src == 1) {
      std::memcpy(d, s, static_cast<size_t>(inner.n * width));
    } else {
      row(d, s, inner);
    }
  } while (at.next(strides, offsets));
}

void fill_cells(int64_t width, uint8_t* dst, int64_t n, const uint8_t* value) {
  copy_strided(width, {n}, dst, {1}, value, {0});
}

Dims broadcast_strides(const Dims& dims, const Dims& out) {
  Dims strides(out.size(), 0);
  const Dims own = row_strides(dims);
  const size_t shift = out.size() - dims.size();
  for (size_t i = 0; i < dims.size(); ++i) strides[shift + i] = dims[i] == 1 ? 0 : own[i];
  return strides;
}

Tensor with_dims(const Tensor& t, Dims dims) {
  auto r = t.reshaped(std::move(dims));
  return r.ok() ? std::move(r).value() : Tensor();
}

}  // namespace jetline::calc
