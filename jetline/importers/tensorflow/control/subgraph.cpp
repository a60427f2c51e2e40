#include "jetline/importers/tensorflow/control/subgraph.h"

#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

void subgraph_forget(Converter& converter, const Graph& g) {
  for (const auto& v : g.values()) converter.inference().forget(v.get());
  for (const auto& n : g.nodes())
    for (const Graph* inner : n->subgraphs()) subgraph_forget(converter, *inner);
}

}  // namespace

Graph* attach_body(Converter& converter, Node* node, const char* attribute) {
  if (const Attribute* old = node->attribute(attribute)) {
    if (old->as_graph()) subgraph_forget(converter, *old->as_graph());
    node->remove_attribute(attribute);
  }
  auto body = std::make_unique<Graph>(&converter.model(), node);
  Graph* g = body.get();
  g->name = node->name + "/" + attribute;
  node->set_attribute(Attribute(attribute, std::move(body)));
  return g;
}

void discard(Converter& converter, Node* node) {
  for (const Graph* g : node->subgraphs()) subgraph_forget(converter, *g);
  for (const Value* v : node->outputs())
    if (v) converter.inference().forget(v);
  if (Status s = node->graph()->remove(node); !s.ok()) converter.fail(s);
}

void add_body_output(Converter&, Graph& body, Value* v) {
  bool own = v->graph() == &body && !v->is_input() && !v->initializer() && !v->is_output();
  if (!own) {
    Node* n = body.add_node("Identity", {v});
    Value* copy = n->add_output(body.unique_name(v->name()));
    n->name = copy->name();
    copy->type = v->type;
    v = copy;
  }
  body.add_output(v);
}

bool widen(ValueType& known, const ValueType& other) {
  if (!known.has_shape) return false;
  if (!other.has_shape || other.shape.size() != known.shape.size()) {
    known.has_shape = false;
    known.shape.clear();
    return true;
  }
  bool changed = false;
  for (size_t i = 0; i < known.shape.size(); ++i) {
    if (known.shape[i].same(other.shape[i]) || known.shape[i].kind == Dim::Kind::kUnknown) continue;
    known.shape[i] = Dim();
    changed = true;
  }
  return changed;
}

ValueType common_type(const ValueType& a, const ValueType& b) {
  ValueType out = a;
  widen(out, b);
  return out;
}

Value* truth(OpContext& c, const Symbol& s) {
  if (const Tensor* t = s.strings()) {
    const bool yes = t->dims().empty() ? !t->strings().empty() && !t->strings()[0].empty() : t->count() > 0;
    return c.cast(c.int_scalar(yes), DType::kBool);
  }
  if (!s.is_tensor()) return nullptr;
  Value* v = s.value();
  if (OpContext::rank(v) > 0) {
    if (OpContext::is_static(v)) return c.cast(c.int_scalar(v->type.count() > 0), DType::kBool);
    return c.emit("Greater", {c.emit("Size", {v}), c.int_scalar(0)}, {}, "not_empty");
  }
  return c.cast(v, DType::kBool);
}

}  // namespace jetline::tf
