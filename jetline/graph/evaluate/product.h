// Matrix products over lanes, shared by MatMul, Gemm, Einsum, convolutions and recurrent layers.
#pragma once

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {

// What products are summed in: double for floats, wrapping 64 bits for integers.
template <typename T>
using SumOf = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

// c[m, n] = a[m, k] · b[k, n], row-major; a and b with strides of rows and columns.
template <typename T>
void multiply(const T* a, int64_t a_row, int64_t a_column, const T* b, int64_t b_row, int64_t b_column, T* c,
              int64_t m, int64_t n, int64_t k) {
  std::vector<SumOf<T>> sums(static_cast<size_t>(n));
  for (int64_t i = 0; i < m; ++i) {
    std::fill(sums.begin(), sums.end(), SumOf<T>{0});
    for (int64_t p = 0; p < k; ++p) {
      const auto x = static_cast<SumOf<T>>(a[i * a_row + p * a_column]);
      const T* row = b + p * b_row;
      if (b_column == 1) {
        for (int64_t j = 0; j < n; ++j) sums[static_cast<size_t>(j)] += x * static_cast<SumOf<T>>(row[j]);
      } else {
        for (int64_t j = 0; j < n; ++j)
          sums[static_cast<size_t>(j)] += x * static_cast<SumOf<T>>(row[j * b_column]);
      }
    }
    for (int64_t j = 0; j < n; ++j) c[i * n + j] = static_cast<T>(sums[static_cast<size_t>(j)]);
  }
}

extern template void multiply<float>(const float*, int64_t, int64_t, const float*, int64_t, int64_t, float*,
                                     int64_t, int64_t, int64_t);
extern template void multiply<double>(const double*, int64_t, int64_t, const double*, int64_t, int64_t,
                                      double*, int64_t, int64_t, int64_t);
extern template void multiply<int64_t>(const int64_t*, int64_t, int64_t, const int64_t*, int64_t, int64_t,
                                       int64_t*, int64_t, int64_t, int64_t);
extern template void multiply<uint64_t>(const uint64_t*, int64_t, int64_t, const uint64_t*, int64_t, int64_t,
                                        uint64_t*, int64_t, int64_t, int64_t);

// a · b as numpy.matmul: vectors at either side, leading dimensions broadcast. Both of one lane; the result
// of type `out`.
Result<Tensor> matmul_tensors(Call& c, const Tensor& a, const Tensor& b, DType out);

// t - zero, element by element as int32; `zero` null, a scalar, or one number along `axis`. The tensor has
// whole numbers under 16 bits.
Result<Tensor> minus_zero_point(Call& c, const Tensor& t, const Tensor* zero, int64_t axis);

}  // namespace jetline::calc
