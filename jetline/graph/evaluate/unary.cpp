// Mathematics of one element: signs, rounding, roots, exponentials, trigonometry, and tests of a number.
#include <cmath>

#include "jetline/graph/evaluate/elementwise.h"

namespace jetline::calc {
namespace {

#define JETLINE_MAP(name, expression)    \
  struct name {                          \
    const double* p;                     \
    template <typename T>                \
    T operator()(T x) const {            \
      return static_cast<T>(expression); \
    }                                    \
  };
JETLINE_MAP(AbsOp, x < 0 ? T(0) - x : (x == 0 ? T(0) : x))
JETLINE_MAP(NegOp, -x)
JETLINE_MAP(SignOp, x != x ? x : T((x > 0) - (x < 0)))
JETLINE_MAP(FloorOp, std::floor(x))
JETLINE_MAP(CeilOp, std::ceil(x))
JETLINE_MAP(RoundOp, std::nearbyint(x))  // halves to even
JETLINE_MAP(SqrtOp, std::sqrt(x))
JETLINE_MAP(ReciprocalOp, T(1) / x)
JETLINE_MAP(ExpOp, std::exp(x))
JETLINE_MAP(LogOp, std::log(x))
JETLINE_MAP(SinOp, std::sin(x))
JETLINE_MAP(CosOp, std::cos(x))
JETLINE_MAP(TanOp, std::tan(x))
JETLINE_MAP(AsinOp, std::asin(x))
JETLINE_MAP(AcosOp, std::acos(x))
JETLINE_MAP(AtanOp, std::atan(x))
JETLINE_MAP(SinhOp, std::sinh(x))
JETLINE_MAP(CoshOp, std::cosh(x))
JETLINE_MAP(TanhOp, std::tanh(x))
JETLINE_MAP(AsinhOp, std::asinh(x))
JETLINE_MAP(AcoshOp, std::acosh(x))
JETLINE_MAP(AtanhOp, std::atanh(x))
JETLINE_MAP(ErfOp, std::erf(x))
JETLINE_MAP(NotOp, x == 0)
JETLINE_MAP(BitNotOp, ~x)
JETLINE_MAP(IsNanOp, x != x)
JETLINE_MAP(IsInfOp, std::isinf(x) && (x > 0 ? p[1] : p[0]) != 0)
#undef JETLINE_MAP

struct IntNegOp {
  const double* p;
  template <typename T>
  T operator()(T x) const {
    return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(x));
  }
};

const MapParams kNoParams = {0, 0, 0, 0};

Status map_unary(Call& c, const MapOp& op, const MapParams& params = kNoParams,
                 DType out = DType::kUndefined) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(Tensor y,
                           map_tensor(c, x, op, out == DType::kUndefined ? x.dtype() : out, params));
  c.set(0, std::move(y));
  return {};
}

constexpr MapOp kNegMap = {map_row<NegOp, float>, map_row<NegOp, double>, map_row<IntNegOp, int64_t>,
                           map_row<IntNegOp, uint64_t>};

template <typename Op>
Status run_float_map(Call& c) {
  return map_unary(c, float_map<Op>());
}
template <typename Op>
Status run_any_map(Call& c) {
  return map_unary(c, any_map<Op>());
}
template <typename Op>
Status run_int_map(Call& c) {
  return map_unary(c, int_map<Op>());
}
Status run_neg(Call& c) {
  return map_unary(c, kNegMap);
}
Status run_is_nan(Call& c) {
  return map_unary(c, float_map<IsNanOp>(), kNoParams, DType::kBool);
}
Status run_is_inf(Call& c) {
  const MapParams params = {static_cast<double>(c.int_or("detect_negative", 1)),
                            static_cast<double>(c.int_or("detect_positive", 1)), 0, 0};
  return map_unary(c, float_map<IsInfOp>(), params, DType::kBool);
}

const Rule kUnaryRules[] = {
    {"Abs", run_any_map<AbsOp>},
    {"Neg", run_neg},
    {"Sign", run_any_map<SignOp>},
    {"Floor", run_float_map<FloorOp>},
    {"Ceil", run_float_map<CeilOp>},
    {"Round", run_float_map<RoundOp>},
    {"Sqrt", run_float_map<SqrtOp>},
    {"Reciprocal", run_float_map<ReciprocalOp>},
    {"Exp", run_float_map<ExpOp>},
    {"Log", run_float_map<LogOp>},
    {"Sin", run_float_map<SinOp>},
    {"Cos", run_float_map<CosOp>},
    {"Tan", run_float_map<TanOp>},
    {"Asin", run_float_map<AsinOp>},
    {"Acos", run_float_map<AcosOp>},
    {"Atan", run_float_map<AtanOp>},
    {"Sinh", run_float_map<SinhOp>},
    {"Cosh", run_float_map<CoshOp>},
    {"Tanh", run_float_map<TanhOp>},
    {"Asinh", run_float_map<AsinhOp>},
    {"Acosh", run_float_map<AcoshOp>},
    {"Atanh", run_float_map<AtanhOp>},
    {"Erf", run_float_map<ErfOp>},
    {"Not", run_int_map<NotOp>},
    {"BitwiseNot", run_int_map<BitNotOp>},
    {"IsNaN", run_is_nan},
    {"IsInf", run_is_inf},
};

}  // namespace

Span<const Rule> unary_rules() {
  return {kUnaryRules, sizeof kUnaryRules / sizeof *kUnaryRules};
}

}  // namespace jetline::calc
