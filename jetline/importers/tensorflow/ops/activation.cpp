#include "jetline/importers/tensorflow/ops/activation.h"

#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

bool act_is_float(DType t) {
  return t == DType::kF32 || t == DType::kF16 || t == DType::kF64 || t == DType::kBF16;
}

// Relu and Relu6 exist for integers too.
Value* act_clip(OpContext& c, Value* x, bool six) {
  if (!act_is_float(c.dtype(x))) {
    return c.via(x, {DType::kI32, DType::kI64}, DType::kI64, [&](Value* v) {
      Value* y = c.emit("Max", {v, c.scalar(0, v)});
      return six ? c.emit("Min", {y, c.scalar(6, y)}) : y;
    });
  }
  return c.via(x, {DType::kF32, DType::kF16, DType::kF64}, DType::kF32, [&](Value* v) {
    if (!six) return c.emit("Relu", {v});
    return c.emit("Clip", {v, c.scalar(0, v), c.scalar(6, v)});
  });
}

// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) or 0.5 x (1 + erf(x / sqrt 2)).
Value* act_gelu(OpContext& c, Value* x, bool approximate) {
  Value* half = c.emit("Mul", {x, c.scalar(0.5, x)});
  Value* inner = nullptr;
  if (approximate) {
    Value* cube = c.emit("Mul", {c.emit("Mul", {x, x}), x});
    Value* sum = c.emit("Add", {x, c.emit("Mul", {cube, c.scalar(0.044715, x)})});
    inner = c.emit("Tanh", {c.emit("Mul", {sum, c.scalar(0.79788456080286535588, x)})});
  } else {
    inner = c.emit("Erf", {c.emit("Mul", {x, c.scalar(0.70710678118654752440, x)})});
  }
  return c.emit("Mul", {half, c.emit("Add", {inner, c.scalar(1, x)})});
}

Status act_convert(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, emit_activation(c, c.op(), x));
}

Status convert_softmax(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const char* op = c.op() == "Softmax" ? "Softmax" : "LogSoftmax";
  return c.set(0, c.via(x, {DType::kF32, DType::kF16, DType::kF64}, DType::kF32, [&](Value* v) {
    return c.emit(op, {v}, {{"axis", -1}});
  }));
}

Status convert_l2_loss(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, c.via(x, {DType::kF32, DType::kF16, DType::kF64}, DType::kF32, [&](Value* v) {
    Value* sum = c.emit("ReduceSum", {c.emit("Mul", {v, v})}, {{"keepdims", 0}});
    return c.emit("Mul", {sum, c.scalar(0.5, v)});
  }));
}

// loss = -sum(labels * log_softmax(features)); backprop = softmax(features) - labels.
Status convert_softmax_loss(OpContext& c) {
  Value* features = c.tensor(0);
  Value* labels = c.tensor(1);
  if (!features) return c.wrong_input(0);
  if (!labels) return c.wrong_input(1);
  const DType type = c.dtype(features);
  const DType compute = type == DType::kF64 || type == DType::kF16 ? type : DType::kF32;
  features = c.cast(features, compute);
  if (c.op() == "SparseSoftmaxCrossEntropyWithLogits") {
    const int64_t classes = c.dim(features, -1);
    if (classes <= 0) return c.unsupported("an unknown number of classes");
    Value* ends =
        c.emit("Concat", {c.unsqueeze(c.scalar(0, compute), {0}), c.unsqueeze(c.scalar(1, compute), {0})},
               {{"axis", 0}});
    labels = c.emit("OneHot", {c.to_i64(labels), c.int_scalar(classes), ends}, {{"axis", -1}});
  } else {
    labels = c.cast(labels, compute);
  }
  Value* log = c.emit("LogSoftmax", {features}, {{"axis", -1}});
  Value* sum = c.emit("ReduceSum", {c.emit("Mul", {labels, log}), c.ints({1})}, {{"keepdims", 0}});
  if (Status s = c.set(0, c.cast(c.emit("Neg", {sum}), type)); !s.ok()) return s;
  Value* probability = c.emit("Softmax", {features}, {{"axis", -1}});
  return c.set(1, c.cast(c.emit("Sub", {probability, labels}), type));
}

const OpRule kActivationRules[] = {
    {"Relu", act_convert, "", "integers too"},
    {"Relu6", act_convert, "", "integers too"},
    {"LeakyRelu", act_convert},
    {"Elu", act_convert},
    {"Selu", act_convert},
    {"Softplus", act_convert},
    {"Softsign", act_convert},
    {"Softmax", convert_softmax},
    {"LogSoftmax", convert_softmax},
    {"L2Loss", convert_l2_loss},
    {"SoftmaxCrossEntropyWithLogits", convert_softmax_loss, "loss,backprop"},
    {"SparseSoftmaxCrossEntropyWithLogits", convert_softmax_loss, "loss,backprop",
     "the class count must be known"},
};

}  // namespace

Value* emit_activation(OpContext& c, std::string_view name, Value* x) {
  if (name == "Relu") return act_clip(c, x, false);
  if (name == "Relu6") return act_clip(c, x, true);
  const auto one = [&](const char* op, const std::vector<AttrArg>& attributes = {}) {
    return in_float(c, x, [&](Value* v) { return c.emit(op, {v}, attributes); });
  };
  if (name == "LeakyRelu") {
    const Attr* alpha = c.attr("alpha");
    if (!alpha) alpha = c.attr("leakyrelu_alpha");
    return one("LeakyRelu", {{"alpha", alpha ? alpha->as_float(0.2f) : 0.2f}});
  }
  if (name == "Elu") return one("Elu", {{"alpha", 1.0f}});
  // tensorflow/core/kernels/relu_op_functor.h: scale and scale * alpha of the paper, as float32.
  if (name == "Selu")
    return one("Selu", {{"alpha", 1.67326324235437728481f}, {"gamma", 1.05070098735548049342f}});
  if (name == "Softplus") return one("Softplus");
  if (name == "Softsign") return one("Softsign");
  if (name == "Sigmoid") return one("Sigmoid");
  if (name == "Tanh") return one("Tanh");
  if (name == "GeluApproximate" || name == "GeluExact")
    return in_float(c, x, [&](Value* v) { return act_gelu(c, v, name == "GeluApproximate"); });
  return nullptr;
}

Span<const OpRule> activation_rules() {
  return {kActivationRules, std::size(kActivationRules)};
}

}  // namespace jetline::tf
