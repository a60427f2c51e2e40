// Element-wise work in blocks: elements are loaded into a lane, computed, and stored, a few thousand at a
// time, so that no type needs a copy of a whole tensor and float tensors are worked on in place. An operator
// is a small struct with a templated call operator; MapOp and CombineOp hold its loops for each lane.
#pragma once

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {

using MapParams = double[4];

// y[i] = op(x[i]), for one lane.
template <typename T>
using MapRow = void (*)(const T* x, T* y, int64_t n, const double* params);
struct MapOp {
  MapRow<float> f = nullptr;  // null: the operator does not take such types
  MapRow<double> d = nullptr;
  MapRow<int64_t> i = nullptr;
  MapRow<uint64_t> u = nullptr;
};

// o[i] = op(a[i * sa], b[i * sb]) with strides 0 or 1, for one lane.
template <typename T>
using CombineRow = void (*)(const T* a, int64_t sa, const T* b, int64_t sb, T* o, int64_t n);
struct CombineOp {
  CombineRow<float> f = nullptr;
  CombineRow<double> d = nullptr;
  CombineRow<int64_t> i = nullptr;
  CombineRow<uint64_t> u = nullptr;
};

// The whole tensor through `op`; the result has type `out`.
Result<Tensor> map_tensor(Call& c, const Tensor& x, const MapOp& op, DType out, const MapParams& params);
// With broadcasting; a and b have the same lane. The result has type `out`.
Result<Tensor> combine_tensors(Call& c, const Tensor& a, const Tensor& b, const CombineOp& op, DType out);

template <typename Op, typename T>
void map_row(const T* x, T* y, int64_t n, const double* params) {
  const Op op{params};
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(op(x[i]));
}

template <typename Op, typename T>
void combine_row(const T* a, int64_t sa, const T* b, int64_t sb, T* o, int64_t n) {
  const Op op;
  if (sa != 0 && sb != 0) {
    for (int64_t i = 0; i < n; ++i) o[i] = static_cast<T>(op(a[i], b[i]));
  } else if (sa != 0) {
    const T y = *b;
    for (int64_t i = 0; i < n; ++i) o[i] = static_cast<T>(op(a[i], y));
  } else {
    const T x = *a;
    for (int64_t i = 0; i < n; ++i) o[i] = static_cast<T>(op(x, b[i * sb]));
  }
}

template <typename Op>
constexpr MapOp float_map() {
  return {map_row<Op, float>, map_row<Op, double>, nullptr, nullptr};
}
template <typename Op>
constexpr MapOp int_map() {
  return {nullptr, nullptr, map_row<Op, int64_t>, map_row<Op, uint64_t>};
}
template <typename Op>
constexpr MapOp any_map() {
  return {map_row<Op, float>, map_row<Op, double>, map_row<Op, int64_t>, map_row<Op, uint64_t>};
}
template <typename Op>
constexpr CombineOp float_combine() {
  return {combine_row<Op, float>, combine_row<Op, double>, nullptr, nullptr};
}
template <typename Op>
constexpr CombineOp int_combine() {
  return {nullptr, nullptr, combine_row<Op, int64_t>, combine_row<Op, uint64_t>};
}
template <typename Op>
constexpr CombineOp any_combine() {
  return {combine_row<Op, float>, combine_row<Op, double>, combine_row<Op, int64_t>,
          combine_row<Op, uint64_t>};
}

// The operator's loop for lane T.
template <typename T>
MapRow<T> row_for(const MapOp& op) {
  if constexpr (std::is_same_v<T, float>) return op.f;
  if constexpr (std::is_same_v<T, double>) return op.d;
  if constexpr (std::is_same_v<T, int64_t>) return op.i;
  if constexpr (std::is_same_v<T, uint64_t>) return op.u;
}
template <typename T>
CombineRow<T> row_for(const CombineOp& op) {
  if constexpr (std::is_same_v<T, float>) return op.f;
  if constexpr (std::is_same_v<T, double>) return op.d;
  if constexpr (std::is_same_v<T, int64_t>) return op.i;
  if constexpr (std::is_same_v<T, uint64_t>) return op.u;
}

}  // namespace jetline::calc
