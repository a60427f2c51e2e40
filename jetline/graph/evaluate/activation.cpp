// Activation functions, element by element, with the formulas and defaults of the ONNX operators.
#include <cmath>

#include "jetline/graph/evaluate/elementwise.h"

namespace jetline::calc {
namespace {

#define JETLINE_ACTIVATION(name, expression)                      \
  struct name {                                                   \
    const double* p;                                              \
    template <typename T>                                         \
    T operator()(T x) const {                                     \
      const T a = static_cast<T>(p[0]), b = static_cast<T>(p[1]); \
      (void)a;                                                    \
      (void)b;                                                    \
      return static_cast<T>(expression);                          \
    }                                                             \
  };
template <typename T>
T logistic(T x) {
  return x >= 0 ? T(1) / (T(1) + std::exp(-x)) : std::exp(x) / (T(1) + std::exp(x));
}
template <typename T>
T log_one_plus_exp(T x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
template <typename T>
T gelu_tanh(T x) {  // Hendrycks and Gimpel's approximation; the constant is sqrt(2 / pi)
  return T(0.5) * x * (T(1) + std::tanh(T(0.7978845608028654) * (x + T(0.044715) * x * x * x)));
}
JETLINE_ACTIVATION(ReluMap, x < 0 ? T(0) : x)
JETLINE_ACTIVATION(LeakyMap, x < 0 ? a * x : x)
JETLINE_ACTIVATION(EluMap, x < 0 ? a * std::expm1(x) : x)
JETLINE_ACTIVATION(SeluMap, x > 0 ? b * x : b * (a * std::exp(x) - a))
JETLINE_ACTIVATION(CeluMap, (x > 0 ? x : T(0)) + (x < 0 ? a * std::expm1(x / a) : T(0)))
JETLINE_ACTIVATION(SoftplusMap, log_one_plus_exp(x))
JETLINE_ACTIVATION(SoftsignMap, x / (T(1) + std::fabs(x)))
JETLINE_ACTIVATION(SigmoidMap, logistic(x))
JETLINE_ACTIVATION(HardSigmoidMap, std::fmax(T(0), std::fmin(T(1), a* x + b)))
JETLINE_ACTIVATION(HardSwishMap, x* std::fmax(T(0), std::fmin(T(1), x / T(6) + T(0.5))))
JETLINE_ACTIVATION(MishMap, x* std::tanh(log_one_plus_exp(x)))
JETLINE_ACTIVATION(SwishMap, x* logistic(a* x))
JETLINE_ACTIVATION(GeluMap, T(0.5) * x * (T(1) + std::erf(x * T(0.7071067811865476))))
JETLINE_ACTIVATION(GeluTanhMap, gelu_tanh(x))
JETLINE_ACTIVATION(ThresholdMap, x > a ? x : T(0))
JETLINE_ACTIVATION(ShrinkMap, x<-a ? x + b : x> a ? x - b : T(0))
#undef JETLINE_ACTIVATION

struct IntReluMap {
  const double* p;
  template <typename T>
  T operator()(T x) const {
    return x > 0 ? x : 0;
  }
};

Status activate(Call& c, const MapOp& op, double a = 0, double b = 0) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const MapParams params = {a, b, 0, 0};
  JETLINE_ASSIGN_OR_RETURN(Tensor y, map_tensor(c, *c.tensor(0), op, c.tensor(0)->dtype(), params));
  c.set(0, std::move(y));
  return {};
}

Status run_relu(Call& c) {
  MapOp op = float_map<ReluMap>();
  op.i = map_row<IntReluMap, int64_t>;
  op.u = map_row<IntReluMap, uint64_t>;
  return activate(c, op);
}
Status run_leaky_relu(Call& c) {
  return activate(c, float_map<LeakyMap>(), c.float_or("alpha", 0.01f));
}
Status run_elu(Call& c) {
  return activate(c, float_map<EluMap>(), c.float_or("alpha", 1));
}
Status run_selu(Call& c) {
  return activate(c, float_map<SeluMap>(), c.float_or("alpha", 1.67326319217681884765625f),
                  c.float_or("gamma", 1.05070102214813232421875f));
}
Status run_celu(Call& c) {
  return activate(c, float_map<CeluMap>(), c.float_or("alpha", 1));
}
Status run_softplus(Call& c) {
  return activate(c, float_map<SoftplusMap>());
}
Status run_softsign(Call& c) {
  return activate(c, float_map<SoftsignMap>());
}
Status run_sigmoid(Call& c) {
  return activate(c, float_map<SigmoidMap>());
}
Status run_hard_sigmoid(Call& c) {
  return activate(c, float_map<HardSigmoidMap>(), c.float_or("alpha", 0.2f), c.float_or("beta", 0.5f));
}
Status run_hard_swish(Call& c) {
  return activate(c, float_map<HardSwishMap>());
}
Status run_mish(Call& c) {
  return activate(c, float_map<MishMap>());
}
Status run_swish(Call& c) {
  return activate(c, float_map<SwishMap>(), c.float_or("alpha", 1));
}
Status run_gelu(Call& c) {
  const bool approximate = c.string_or("approximate", "none") == "tanh";
  return activate(c, approximate ? float_map<GeluTanhMap>() : float_map<GeluMap>());
}
Status run_thresholded_relu(Call& c) {
  return activate(c, float_map<ThresholdMap>(), c.float_or("alpha", 1));
}
Status run_shrink(Call& c) {
  MapOp op = any_map<ShrinkMap>();
  op.u = nullptr;
  return activate(c, op, c.float_or("lambd", 0.5f), c.float_or("bias", 0));
}

template <typename T>
void clip_elements(const Tensor& x, const Tensor* low, const Tensor* high, const float* low_attribute,
                   const float* high_attribute, const Buffer& y) {
  const Numbers<T> v(x);
  const bool has_low = low || low_attribute, has_high = high || high_attribute;
  const T a = low ? Numbers<T>(*low)[0] : low_attribute ? static_cast<T>(*low_attribute) : T(0);
  const T b = high ? Numbers<T>(*high)[0] : high_attribute ? static_cast<T>(*high_attribute) : T(0);
  T block[512];
  for (int64_t i = 0; i < v.size(); i += 512) {
    const int64_t m = std::min<int64_t>(512, v.size() - i);
    for (int64_t j = 0; j < m; ++j) {
      T e = v[i + j];
      if (has_low && e < a) e = a;
      if (has_high && e > b) e = b;
      block[j] = e;
    }
    store(x.dtype(), y.data(), i, m, block);
  }
}

Status run_clip(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor &x = *c.tensor(0), *low = c.tensor(1), *high = c.tensor(2);
  for (const Tensor* t : {low, high}) {
    if (t && (t->count() != 1 || t->dtype() != x.dtype()))
      return c.bad_input("a bound is no scalar of the type");
  }
  const Attribute *low_attribute = c.attribute("min"), *high_attribute = c.attribute("max");
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), x.dims()));
  with_lane(x.dtype(), [&](auto lane) {
    clip_elements<decltype(lane)>(x, low, high, low_attribute ? low_attribute->as_float() : nullptr,
                                  high_attribute ? high_attribute->as_float() : nullptr, y);
  });
  c.set(0, y.tensor(x.dtype(), x.dims()));
  return {};
}

const Rule kActivationRules[] = {
    {"Relu", run_relu},
    {"LeakyRelu", run_leaky_relu},
    {"Elu", run_elu},
    {"Selu", run_selu},
    {"Celu", run_celu},
    {"Softplus", run_softplus},
    {"Softsign", run_softsign},
    {"Sigmoid", run_sigmoid},
    {"HardSigmoid", run_hard_sigmoid},
    {"HardSwish", run_hard_swish},
    {"Mish", run_mish},
    {"Swish", run_swish},
    {"Gelu", run_gelu},
    {"ThresholdedRelu", run_thresholded_relu},
    {"Shrink", run_shrink},
    {"Clip", run_clip},
};

}  // namespace

Span<const Rule> activation_rules() {
  return {kActivationRules, sizeof kActivationRules / sizeof *kActivationRules};
}

}  // namespace jetline::calc
