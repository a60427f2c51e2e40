#include "jetline/graph/inference.h"

#include "jetline/graph/evaluate.h"

namespace jetline {
namespace {

std::string infer_op_name(const Node& n) {
  return n.domain().empty() ? n.op() : n.domain() + "." + n.op();
}

constexpr int64_t kMaxContentBytes = 1 << 20;  // of the constants that decide about a size
constexpr int64_t kMaxFunctionNodes = 1 << 20;

}  // namespace

ShapeInference::ShapeInference(Model& model)
    : model_(model), call_budget_(std::make_shared<int64_t>(kMaxFunctionNodes)) {}

// What both say, with the better known of the two dimension by dimension.
void ShapeInference::merge(Value& v, ValueType inferred) {
  if (inferred.kind == ValueType::Kind::kUnknown) return;
  // Sizes are given as numbers in places, and those may be anything: what no tensor has is not known.
  for (Dim& d : inferred.shape) {
    if (d.known() && d.value < 0) d = Dim();
  }
  if (inferred.is_tensor() && inferred.dtype == DType::kUndefined) inferred.dtype = v.type.dtype;
  if (v.type.kind == ValueType::Kind::kUnknown) {
    v.type = std::move(inferred);
    return;
  }
  if (!inferred.is_tensor() || !v.type.is_tensor()) {
    if (inferred.kind != v.type.kind) ++report_.conflicts;
    const bool vague =
        !inferred.is_tensor() && inferred.element && inferred.element->kind == ValueType::Kind::kUnknown;
    if (inferred.kind != v.type.kind || !vague) v.type = std::move(inferred);
    return;
  }
  if (v.type.dtype != inferred.dtype) {
    if (v.type.dtype != DType::kUndefined) ++report_.conflicts;
    v.type.dtype = inferred.dtype;
  }
  if (!inferred.has_shape) return;
  if (!v.type.has_shape) {
    v.type.has_shape = true;
    v.type.shape = std::move(inferred.shape);
    return;
  }
  bool conflict = v.type.shape.size() != inferred.shape.size();
  if (!conflict) {
    for (size_t i = 0; i < inferred.shape.size(); ++i) {
      Dim& have = v.type.shape[i];
      const Dim& now = inferred.shape[i];
      conflict = conflict || (have.known() && now.known() && have.value != now.value);
      if (now.known() && !(have.known() && have.value == now.value)) {
        const std::string denotation = have.denotation;
        have = now;
        have.denotation = denotation;
      } else if (have.kind == Dim::Kind::kUnknown && now.kind == Dim::Kind::kParam) {
        have = now;
      }
    }
  } else {
    v.type.shape = std::move(inferred.shape);
  }
  if (conflict) ++report_.conflicts;
}

void ShapeInference::node(Node& n) {
  for (const Value* v : n.outputs()) {
    if (v) forget(v);
  }
  std::vector<ValueType> out(n.outputs().size());
  const ModelFunction* function = nullptr;
  if (control_flow(n, out)) {
  } else if (const ops::Rule* rule = ops::find_rule(n)) {
    ops::Context context(n, model_, facts_, &out);
    rule->infer(context);
    if (rule->by_content) compute_by_content(n, out);
  } else if ((function = model_.function(n)) != nullptr && call(*function, n, out)) {
  } else {
    ++report_.ops_without_rule[infer_op_name(n)];
    for (Graph* body : n.subgraphs()) graph(*body);
  }
  for (size_t i = 0; i < out.size(); ++i) {
    if (n.outputs()[i]) merge(*n.outputs()[i], std::move(out[i]));
  }
}

void ShapeInference::graph(Graph& g) {
  for (const auto& n : g.nodes()) node(*n);
}

void ShapeInference::copy_facts(const Value* from, const Value* to, ShapeInference& target) {
  if (!from || !to) return;
  if (const auto* k = ops::known_ints(from, facts_)) target.facts_.ints[to] = *k;
  if (const auto* k = ops::known_floats(from, facts_)) target.facts_.floats[to] = *k;
  const auto it = facts_.elements.find(from);
  if (it != facts_.elements.end()) target.facts_.elements[to] = it->second;
}

// The result of an operator whose size depends on what its inputs hold, where they are constants.
void ShapeInference::compute_by_content(const Node& n, Types& out) {
  bool open = false;
  for (const ValueType& t : out) open = open || !t.is_static();
  if (!open) return;
  std::vector<const Tensor*> inputs;
  int64_t bytes = 0;
  for (const Value* v : n.inputs()) {
    inputs.push_back(v ? v->initializer() : nullptr);
    if (v && !inputs.back()) return;
    if (v) bytes += inputs.back()->byte_count();
  }
  if (bytes > kMaxContentBytes) return;
  EvaluateOptions limits;
  limits.max_output_bytes = 16 * kMaxContentBytes;
  limits.max_live_bytes = 64 * kMaxContentBytes;
  limits.max_work = int64_t{1} << 26;
  const ops::Context context(n, model_, facts_, nullptr);
  const auto results = evaluate_node(n, inputs, context.opset(), limits);
  if (!results.ok()) return;
  for (size_t i = 0; i < out.size() && i < results->size(); ++i) {
    const Tensor& t = (*results)[i];
    if (t.dtype() != DType::kUndefined)
      out[i] = ValueType::tensor(t.dtype(), std::vector<Dim>(t.dims().begin(), t.dims().end()));
  }
}

const ops::KnownInts* ShapeInference::ints(const Value* v) {
  return ops::known_ints(v, facts_);
}

void ShapeInference::forget(const Value* v) {
  facts_.ints.erase(v);
  facts_.floats.erase(v);
  facts_.elements.erase(v);
}

}  // namespace jetline
