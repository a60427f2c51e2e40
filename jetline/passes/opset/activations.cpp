// Activations that are newer than the opset asked for, written with what it has (formulas: ONNX
// Operators.md).
#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

std::string hard_swish_down(Step& s) {
  Value* gate = s.emit("HardSigmoid", {s.in(0)}, {{"alpha", 1.0f / 6}, {"beta", 0.5f}});
  return s.become(s.emit("Mul", {s.in(0), gate}));
}

std::string mish_down(Step& s) {
  return s.become(s.emit("Mul", {s.in(0), s.emit("Tanh", {s.emit("Softplus", {s.in(0)})})}));
}

std::string swish_down(Step& s) {
  Value* x = s.in(0);
  const float alpha = s.node().float_or("alpha", 1);
  Value* scaled = alpha == 1 ? x : s.emit("Mul", {x, s.number(static_cast<double>(alpha), x)});
  return s.become(s.emit("Mul", {x, s.emit("Sigmoid", {scaled})}));
}

std::string gelu_down(Step& s) {
  Value* x = s.in(0);
  Value* inner = nullptr;
  if (s.node().string_or("approximate", "none") == "tanh") {
    Value* cube = s.emit("Mul", {s.emit("Mul", {x, x}), x});
    Value* sum = s.emit("Add", {x, s.emit("Mul", {cube, s.number(0.044715, x)})});
    inner = s.emit("Tanh", {s.emit("Mul", {sum, s.number(0.7978845608028654, x)})});  // sqrt(2 / pi)
  } else {
    inner = s.emit("Erf", {s.emit("Mul", {x, s.number(0.7071067811865476, x)})});  // 1 / sqrt(2)
  }
  Value* half = s.emit("Mul", {x, s.number(0.5, x)});
  return s.become(s.emit("Mul", {half, s.emit("Add", {inner, s.number(1, x)})}));
}

// alpha * Elu(x / alpha).
std::string celu_down(Step& s) {
  const float alpha = s.node().float_or("alpha", 1);
  if (!(alpha > 0)) return "an alpha that is not positive";
  if (alpha == 1) return s.become(s.emit("Elu", {s.in(0)}, {{"alpha", 1.0f}}));
  Value* a = s.number(static_cast<double>(alpha), s.in(0));
  return s.become(s.emit("Mul", {s.emit("Elu", {s.emit("Div", {s.in(0), a})}, {{"alpha", 1.0f}}), a}));
}

std::string thresholded_relu_down(Step& s) {
  Value* x = s.in(0);
  Value* alpha = s.number(static_cast<double>(s.node().float_or("alpha", 1)), x);
  return s.become(s.emit("Where", {s.emit("Greater", {x, alpha}), x, s.number(0, x)}));
}

// floor(x), one more where the rest is over a half, or a half and floor(x) is odd.
std::string round_down_11(Step& s) {
  Value* x = s.in(0);
  Value* half = s.number(0.5, x);
  Value* low = s.emit("Floor", {x});
  Value* rest = s.emit("Sub", {x, low});
  Value* pairs = s.emit("Floor", {s.emit("Mul", {low, half})});
  Value* odd = s.emit("Greater", {s.emit("Sub", {low, s.emit("Add", {pairs, pairs})}), half});
  Value* over = s.emit("Greater", {rest, half});
  Value* tie = s.emit("Not", {s.emit("Or", {over, s.emit("Less", {rest, half})})});
  Value* up = s.emit("Or", {over, s.emit("And", {tie, odd})});
  return s.become(s.emit("Add", {low, s.cast(up, Step::dtype(x))}));
}

// Beyond the greatest finite number.
std::string is_inf_down(Step& s) {
  Value* x = s.in(0);
  const DType t = Step::dtype(x);
  if (t != DType::kF32 && t != DType::kF64) return "of an element type other than float and double";
  const bool up = s.node().int_or("detect_positive", 1) != 0,
             down = s.node().int_or("detect_negative", 1) != 0;
  const double top = t == DType::kF32 ? 3.4028234663852886e38 : 1.7976931348623157e308;
  Value* above = s.emit("Greater", {x, s.number(top, x)});
  Value* below = s.emit("Less", {x, s.number(-top, x)});
  if (!up && !down) return s.become(s.emit("And", {above, below}));
  return s.become(up && down ? s.emit("Or", {above, below}) : up ? above : below);
}

const Change kActivationChanges[] = {
    {"HardSwish", 14, nullptr, hard_swish_down},
    {"Mish", 18, nullptr, mish_down},
    {"Swish", 24, nullptr, swish_down},
    {"Gelu", 20, nullptr, gelu_down},
    {"Celu", 12, nullptr, celu_down},
    {"ThresholdedRelu", 10, nullptr, thresholded_relu_down},
    {"Round", 11, nullptr, round_down_11},
    {"IsInf", 10, nullptr, is_inf_down},
};
}  // namespace

Span<const Change> activation_changes() {
  return {kActivationChanges, sizeof(kActivationChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
