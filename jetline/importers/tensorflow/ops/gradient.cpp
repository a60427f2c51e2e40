// Gradients of element-wise functions, which some exported models compute (saliency, physics): plain formulas
// of the function's result y and the gradient dy (tensorflow/core/kernels/cwise_ops.h).
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// fn(first, second) in the type that ONNX's arithmetic has.
template <typename Fn>
Status gradient_of(OpContext& c, const Fn& fn) {
  Value *a = c.tensor(0), *b = c.tensor(1);
  if (!a || !b) return c.wrong_input(a ? 1 : 0);
  const DType own = c.dtype(a), kernel = kernel_type("Mul", own);
  return c.set(0, c.cast(fn(c.cast(a, kernel), c.cast(b, kernel)), own));
}

Value* gradient_mul(OpContext& c, Value* a, Value* b) {
  return c.emit("Mul", {a, b});
}
Value* gradient_one_minus(OpContext& c, Value* a) {
  return c.emit("Sub", {c.scalar(1, a), a});
}
// dy where the test holds, 0 elsewhere.
Value* gradient_gate(OpContext& c, Value* test, Value* dy) {
  return where(c, test, dy, c.scalar(0, dy));
}

// Inputs y, dy.
Status convert_sigmoid_grad(OpContext& c) {
  return gradient_of(c, [&](Value* y, Value* dy) {
    return gradient_mul(c, gradient_mul(c, dy, y), gradient_one_minus(c, y));
  });
}
Status convert_tanh_grad(OpContext& c) {
  return gradient_of(c, [&](Value* y, Value* dy) {
    return gradient_mul(c, dy, gradient_one_minus(c, gradient_mul(c, y, y)));
  });
}
Status convert_reciprocal_grad(OpContext& c) {
  return gradient_of(
      c, [&](Value* y, Value* dy) { return gradient_mul(c, c.emit("Neg", {dy}), gradient_mul(c, y, y)); });
}
Status convert_sqrt_grad(OpContext& c) {
  return gradient_of(c, [&](Value* y, Value* dy) {
    return c.emit("Div", {gradient_mul(c, dy, c.scalar(0.5, dy)), y});
  });
}
Status convert_rsqrt_grad(OpContext& c) {
  return gradient_of(c, [&](Value* y, Value* dy) {
    Value* half = gradient_mul(c, dy, c.scalar(-0.5, dy));
    return gradient_mul(c, half, gradient_mul(c, y, gradient_mul(c, y, y)));
  });
}

// Inputs dy, features (or outputs).
Status convert_relu_grad(OpContext& c) {
  return gradient_of(c, [&](Value* dy, Value* x) {
    return gradient_gate(c, c.emit("Greater", {x, c.scalar(0, x)}), dy);
  });
}
Status convert_relu6_grad(OpContext& c) {
  return gradient_of(c, [&](Value* dy, Value* x) {
    Value* above = c.emit("Greater", {x, c.scalar(0, x)});
    return gradient_gate(c, c.emit("And", {above, c.emit("Less", {x, c.scalar(6, x)})}), dy);
  });
}
Status convert_leaky_relu_grad(OpContext& c) {
  const double alpha = c.float_attr("alpha", 0.2f);
  return gradient_of(c, [&](Value* dy, Value* x) {
    return where(c, c.emit("Greater", {x, c.scalar(0, x)}), dy, gradient_mul(c, dy, c.scalar(alpha, dy)));
  });
}
Status convert_elu_grad(OpContext& c) {
  return gradient_of(c, [&](Value* dy, Value* y) {
    Value* left = gradient_mul(c, dy, c.emit("Add", {y, c.scalar(1, y)}));
    return where(c, c.emit("Less", {y, c.scalar(0, y)}), left, dy);
  });
}
Status convert_selu_grad(OpContext& c) {
  constexpr double kScale = 1.0507009873554804934193349852946,
                   kScaleAlpha = 1.7580993408473768599402175208123;
  return gradient_of(c, [&](Value* dy, Value* y) {
    Value* left = gradient_mul(c, dy, c.emit("Add", {y, c.scalar(kScaleAlpha, y)}));
    return where(c, c.emit("Less", {y, c.scalar(0, y)}), left, gradient_mul(c, dy, c.scalar(kScale, dy)));
  });
}
Status convert_softplus_grad(OpContext& c) {
  return gradient_of(c, [&](Value* dy, Value* x) { return gradient_mul(c, dy, c.emit("Sigmoid", {x})); });
}
Status convert_softsign_grad(OpContext& c) {
  return gradient_of(c, [&](Value* dy, Value* x) {
    Value* d = c.emit("Add", {c.emit("Abs", {x}), c.scalar(1, x)});
    return c.emit("Div", {dy, gradient_mul(c, d, d)});
  });
}

// Summed over every axis but the channels'.
Status convert_bias_add_grad(OpContext& c) {
  Value* dy = c.tensor(0);
  if (!dy) return c.wrong_input(0);
  const int rank = c.rank(dy);
  if (rank < 2) return c.unsupported("a gradient of unknown rank");
  const int64_t channel = c.string_attr("data_format", "NHWC") == "NCHW" ? 1 : rank - 1;
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < rank; ++i)
    if (i != channel) axes.push_back(i);
  const DType own = c.dtype(dy);
  Value* wide = c.cast(dy, kernel_type("ReduceSum", own));
  return c.set(0, c.cast(c.emit("ReduceSum", {wide, c.ints(axes)}, {{"keepdims", 0}}), own));
}

const OpRule kGradientRules[] = {
    {"BiasAddGrad", convert_bias_add_grad},
    {"EluGrad", convert_elu_grad},
    {"InvGrad", convert_reciprocal_grad},
    {"LeakyReluGrad", convert_leaky_relu_grad},
    {"ReciprocalGrad", convert_reciprocal_grad},
    {"Relu6Grad", convert_relu6_grad},
    {"ReluGrad", convert_relu_grad},
    {"RsqrtGrad", convert_rsqrt_grad},
    {"SeluGrad", convert_selu_grad},
    {"SigmoidGrad", convert_sigmoid_grad},
    {"SoftplusGrad", convert_softplus_grad},
    {"SoftsignGrad", convert_softsign_grad},
    {"SqrtGrad", convert_sqrt_grad},
    {"TanhGrad", convert_tanh_grad},
};
}  // namespace

Span<const OpRule> gradient_rules() {
  return {kGradientRules, sizeof(kGradientRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
