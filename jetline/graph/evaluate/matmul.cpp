// MatMul, Gemm, and the products of quantised integers.
#include "jetline/graph/evaluate/product.h"

#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/elementwise.h"

namespace jetline::calc {

template void multiply<float>(const float*, int64_t, int64_t, const float*, int64_t, int64_t, float*, int64_t,
                              int64_t, int64_t);
template void multiply<double>(const double*, int64_t, int64_t, const double*, int64_t, int64_t, double*,
                               int64_t, int64_t, int64_t);
template void multiply<int64_t>(const int64_t*, int64_t, int64_t, const int64_t*, int64_t, int64_t, int64_t*,
                                int64_t, int64_t, int64_t);
template void multiply<uint64_t>(const uint64_t*, int64_t, int64_t, const uint64_t*, int64_t, int64_t,
                                 uint64_t*, int64_t, int64_t, int64_t);

Result<Tensor> matmul_tensors(Call& c, const Tensor& a, const Tensor& b, DType out) {
  Dims da = a.dims(), db = b.dims();
  if (da.empty() || db.empty()) return c.bad_input("a scalar cannot be multiplied so");
  const bool row = da.size() == 1, column = db.size() == 1;
  if (row) da.insert(da.begin(), 1);
  if (column) db.push_back(1);
  const int64_t m = da[da.size() - 2], k = da.back(), n = db.back();
  const Dims ba(da.begin(), da.end() - 2), bb(db.begin(), db.end() - 2);
  Dims batch;
  if (db[db.size() - 2] != k || !broadcast_dims(ba, bb, batch)) {
    return c.bad_input("shapes " + dims_text(a.dims()) + " and " + dims_text(b.dims()) + " do not fit");
  }
  if (lane_of(a.dtype()) != lane_of(b.dtype()) || lane_of(a.dtype()) == Lane::kNone) {
    return c.unsupported_type(b.dtype());
  }
  Dims shape = batch;
  if (!row) shape.push_back(m);
  if (!column) shape.push_back(n);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(out, shape));
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({element_count(shape), k}, 0, 2)));
  if (element_count(shape) == 0) return y.tensor(out, shape);
  with_lane(a.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const Numbers<T> x(a), w(b);
    std::vector<T> block(static_cast<size_t>(m * n));
    const Dims strides[2] = {broadcast_strides(ba, batch), broadcast_strides(bb, batch)};
    int64_t at[2] = {0, 0};
    Odometer walk(batch);
    for (int64_t i = 0, count = element_count(batch); i < count; ++i, walk.next(strides, at)) {
      multiply<T>(x.data() + at[0] * m * k, k, 1, w.data() + at[1] * k * n, n, 1, block.data(), m, n, k);
      store(out, y.data(), i * m * n, m * n, block.data());
    }
  });
  return y.tensor(out, shape);
}

Result<Tensor> minus_zero_point(Call& c, const Tensor& t, const Tensor* zero, int64_t axis) {
  if (lane_of(t.dtype()) != Lane::kInt || dtype_bits(t.dtype()) > 16) return c.unsupported_type(t.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(DType::kI32, t.dims()));
  if (zero && zero->dtype() != t.dtype()) return c.bad_input("the zero point has another type");
  int64_t n = 1, inner = 1;
  if (zero && zero->count() != 1) {
    if (!fix_axis(axis, t.dims().size())) return c.bad_input("the zero point does not fit");
    n = t.dims()[static_cast<size_t>(axis)];
    inner = span_count(t.dims(), static_cast<size_t>(axis) + 1, t.dims().size());
    if (zero->count() != n) return c.bad_input("the zero point does not fit");
  }
  const Numbers<int64_t> v(t), z(zero ? *zero : Tensor());
  for (int64_t i = 0; i < v.size(); ++i) {
    const int64_t e = v[i] - (zero ? z[n == 1 ? 0 : i / inner % n] : 0);
    store(DType::kI32, y.data(), i, 1, &e);
  }
  return y.tensor(DType::kI32, t.dims());
}

namespace {

Status run_matmul(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  if (c.tensor(0)->dtype() != c.tensor(1)->dtype()) return c.bad_input("the inputs have different types");
  JETLINE_ASSIGN_OR_RETURN(Tensor y, matmul_tensors(c, *c.tensor(0), *c.tensor(1), c.tensor(0)->dtype()));
  c.set(0, std::move(y));
  return {};
}

// alpha · A' · B' + beta · C, C broadcast to the product.
Status run_gemm(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &a = *c.tensor(0), &b = *c.tensor(1), *bias = c.tensor(2);
  if (a.dims().size() != 2 || b.dims().size() != 2 || a.dtype() != b.dtype() ||
      (bias && bias->dtype() != a.dtype())) {
    return c.bad_input("the inputs are no matrices of one type");
  }
  const bool ta = c.int_or("transA", 0) != 0, tb = c.int_or("transB", 0) != 0;
  const int64_t m = a.dims()[ta ? 1 : 0], k = a.dims()[ta ? 0 : 1], n = b.dims()[tb ? 0 : 1];
  if (b.dims()[tb ? 1 : 0] != k) return c.bad_input("the matrices do not fit each other");
  const Dims out = {m, n};
  Dims fits;
  if (bias && (!broadcast_dims(bias->dims(), out, fits) || fits != out)) return c.bad_input("C does not fit");
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(a.dtype(), out));
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({m, n, k}, 0, 3)));
  const float alpha = c.float_or("alpha", 1), beta = c.float_or("beta", 1);
  with_lane(a.dtype(), [&](auto lane) {
    using T = decltype(lane);
    const Numbers<T> x(a), w(b), z(bias ? *bias : Tensor());
    std::vector<T> block(static_cast<size_t>(m * n));
    multiply<T>(x.data(), ta ? 1 : k, ta ? m : 1, w.data(), tb ? 1 : n, tb ? k : 1, block.data(), m, n, k);
    const Dims s = bias ? broadcast_strides(bias->dims(), out) : Dims{0, 0};
    for (int64_t i = 0; i < m * n; ++i) {
      T& v = block[static_cast<size_t>(i)];
      if (alpha != 1) v = static_cast<T>(alpha * v);
      if (bias) {
        const T add = z[i / n * s[0] + i % n * s[1]];
        v = static_cast<T>(static_cast<SumOf<T>>(v) +
                           static_cast<SumOf<T>>(beta == 1 ? add : static_cast<T>(beta * add)));
      }
    }
    store(a.dtype(), y.data(), 0, m * n, block.data());
  });
  c.set(0, y.tensor(a.dtype(), out));
  return {};
}

Status run_matmul_integer(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  JETLINE_ASSIGN_OR_RETURN(const Tensor a, minus_zero_point(c, *c.tensor(0), c.tensor(2), -2));
  JETLINE_ASSIGN_OR_RETURN(const Tensor b, minus_zero_point(c, *c.tensor(1), c.tensor(3), -1));
  JETLINE_ASSIGN_OR_RETURN(Tensor y, matmul_tensors(c, a, b, DType::kI32));
  c.set(0, std::move(y));
  return {};
}

const Rule kMatmulRules[] = {
    {"MatMul", run_matmul}, {"Gemm", run_gemm}, {"MatMulInteger", run_matmul_integer}};

}  // namespace

Span<const Rule> matmul_rules() {
  return {kMatmulRules, sizeof kMatmulRules / sizeof *kMatmulRules};
}

}  // namespace jetline::calc
