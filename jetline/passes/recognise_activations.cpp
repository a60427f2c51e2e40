// Law: activations that were written out are written as the operator that ONNX has for them, where the
// model's opset has it: HardSigmoid (from Clip), Softplus, HardSwish (14), Mish (18), Gelu (20). Nothing else
// may read what lies between. Within rounding; Softplus no longer overflows. float only. Measure: nodes.
#include "jetline/passes/pattern.h"

namespace jetline::passes {
namespace {

// clip(x + b, 0, m) / m, or without the division; m and b as found.
Value* activation_clipped(const Value* v, const Node* user, double& bias, double& top) {
  const Node* clip = pattern_node(v, "Clip", user);
  double low = 1;
  if (!clip || !uniform_constant(clip->input(1), low) || low != 0 || !uniform_constant(clip->input(2), top))
    return nullptr;
  const Node* add = pattern_node(clip->input(0), "Add", clip);
  return add && top > 0 && std::isfinite(top) ? pattern_other(*add, NAN, &bias) : nullptr;
}

void activation_hard_sigmoid(Node& n, Value* x, double bias, double top) {
  pattern_become(n, "HardSigmoid", {x});
  n.set_attribute(Attribute("alpha", static_cast<float>(1 / top)));
  n.set_attribute(Attribute("beta", static_cast<float>(bias / top)));
}

// (x * clip(x + b, 0, m)) / m in either order: becomes x * HardSigmoid(x).
bool activation_product(PassContext& c, Node& n) {
  double factor = 0, bias = 0, top = 0;
  Value* product = pattern_scaled(n.output(0), nullptr, factor);
  const Node* mul = product ? pattern_node(product, "Mul", &n) : nullptr;
  if (!mul || mul->inputs().size() != 2) return false;
  for (size_t i = 0; i < 2; ++i) {
    Value* x = mul->input(i);
    if (activation_clipped(mul->input(1 - i), mul, bias, top) != x || !pattern_close(factor * top, 1))
      continue;
    Value* gate = add_before(c, *n.graph(), "Identity", {x}, n.output(0)->name() + "_gate", &n);
    gate->type = x->type;
    activation_hard_sigmoid(*gate->producer(), x, bias, top);
    Node* old = product->producer();
    pattern_become(n, "Mul", {x, gate});
    remove_unused(c, old);
    return true;
  }
  return false;
}

bool activation_hard_sigmoid_at(PassContext& c, Node& n) {
  double factor = 0, bias = 0, top = 0;
  Value* clipped = pattern_scaled(n.output(0), nullptr, factor);
  Value* x = clipped ? activation_clipped(clipped, &n, bias, top) : nullptr;
  if (!x || !pattern_close(factor * top, 1)) return false;
  Node* old = clipped->producer();
  activation_hard_sigmoid(n, x, bias, top);
  remove_unused(c, old);
  return true;
}

// x * f(x), where f is the node found by `gate`.
bool activation_gated(PassContext& c, Node& n, const char* op, const char* gate_op,
                      bool (*accepts)(const Node&, const Value*)) {
  if (!n.is("Mul") || n.inputs().size() != 2) return false;
  for (size_t i = 0; i < 2; ++i) {
    Node* gate = pattern_node(n.input(1 - i), gate_op, &n);
    Value* x = n.input(i);
    if (!gate || !accepts(*gate, x)) continue;
    pattern_become(n, op, {x});
    remove_unused(c, gate);
    return true;
  }
  return false;
}

bool activation_softplus(PassContext& c, Node& n) {
  const Node* add = n.is("Log") ? pattern_node(n.input(0), "Add", &n) : nullptr;
  Value* e = add ? pattern_other(*add, 1) : nullptr;
  const Node* exp = e ? pattern_node(e, "Exp", add) : nullptr;
  if (!exp) return false;
  Node* old = n.input(0)->producer();
  pattern_become(n, "Softplus", {exp->input(0)});
  remove_unused(c, old);
  return true;
}

// x * 0.5 * (1 + erf(x / sqrt 2)) in the orders that exporters write.
bool activation_gelu(PassContext& c, Node& n) {
  if (!n.is("Mul") || n.inputs().size() != 2) return false;
  const auto phi = [](const Value* v, const Node* user) -> Value* {  // 1 + erf(x / sqrt 2): x
    const Node* add = pattern_node(v, "Add", user);
    Value* r = add ? pattern_other(*add, 1) : nullptr;
    const Node* erf = r ? pattern_node(r, "Erf", add) : nullptr;
    double factor = 0;
    Value* x = erf ? pattern_scaled(erf->input(0), erf, factor) : nullptr;
    return x && pattern_close(factor, std::sqrt(0.5)) ? x : nullptr;
  };
  Value* found = nullptr;
  double factor = 0;
  if (Value* product = pattern_scaled(n.output(0), nullptr, factor); product && pattern_close(factor, 0.5)) {
    const Node* mul = pattern_node(product, "Mul", &n);
    for (size_t i = 0; mul && i < 2 && !found; ++i) {
      if (phi(mul->input(1 - i), mul) == mul->input(i)) found = mul->input(i);
    }
  }
  for (size_t i = 0; i < 2 && !found; ++i) {
    Value* half = pattern_scaled(n.input(i), &n, factor);
    if (half && pattern_close(factor, 0.5) && phi(n.input(1 - i), &n) == half) found = half;
    // x * (0.5 * (1 + erf))
    if (!found && half && pattern_close(factor, 0.5) && phi(half, n.input(i)->producer()) == n.input(1 - i))
      found = n.input(1 - i);
  }
  if (!found) return false;
  const std::vector<Value*> old = n.inputs();
  std::vector<Node*> before;
  for (Value* v : old) {
    if (v->producer() && v != found) before.push_back(v->producer());
  }
  pattern_become(n, "Gelu", {found});
  for (Node* b : before) remove_unused(c, b);
  return true;
}

bool activation_at(PassContext& c, Node& n) {
  if (!n.domain().empty() || n.outputs().size() != 1 || !n.output(0) ||
      n.output(0)->type.dtype != DType::kF32)
    return false;
  if (c.opset >= 20 && activation_gelu(c, n)) return true;
  if (c.opset >= 11 && (activation_hard_sigmoid_at(c, n) || activation_product(c, n))) return true;
  if (activation_softplus(c, n)) return true;
  if (c.opset >= 14 && activation_gated(c, n, "HardSwish", "HardSigmoid", [](const Node& g, const Value* x) {
        return g.input(0) == x && pattern_close(g.float_or("alpha", 0.2f), 1.0 / 6) &&
               pattern_close(g.float_or("beta", 0.5f), 0.5);
      })) {
    return true;
  }
  return c.opset >= 18 && activation_gated(c, n, "Mish", "Tanh", [](const Node& g, const Value* x) {
           const Node* soft = pattern_node(g.input(0), "Softplus", &g);
           return soft && soft->input(0) == x;
         });
}

}  // namespace

Result<int> run_recognise_activations(Model& model, PassContext& c) {
  int changes = 0;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) changes += activation_at(c, *n);
  });
  return changes;
}

}  // namespace jetline::passes
