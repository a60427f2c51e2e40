// Operators that treat every element alike, with and without broadcasting, and those that only pin the
// channel axis.
#include "jetline/passes/layout/rule.h"

namespace jetline::passes {
namespace {

bool element_single(const Value* v) {
  return v->type.is_static() && v->type.count() == 1;
}

// Input 0 is the data; what else there is are numbers for all elements.
bool element_unary_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (l.in_rank(0) != static_cast<int>(label.size())) return false;
  p.in[0] = label;
  for (Perm& out : p.out) out = label;
  return true;
}

bool element_broadcast_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (l.out_rank() != static_cast<int>(label.size())) return false;
  for (size_t i = 0; i < l.n.inputs().size(); ++i) {
    const Value* v = l.n.input(i);
    if (!v || rank_of(v) < 0 || rank_of(v) > l.out_rank()) return false;
    if (!element_single(v) || rank_of(v) == l.out_rank()) p.in[i] = label;
  }
  p.out[0] = label;
  return true;
}

// One scale for all, or one for each index of an axis.
bool element_quantize_per_axis(const Node& n) {
  return n.input(1) && !(n.input(1)->type.is_static() && n.input(1)->type.count() == 1);
}
bool element_quantize_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (l.n.int_or("block_size", 0) != 0) return false;
  if (element_quantize_per_axis(l.n) && layout_axis(l.n, "axis", 1, l.in_rank(0)) < 0) return false;
  return element_unary_ports(l, label, p);
}
Status element_quantize_apply(PassContext&, Node& n, const Perm& label) {
  if (!element_quantize_per_axis(n)) return Status();
  const int axis = layout_axis(n, "axis", 1, static_cast<int>(label.size()));
  n.set_attribute(Attribute("axis", int64_t{moved_axis(label, axis)}));
  return Status();
}

// The channels stay where they are; batch (where `batch` says so) and other axes are free.
template <int kPinned>
bool element_pinned_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  if (label.size() < 3 || label[1] != 1 || (kPinned > 1 && label[0] != 0)) return false;
  if (l.n.outputs().size() != 1 || l.in_rank(0) != static_cast<int>(label.size())) return false;
  p.in[0] = label;
  p.out[0] = label;
  return true;
}

// Rows of a matrix product may come in any order; the axes that are multiplied stay.
bool element_matmul_ports(const LayoutNode& l, const Perm& label, LayoutPorts& p) {
  const int rank = l.out_rank(), a = l.in_rank(0), b = l.in_rank(1);
  if (rank != static_cast<int>(label.size()) || rank < 3 || a != rank) return false;
  const bool matrix = b == 2;
  if (label[static_cast<size_t>(rank - 1)] != rank - 1) return false;
  if (!matrix && (b != rank || label[static_cast<size_t>(rank - 2)] != rank - 2)) return false;
  p.in[0] = label;
  if (!matrix) p.in[1] = label;
  p.out[0] = label;
  return true;
}

#define JETLINE_UNARY(op) \
  { op, element_unary_ports, nullptr, nullptr, nullptr, true }
#define JETLINE_BROADCAST(op) \
  { op, element_broadcast_ports, nullptr, nullptr, nullptr, true }
const LayoutRule kElementLayoutRules[] = {
    JETLINE_UNARY("Identity"),
    JETLINE_UNARY("Cast"),
    JETLINE_UNARY("CastLike"),
    JETLINE_UNARY("Dropout"),
    JETLINE_UNARY("Clip"),
    JETLINE_UNARY("Abs"),
    JETLINE_UNARY("Acos"),
    JETLINE_UNARY("Acosh"),
    JETLINE_UNARY("Asin"),
    JETLINE_UNARY("Asinh"),
    JETLINE_UNARY("Atan"),
    JETLINE_UNARY("Atanh"),
    JETLINE_UNARY("BitwiseNot"),
    JETLINE_UNARY("Ceil"),
    JETLINE_UNARY("Celu"),
    JETLINE_UNARY("Cos"),
    JETLINE_UNARY("Cosh"),
    JETLINE_UNARY("Elu"),
    JETLINE_UNARY("Erf"),
    JETLINE_UNARY("Exp"),
    JETLINE_UNARY("Floor"),
    JETLINE_UNARY("Gelu"),
    JETLINE_UNARY("HardSigmoid"),
    JETLINE_UNARY("HardSwish"),
    JETLINE_UNARY("IsInf"),
    JETLINE_UNARY("IsNaN"),
    JETLINE_UNARY("LeakyRelu"),
    JETLINE_UNARY("Log"),
    JETLINE_UNARY("Mish"),
    JETLINE_UNARY("Neg"),
    JETLINE_UNARY("Not"),
    JETLINE_UNARY("Reciprocal"),
    JETLINE_UNARY("Relu"),
    JETLINE_UNARY("Round"),
    JETLINE_UNARY("Selu"),
    JETLINE_UNARY("Shrink"),
    JETLINE_UNARY("Sigmoid"),
    JETLINE_UNARY("Sign"),
    JETLINE_UNARY("Sin"),
    JETLINE_UNARY("Sinh"),
    JETLINE_UNARY("Softplus"),
    JETLINE_UNARY("Softsign"),
    JETLINE_UNARY("Sqrt"),
    JETLINE_UNARY("Swish"),
    JETLINE_UNARY("Tan"),
    JETLINE_UNARY("Tanh"),
    JETLINE_UNARY("ThresholdedRelu"),
    JETLINE_BROADCAST("Add"),
    JETLINE_BROADCAST("And"),
    JETLINE_BROADCAST("BitShift"),
    JETLINE_BROADCAST("BitwiseAnd"),
    JETLINE_BROADCAST("BitwiseOr"),
    JETLINE_BROADCAST("BitwiseXor"),
    JETLINE_BROADCAST("Div"),
    JETLINE_BROADCAST("Equal"),
    JETLINE_BROADCAST("Greater"),
    JETLINE_BROADCAST("GreaterOrEqual"),
    JETLINE_BROADCAST("Less"),
    JETLINE_BROADCAST("LessOrEqual"),
    JETLINE_BROADCAST("Max"),
    JETLINE_BROADCAST("Mean"),
    JETLINE_BROADCAST("Min"),
    JETLINE_BROADCAST("Mod"),
    JETLINE_BROADCAST("Mul"),
    JETLINE_BROADCAST("Or"),
    JETLINE_BROADCAST("PRelu"),
    JETLINE_BROADCAST("Pow"),
    JETLINE_BROADCAST("Sub"),
    JETLINE_BROADCAST("Sum"),
    JETLINE_BROADCAST("Where"),
    JETLINE_BROADCAST("Xor"),
    {"QuantizeLinear", element_quantize_ports, element_quantize_apply},
    {"DequantizeLinear", element_quantize_ports, element_quantize_apply},
    {"BatchNormalization", element_pinned_ports<1>, nullptr, nullptr, nullptr, true},
    {"LRN", element_pinned_ports<1>},
    {"InstanceNormalization", element_pinned_ports<2>},
    {"GlobalAveragePool", element_pinned_ports<2>},
    {"GlobalMaxPool", element_pinned_ports<2>},
    {"MatMul", element_matmul_ports},
};
#undef JETLINE_UNARY
#undef JETLINE_BROADCAST

}  // namespace

Span<const LayoutRule> layout_elementwise_rules() {
  return {kElementLayoutRules, sizeof(kElementLayoutRules) / sizeof(LayoutRule)};
}

}  // namespace jetline::passes
