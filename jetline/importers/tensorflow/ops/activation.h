// Activation functions by TensorFlow's name, for the operators themselves and for fused ones. Internal to the
// operator rules.
#pragma once

#include <string_view>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// Relu, Relu6, LeakyRelu (attribute alpha of the node in hand), Elu, Selu, Softplus, Softsign, Sigmoid, Tanh,
// GeluApproximate, GeluExact. Null for any other name.
Value* emit_activation(OpContext& c, std::string_view name, Value* x);

}  // namespace jetline::tf
