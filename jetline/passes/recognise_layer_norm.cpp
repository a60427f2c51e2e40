// Law: (x - mean) / sqrt(var + e) * scale + bias over the last axis, written out with ReduceMean, becomes one
// LayerNormalization (opset 17 and later) with constant scale and bias. Nothing else may read what lies
// between. Within rounding. float only. Measure: nodes.
#include "jetline/passes/pattern.h"

namespace jetline::passes {
namespace {

// The value whose mean over the last axis, axis kept, this is.
Value* layer_norm_mean(PassContext& c, const Value* v, const Node* user) {
  const Node* mean = pattern_node(v, "ReduceMean", user);
  std::vector<int64_t> axes;
  bool given = false;
  if (!mean || mean->int_or("keepdims", 1) == 0) return nullptr;
  const int rank = rank_of(mean->input(0));
  if (rank < 1 || !axes_of(*mean, c.opset >= 18 ? 1 : 99, rank, axes, given) || axes.size() != 1)
    return nullptr;
  return axes[0] == rank - 1 ? mean->input(0) : nullptr;
}

// A constant of one number an element of the last axis.
bool layer_norm_vector(const Value* v, const Value* x) {
  const Tensor* t = constant_of(v);
  const Dim& last = x->type.shape.back();
  return t && t->dtype() == DType::kF32 && t->dims().size() == 1 && last.known() &&
         t->dims()[0] == last.value;
}

bool layer_norm_at(PassContext& c, Node& n) {
  if (!n.is("Add") || n.inputs().size() != 2 || !n.output(0) || n.output(0)->type.dtype != DType::kF32)
    return false;
  const Node *scaled = nullptr, *div = nullptr;
  Value *bias = nullptr, *scale = nullptr;
  for (size_t i = 0; i < 2 && !scaled; ++i) {
    if ((scaled = pattern_node(n.input(i), "Mul", &n))) bias = n.input(1 - i);
  }
  for (size_t i = 0; scaled && i < 2 && !div; ++i) {
    if ((div = pattern_node(scaled->input(i), "Div", scaled))) scale = scaled->input(1 - i);
  }
  if (!div) return false;
  const Node* centred = div->input(0)->producer();  // read twice: by the division and by the square
  const Node* root = pattern_node(div->input(1), "Sqrt", div);
  if (!centred || !centred->is("Sub") || !root || div->input(0)->uses().size() > 3) return false;
  Value* x = centred->input(0);
  if (!x || rank_of(x) < 1 || layer_norm_mean(c, centred->input(1), centred) != x) return false;
  const Node* add = pattern_node(root->input(0), "Add", root);
  double epsilon = 0, two = 0;
  Value* variance = add ? pattern_other(*add, NAN, &epsilon) : nullptr;
  Value* square = variance ? layer_norm_mean(c, variance, add) : nullptr;
  if (!square || !square->producer() || only_user(square) != variance->producer()) return false;
  const Node* power = square->producer();
  const bool squared =
      (power->is("Pow") && power->input(0) == div->input(0) && uniform_constant(power->input(1), two) &&
       two == 2) ||
      (power->is("Mul") && power->input(0) == div->input(0) && power->input(1) == div->input(0));
  if (!squared || !layer_norm_vector(scale, x) || !layer_norm_vector(bias, x)) return false;
  // What is between must be read by the pattern alone.
  for (const Use& u : div->input(0)->uses()) {
    if (u.node != div && u.node != power) return false;
  }
  Node* old = n.input(0) == bias ? n.input(1)->producer() : n.input(0)->producer();
  pattern_become(n, "LayerNormalization", {x, scale, bias});
  n.set_attribute(Attribute("axis", int64_t{-1}));
  n.set_attribute(Attribute("epsilon", static_cast<float>(epsilon)));
  remove_unused(c, old);
  return true;
}

}  // namespace

Result<int> run_recognise_layer_norm(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 17) return changes;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) changes += layer_norm_at(c, *n);
  });
  return changes;
}

}  // namespace jetline::passes
