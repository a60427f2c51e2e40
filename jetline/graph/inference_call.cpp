// Shape inference through calls of functions that the model defines.
#include "jetline/graph/function_call.h"
#include "jetline/graph/inference.h"

namespace jetline {
namespace {

constexpr int kMaxCallDepth = 16;

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
  for (const auto& inner : body->nodes()) resolve_references(*inner, n, f);
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
