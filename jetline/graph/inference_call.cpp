// Shape inference through calls of functions that the model defines.
#include "jetline/graph/inference.h"

namespace jetline {
namespace {

constexpr int kMaxCallDepth = 16;

// A copy of what an attribute says, under another name; nothing for one that holds graphs.
bool call_copy_attribute(const Attribute& from, const std::string& name, Node& to) {
  return std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, Attribute::GraphPtr> ||
                      std::is_same_v<T, std::vector<Attribute::GraphPtr>>) {
          return false;
        } else {
          to.set_attribute(Attribute(name, v));
          return true;
        }
      },
      from.storage());
}

// References to attributes of the caller become their values; what the caller does not give goes.
void call_resolve(Graph& g, const Node& caller, const ModelFunction& f) {
  for (const auto& n : g.nodes()) {
    std::vector<std::pair<std::string, std::string>> references;
    for (const Attribute& a : n->attributes()) {
      if (a.is_reference()) references.emplace_back(a.name(), a.referred());
    }
    for (const auto& [name, referred] : references) {
      const Attribute* given = caller.attribute(referred);
      for (const Attribute& d : f.attribute_defaults) {
        if (!given && d.name() == referred) given = &d;
      }
      n->remove_attribute(name);
      if (given) call_copy_attribute(*given, name, *n);
    }
    for (Graph* sub : n->subgraphs()) call_resolve(*sub, caller, f);
  }
}

void call_leave_out(Value* formal) {
  const std::vector<Use> uses = formal->uses();
  for (const Use& u : uses) {
    if (u.node) u.node->set_input(static_cast<size_t>(u.index), nullptr);
  }
}

}  // namespace

// A call is inferred in a copy of the body, because each call has types of its own.
bool ShapeInference::call(const ModelFunction& f, Node& n, std::vector<ValueType>& out) {
  const auto nodes = static_cast<int64_t>(f.body->node_count());
  if (call_depth_ >= kMaxCallDepth || *call_budget_ < nodes) return false;
  *call_budget_ -= nodes + 1;
  const std::unique_ptr<Graph> body = f.body->clone(&model_);
  call_resolve(*body, n, f);
  ShapeInference inner(model_);
  inner.call_depth_ = call_depth_ + 1;
  inner.call_budget_ = call_budget_;
  inner.facts_.opsets = &f.opsets;
  for (size_t i = 0; i < body->inputs().size(); ++i) {
    Value* formal = body->inputs()[i];
    const Value* actual = n.input(i);
    if (!actual) {
      call_leave_out(formal);
      continue;
    }
    formal->type = actual->type;
    if (actual->initializer()) body->set_initializer(formal, *actual->initializer());
    copy_facts(actual, formal, inner);
  }
  inner.graph(*body);
  for (size_t i = 0; i < out.size() && i < body->outputs().size(); ++i) {
    const Value* result = body->outputs()[i];
    out[i] = result->type;
    inner.copy_facts(result, n.output(i), *this);
  }
  report_.conflicts += inner.report_.conflicts;
  for (const auto& [op, count] : inner.report_.ops_without_rule) report_.ops_without_rule[op] += count;
  return true;
}

}  // namespace jetline
