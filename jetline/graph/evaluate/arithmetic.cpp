// Arithmetic of two or more tensors: Add, Sub, Mul, Div, Mod, Pow, Min, Max, Sum, Mean, PRelu. Integers wrap.
#include <cmath>

#include "jetline/graph/evaluate/elementwise.h"

namespace jetline::calc {
namespace {

// Integers are added as unsigned ones, whose overflow is defined.
template <typename T>
using Wrapping = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;

struct AddOp {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
  }
};
struct SubOp {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
  }
};
struct MulOp {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
  }
};
struct DivOp {  // integers: towards zero
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, int64_t>) {
      if (b == -1) return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a));
    }
    return a / b;
  }
};
struct ModOp {  // the sign of the divisor, as Python
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, int64_t>) {
      if (b == -1) return 0;
      const T m = a % b;
      return m != 0 && (m < 0) != (b < 0) ? m + b : m;
    } else if constexpr (std::is_integral_v<T>) {
      return a % b;
    } else {
      const T m = std::fmod(a, b);
      return m != 0 && (m < 0) != (b < 0) ? m + b : m;
    }
  }
};
struct FmodOp {  // the sign of the dividend, as C
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, int64_t>) return b == -1 ? 0 : a % b;
    if constexpr (std::is_same_v<T, uint64_t>) return a % b;
    if constexpr (std::is_floating_point_v<T>) return std::fmod(a, b);
  }
};
struct MinOp {  // NaN wins
  template <typename T>
  T operator()(T a, T b) const {
    return b < a || b != b ? b : a;
  }
};
struct MaxOp {
  template <typename T>
  T operator()(T a, T b) const {
    return a < b || b != b ? b : a;
  }
};
struct PowOp {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b < 0) return a == 1 ? 1 : a == T(-1) ? (b % 2 == 0 ? 1 : a) : 0;
      uint64_t result = 1, base = static_cast<uint64_t>(a);
      for (auto e = static_cast<uint64_t>(b); e; e >>= 1, base *= base) {
        if (e & 1) result *= base;
      }
      return static_cast<T>(result);
    } else {
      return std::pow(a, b);
    }
  }
};
struct PreluOp {
  template <typename T>
  T operator()(T x, T slope) const {
    if constexpr (std::is_same_v<T, uint64_t>) return x;
    return x < 0 ? MulOp()(x, slope) : x;
  }
};

const CombineOp kAdd = any_combine<AddOp>(), kSub = any_combine<SubOp>(), kMul = any_combine<MulOp>(),
                kDiv = any_combine<DivOp>(), kMod = any_combine<ModOp>(), kFmod = any_combine<FmodOp>(),
                kMin = any_combine<MinOp>(), kMax = any_combine<MaxOp>(), kPow = any_combine<PowOp>(),
                kPrelu = any_combine<PreluOp>();

bool is_integer_lane(DType t) {
  return lane_of(t) == Lane::kInt || lane_of(t) == Lane::kUint;
}

// Before opset 7 the second operand stood at `axis` of the first (PRelu's slope at the channels); as ones to
// its right it broadcasts in today's way.
Tensor aligned_second(const Call& c) {
  const Tensor &a = *c.tensor(0), &b = *c.tensor(1);
  const bool prelu = c.node().op() == "PRelu";
  const size_t rank = a.dims().size(), own = b.dims().size();
  if (c.opset() >= 7 || rank <= own || (!prelu && !c.attribute("axis"))) return b;
  int64_t axis = prelu ? 1 : c.int_or("axis", 0);
  if (b.count() == 1 || !fix_axis(axis, rank) || static_cast<size_t>(axis) + own > rank) return b;
  Dims dims = b.dims();
  dims.resize(rank - static_cast<size_t>(axis), 1);
  return with_dims(b, std::move(dims));
}

Status combine_two(Call& c, const CombineOp& op) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor &a = *c.tensor(0), b = aligned_second(c);
  if (a.dtype() != b.dtype()) return c.bad_input("the inputs have different types");
  JETLINE_ASSIGN_OR_RETURN(Tensor y, combine_tensors(c, a, b, op, a.dtype()));
  c.set(0, std::move(y));
  return {};
}

// Division of integers by zero has no result.
Status refuse_zero_divisor(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor& b = *c.tensor(1);
  if (!is_integer_lane(b.dtype())) return {};
  int64_t block[512];
  for (int64_t i = 0, n = b.count(); i < n; i += 512) {
    const int64_t m = std::min<int64_t>(512, n - i);
    load(b.dtype(), b.bytes().data(), i, m, block);
    for (int64_t j = 0; j < m; ++j) {
      if (block[j] == 0) return c.bad_input("an integer divided by zero");
    }
  }
  return {};
}

Status run_add(Call& c) {
  return combine_two(c, kAdd);
}
Status run_sub(Call& c) {
  return combine_two(c, kSub);
}
Status run_mul(Call& c) {
  return combine_two(c, kMul);
}
Status run_prelu(Call& c) {
  return combine_two(c, kPrelu);
}
Status run_div(Call& c) {
  JETLINE_RETURN_IF_ERROR(refuse_zero_divisor(c));
  return combine_two(c, kDiv);
}
Status run_mod(Call& c) {
  JETLINE_RETURN_IF_ERROR(refuse_zero_divisor(c));
  return combine_two(c, c.int_or("fmod", 0) != 0 ? kFmod : kMod);
}

// Base and exponent may have different types; the result has the base's.
Status run_pow(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor *a = c.tensor(0), *b = c.tensor(1);
  Tensor wide_a, wide_b;
  const auto convert = [&](const Tensor& t, DType to, Tensor& out) -> Status {
    JETLINE_ASSIGN_OR_RETURN(out, cast_tensor(c, t, to));
    return {};
  };
  if (lane_of(a->dtype()) != lane_of(b->dtype())) {
    // In the base's lane, but an integer to a broken power is computed in double.
    const bool broken = is_integer_lane(a->dtype()) && !is_integer_lane(b->dtype());
    const bool ints = is_integer_lane(a->dtype()) && is_integer_lane(b->dtype());
    const DType in = broken                                 ? DType::kF64
                     : ints                                 ? DType::kI64
                     : lane_of(a->dtype()) == Lane::kDouble ? DType::kF64
                                                            : DType::kF32;
    JETLINE_RETURN_IF_ERROR(convert(*a, in, wide_a));
    JETLINE_RETURN_IF_ERROR(convert(*b, in, wide_b));
    a = &wide_a;
    b = &wide_b;
  }
  JETLINE_ASSIGN_OR_RETURN(Tensor y, combine_tensors(c, *a, *b, kPow, c.tensor(0)->dtype()));
  c.set(0, std::move(y));
  return {};
}

Status combine_all(Call& c, const CombineOp& op) {
  if (c.input_count() == 0) return c.bad_input("no inputs");
  JETLINE_RETURN_IF_ERROR(c.need_numbers(c.input_count()));
  Tensor sum = *c.tensor(0);
  for (size_t i = 1; i < c.input_count(); ++i) {
    if (c.tensor(i)->dtype() != sum.dtype()) return c.bad_input("the inputs have different types");
    JETLINE_ASSIGN_OR_RETURN(sum, combine_tensors(c, sum, *c.tensor(i), op, sum.dtype()));
  }
  c.set(0, std::move(sum));
  return {};
}

Status run_sum(Call& c) {
  return combine_all(c, kAdd);
}
Status run_min(Call& c) {
  return combine_all(c, kMin);
}
Status run_max(Call& c) {
  return combine_all(c, kMax);
}
Status run_mean(Call& c) {
  JETLINE_RETURN_IF_ERROR(combine_all(c, kAdd));
  const Tensor sum = c.outputs()[0].tensor;
  std::vector<uint8_t> bytes(8, 0);
  if (dtype_bits(sum.dtype()) < 16) return c.unsupported_type(sum.dtype());
  const auto n = static_cast<double>(c.input_count());
  store(sum.dtype(), bytes.data(), 0, 1, &n);
  bytes.resize(static_cast<size_t>(dtype_bits(sum.dtype())) / 8);
  JETLINE_ASSIGN_OR_RETURN(const Tensor count, Tensor::own(sum.dtype(), {}, std::move(bytes)));
  JETLINE_ASSIGN_OR_RETURN(Tensor y, combine_tensors(c, sum, count, kDiv, sum.dtype()));
  c.set(0, std::move(y));
  return {};
}

const Rule kArithmeticRules[] = {
    {"Add", run_add}, {"Sub", run_sub},   {"Mul", run_mul},     {"Div", run_div},
    {"Mod", run_mod}, {"Pow", run_pow},   {"Sum", run_sum},     {"Min", run_min},
    {"Max", run_max}, {"Mean", run_mean}, {"PRelu", run_prelu},
};

}  // namespace

Span<const Rule> arithmetic_rules() {
  return {kArithmeticRules, sizeof kArithmeticRules / sizeof *kArithmeticRules};
}

}  // namespace jetline::calc
