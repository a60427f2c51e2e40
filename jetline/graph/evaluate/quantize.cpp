// QuantizeLinear, DequantizeLinear (per tensor, axis or block), DynamicQuantizeLinear, QLinearMatMul,
// QLinearConv.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/floats.h"
#include "jetline/graph/evaluate/product.h"

namespace jetline::calc {

Result<Tensor> convolve(Call& c, const Tensor& x, const Tensor& w, const Tensor* bias, DType out);

namespace {

struct QuantRange {
  int64_t low = 0, high = 0;
};

bool quant_range(DType t, QuantRange& r) {
  const int bits = dtype_bits(t);
  const bool is_signed = t == DType::kI8 || t == DType::kI16 || t == DType::kI4 || t == DType::kI2;
  const bool is_unsigned = t == DType::kU8 || t == DType::kU16 || t == DType::kU4 || t == DType::kU2;
  if (is_signed) r = {-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1};
  if (is_unsigned) r = {0, (int64_t{1} << bits) - 1};
  return is_signed || is_unsigned;
}

// Which parameter belongs to element i: one for all, one an index of `axis`, or one a block along it.
struct QuantIndex {
  enum class Kind : uint8_t { kOne, kAxis, kBlocks } kind = Kind::kOne;
  int64_t n = 1, inner = 1, block = 1, blocks = 1;
  int64_t of(int64_t i) const {
    if (kind == Kind::kOne) return 0;
    if (kind == Kind::kAxis) return i / inner % n;
    return (i / (inner * n) * blocks + i / inner % n / block) * inner + i % inner;
  }
};

Result<QuantIndex> quant_index(Call& c, const Dims& d, const Tensor& scale, int64_t opset_axis) {
  QuantIndex q;
  if (scale.count() == 1) return q;
  int64_t axis = opset_axis;
  if (!fix_axis(axis, d.size())) return c.bad_input("axis is out of range");
  const auto at = static_cast<size_t>(axis);
  q.n = d[at];
  q.inner = span_count(d, at + 1, d.size());
  const int64_t block = c.int_or("block_size", 0);
  if (scale.dims().size() == 1 && block == 0) {
    if (scale.count() != q.n) return c.bad_input("one scale an index of the axis is needed");
    q.kind = QuantIndex::Kind::kAxis;
    return q;
  }
  Dims expected = d;
  if (block < 1) return c.bad_input("the scale does not fit the input");
  expected[at] = (d[at] + block - 1) / block;
  if (scale.dims() != expected) return c.bad_input("the scale does not fit the blocks");
  q.block = block;
  q.blocks = expected[at];
  q.kind = QuantIndex::Kind::kBlocks;
  return q;
}

// v rounded to a 16-bit float type; others are left.
float quant_round(DType t, float v) {
  if (t == DType::kF16) return f16_to_float(float_to_f16(v));
  if (t == DType::kBF16) return bf16_to_float(float_to_bf16(v));
  return v;
}

Status run_quantize_linear(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &x = *c.tensor(0), &scale = *c.tensor(1), *zero = c.tensor(2);
  const auto named = static_cast<DType>(c.int_or("output_dtype", 0));
  const DType out = zero ? zero->dtype() : named != DType::kUndefined ? named : DType::kU8;
  JETLINE_ASSIGN_OR_RETURN(const QuantIndex q, quant_index(c, x.dims(), scale, c.int_or("axis", 1)));
  if (zero && zero->dims() != scale.dims() && zero->count() != scale.count())
    return c.bad_input("the zero point does not fit");
  QuantRange range;
  const bool integer = quant_range(out, range);
  if (!integer && !is_small_float(out)) return c.unsupported_type(out);
  const auto precision = static_cast<DType>(c.int_or("precision", static_cast<int64_t>(scale.dtype())));
  const bool saturate = c.int_or("saturate", 1) != 0;
  const bool wide = dtype_bits(out) == 16;
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(wide ? 2 : 1, x.dims()));
  const Numbers<float> v(x), s(scale), z(zero ? *zero : Tensor());
  for (int64_t i = 0; i < v.size(); ++i) {
    const int64_t k = q.of(i);
    const float scaled = quant_round(precision, v[i] / s[k]);
    if (!integer) {
      y.data()[i] = to_small_float(out, scaled, saturate || out == DType::kF4E2M1);
      continue;
    }
    double value = std::nearbyint(static_cast<double>(scaled)) + (zero ? static_cast<double>(z[k]) : 0);
    if (std::isnan(value)) value = 0;
    const auto whole = static_cast<int64_t>(
        std::max(static_cast<double>(range.low), std::min(value, static_cast<double>(range.high))));
    if (wide) {
      store(DType::kI16, y.data(), i, 1, &whole);
    } else {
      y.data()[i] = static_cast<uint8_t>(whole);
    }
  }
  c.set(0, from_cells(y, out, x.dims()));
  return {};
}

Status run_dequantize_linear(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &x = *c.tensor(0), &scale = *c.tensor(1), *zero = c.tensor(2);
  const auto named = static_cast<DType>(c.int_or("output_dtype", 0));
  const DType out = named != DType::kUndefined ? named : scale.dtype();
  if (lane_of(out) != Lane::kFloat && lane_of(out) != Lane::kDouble) return c.unsupported_type(out);
  JETLINE_ASSIGN_OR_RETURN(const QuantIndex q, quant_index(c, x.dims(), scale, c.int_or("axis", 1)));
  if (zero && zero->count() != scale.count()) return c.bad_input("the zero point does not fit");
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(out, x.dims()));
  const Numbers<float> v(x), s(scale), z(zero ? *zero : Tensor());
  for (int64_t i = 0; i < v.size(); ++i) {
    const int64_t k = q.of(i);
    const float value = (zero ? v[i] - z[k] : v[i]) * s[k];
    store(out, y.data(), i, 1, &value);
  }
  c.set(0, y.tensor(out, x.dims()));
  return {};
}

Status run_dynamic_quantize_linear(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  const Numbers<float> v(x);
  float low = 0, high = 0;
  for (float e : v) {
    low = std::min(low, e);
    high = std::max(high, e);
  }
  float scale = (high - low) / 255;
  if (scale == 0) scale = 1;
  const float zero = std::nearbyint(std::max(0.0f, std::min(255.0f, -low / scale)));
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(DType::kU8, x.dims()));
  for (int64_t i = 0; i < v.size(); ++i) {
    y.data()[i] = static_cast<uint8_t>(std::max(0.0f, std::min(255.0f, std::nearbyint(v[i] / scale) + zero)));
  }
  c.set(0, y.tensor(DType::kU8, x.dims()));
  JETLINE_ASSIGN_OR_RETURN(Tensor s, Tensor::floats({}, {scale}));
  JETLINE_ASSIGN_OR_RETURN(Tensor z, Tensor::own(DType::kU8, {}, {static_cast<uint8_t>(zero)}));
  c.set(1, std::move(s));
  c.set(2, std::move(z));
  return {};
}

// sums * multiplier + zero point, rounded and clipped to the type of `zero`; multiplier one for all or one an
// index of `axis`.
Status requantize(Call& c, const Tensor& sums, const std::vector<double>& multiplier, int64_t axis,
                  const Tensor& zero) {
  QuantRange range;
  const bool integer = quant_range(zero.dtype(), range);
  if (!integer && !is_small_float(zero.dtype())) return c.unsupported_type(zero.dtype());
  if (dtype_bits(zero.dtype()) != 8 || zero.count() != 1) return c.unsupported("a zero point of this form");
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(zero.dtype(), sums.dims()));
  const Numbers<double> v(sums), z(zero);
  const auto n = static_cast<int64_t>(multiplier.size());
  int64_t inner = 1;
  if (n != 1) {
    if (!fix_axis(axis, sums.dims().size()) || sums.dims()[static_cast<size_t>(axis)] != n)
      return c.bad_input("the scales do not fit");
    inner = span_count(sums.dims(), static_cast<size_t>(axis) + 1, sums.dims().size());
  }
  for (int64_t i = 0; i < v.size(); ++i) {
    const double scaled = v[i] * multiplier[static_cast<size_t>(n == 1 ? 0 : i / inner % n)];
    if (!integer) {
      y.data()[i] = to_small_float(zero.dtype(), static_cast<float>(scaled + z[0]), true);
      continue;
    }
    double value = std::nearbyint(scaled) + z[0];
    if (std::isnan(value)) value = 0;
    y.data()[i] = static_cast<uint8_t>(static_cast<int64_t>(
        std::max(static_cast<double>(range.low), std::min(value, static_cast<double>(range.high)))));
  }
  c.set(0, y.tensor(zero.dtype(), sums.dims()));
  return {};
}

// Scale of x times those of w, divided by that of y.
Result<std::vector<double>> quant_multiplier(Call& c, const Tensor& xs, const Tensor& ws, const Tensor& ys) {
  if (xs.count() != 1 || ys.count() != 1) return c.unsupported("scales by row");
  const Numbers<double> x(xs), w(ws), y(ys);
  std::vector<double> m;
  for (double s : w) m.push_back(x[0] * s / y[0]);
  if (m.empty()) return c.bad_input("no scale");
  return m;
}

// Quantised numbers less their zero point, in 64 bits; 8-bit floats as they are.
Result<Tensor> quant_operand(Call& c, const Tensor& t, const Tensor& zero, int64_t axis) {
  if (is_small_float(t.dtype())) return cast_tensor(c, t, DType::kF32);
  return minus_zero_point(c, t, &zero, axis);
}

Status run_qlinear_matmul(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(8));
  JETLINE_ASSIGN_OR_RETURN(const Tensor a, quant_operand(c, *c.tensor(0), *c.tensor(2), -2));
  JETLINE_ASSIGN_OR_RETURN(const Tensor b, quant_operand(c, *c.tensor(3), *c.tensor(5), -1));
  JETLINE_ASSIGN_OR_RETURN(const Tensor sums,
                           matmul_tensors(c, a, b, a.dtype() == DType::kF32 ? DType::kF32 : DType::kI64));
  JETLINE_ASSIGN_OR_RETURN(const auto multiplier,
                           quant_multiplier(c, *c.tensor(1), *c.tensor(4), *c.tensor(6)));
  return requantize(c, sums, multiplier, -1, *c.tensor(7));
}

Status run_qlinear_conv(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(8));
  JETLINE_ASSIGN_OR_RETURN(const Tensor x, minus_zero_point(c, *c.tensor(0), c.tensor(2), 1));
  JETLINE_ASSIGN_OR_RETURN(const Tensor w, minus_zero_point(c, *c.tensor(3), c.tensor(5), 0));
  JETLINE_ASSIGN_OR_RETURN(const Tensor sums, convolve(c, x, w, c.tensor(8), DType::kI64));
  JETLINE_ASSIGN_OR_RETURN(const auto multiplier,
                           quant_multiplier(c, *c.tensor(1), *c.tensor(4), *c.tensor(6)));
  return requantize(c, sums, multiplier, 1, *c.tensor(7));
}

const Rule kQuantizeRules[] = {
    {"QuantizeLinear", run_quantize_linear},
    {"DequantizeLinear", run_dequantize_linear},
    {"DynamicQuantizeLinear", run_dynamic_quantize_linear},
    {"QLinearMatMul", run_qlinear_matmul},
    {"QLinearConv", run_qlinear_conv},
};

}  // namespace

Span<const Rule> quantize_rules() {
  return {kQuantizeRules, sizeof kQuantizeRules / sizeof *kQuantizeRules};
}

}  // namespace jetline::calc
