#include "jetline/graph/evaluate/elementwise.h"

#include <algorithm>

namespace jetline::calc {
namespace {

constexpr int64_t kElementBlock = 1024;

template <typename T>
constexpr DType native_type() {
  return std::is_same_v<T, float>     ? DType::kF32
         : std::is_same_v<T, double>  ? DType::kF64
         : std::is_same_v<T, int64_t> ? DType::kI64
                                      : DType::kU64;
}

// Blocks of one operand: pointers into it where its type is the lane's own, else converted ones.
template <typename T>
struct ElementSource {
  explicit ElementSource(const Tensor& t)
      : dtype(t.dtype()),
        bytes(t.bytes().data()),
        direct(dtype == native_type<T>() && reinterpret_cast<uintptr_t>(bytes) % alignof(T) == 0) {}
  const T* block(int64_t first, int64_t n) {
    if (direct) return reinterpret_cast<const T*>(bytes) + first;
    load(dtype, bytes, first, n, copy);
    return copy;
  }
  DType dtype;
  const uint8_t* bytes;
  bool direct;
  T copy[kElementBlock];
};

template <typename T>
void map_elements(const Tensor& x, const Buffer& y, DType out, MapRow<T> row, const double* params) {
  ElementSource<T> in(x);
  T block[kElementBlock];
  const int64_t n = x.count();
  for (int64_t i = 0; i < n; i += kElementBlock) {
    const int64_t m = std::min(kElementBlock, n - i);
    if (out == native_type<T>()) {
      row(in.block(i, m), y.as<T>() + i, m, params);
    } else {
      row(in.block(i, m), block, m, params);
      store(out, y.data(), i, m, block);
    }
  }
}

// Dimensions merged where both operands allow it.
struct ElementWalk {
  Dims dims, a, b;
};

ElementWalk element_walk(const Dims& out, const Dims& a, const Dims& b) {
  ElementWalk w;
  const Dims sa = broadcast_strides(a, out), sb = broadcast_strides(b, out);
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 1) continue;
    const bool merge = !w.dims.empty() && w.a.back() == sa[i] * out[i] && w.b.back() == sb[i] * out[i];
    if (merge) {
      w.dims.back() *= out[i];
      w.a.back() = sa[i];
      w.b.back() = sb[i];
    } else {
      w.dims.push_back(out[i]);
      w.a.push_back(sa[i]);
      w.b.push_back(sb[i]);
    }
  }
  if (w.dims.empty()) w = {{1}, {0}, {0}};
  return w;
}

template <typename T>
void combine_elements(const Tensor& a, const Tensor& b, const Dims& dims, const Buffer& y, DType out,
                      CombineRow<T> row) {
  ElementWalk w = element_walk(dims, a.dims(), b.dims());
  // The innermost strides are 0 or 1, since both operands are row-major.
  const int64_t n = w.dims.back(), sa = w.a.back(), sb = w.b.back();
  w.dims.pop_back();
  w.a.pop_back();
  w.b.pop_back();
  ElementSource<T> x(a), z(b);
  T block[kElementBlock];
  Odometer at(w.dims);
  const Dims strides[2] = {w.a, w.b};
  int64_t offsets[2] = {0, 0}, o = 0;
  do {
    for (int64_t i = 0; i < n; i += kElementBlock) {
      const int64_t m = std::min(kElementBlock, n - i);
      const T* p = x.block(offsets[0] + i * sa, sa ? m : 1);
      const T* q = z.block(offsets[1] + i * sb, sb ? m : 1);
      if (out == native_type<T>()) {
        row(p, sa, q, sb, y.as<T>() + o, m);
      } else {
        row(p, sa, q, sb, block, m);
        store(out, y.data(), o, m, block);
      }
      o += m;
    }
  } while (at.next(strides, offsets));
}

}  // namespace

Result<Tensor> map_tensor(Call& c, const Tensor& x, const MapOp& op, DType out, const MapParams& params) {
  Status status = c.unsupported_type(x.dtype());
  Tensor result;
  with_lane(x.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const auto row = row_for<T>(op);
    if (!row) return;
    auto y = c.allocate(out, x.dims());
    status = y.status();
    if (!y.ok()) return;
    map_elements<T>(x, *y, out, row, params);
    result = y->tensor(out, x.dims());
  });
  if (!status.ok()) return status;
  return result;
}

Result<Tensor> combine_tensors(Call& c, const Tensor& a, const Tensor& b, const CombineOp& op, DType out) {
  Dims dims;
  if (!broadcast_dims(a.dims(), b.dims(), dims)) {
    return c.bad_input("shapes " + dims_text(a.dims()) + " and " + dims_text(b.dims()) + " do not fit");
  }
  if (lane_of(a.dtype()) != lane_of(b.dtype())) return c.bad_input("the inputs have different types");
  Status status = c.unsupported_type(a.dtype());
  Tensor result;
  with_lane(a.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const auto row = row_for<T>(op);
    if (!row) return;
    auto y = c.allocate(out, dims);
    status = y.status();
    if (!y.ok()) return;
    if (element_count(dims) > 0) combine_elements<T>(a, b, dims, *y, out, row);
    result = y->tensor(out, dims);
  });
  if (!status.ok()) return status;
  return result;
}

}  // namespace jetline::calc
