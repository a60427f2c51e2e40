#include "jetline/graph/inference.h"

namespace jetline {
namespace {

std::string infer_op_name(const Node& n) {
  return n.domain().empty() ? n.op() : n.domain() + "." + n.op();
}

bool infer_is_control_flow(const Node& n) {
  return n.is("If") || n.is("Loop") || n.is("Scan");
}

// The result of a branch is what both branches can give.
ValueType infer_common(const ValueType& a, const ValueType& b) {
  if (a.kind != b.kind || a.dtype != b.dtype) return {};
  ValueType out = a;
  if (a.has_shape != b.has_shape || a.shape.size() != b.shape.size()) {
    out.has_shape = false;
    out.shape.clear();
    return out;
  }
  for (size_t i = 0; i < out.shape.size(); ++i) {
    if (!a.shape[i].same(b.shape[i])) out.shape[i] = Dim();
  }
  return out;
}

ValueType infer_without_shape(ValueType t) {
  t.has_shape = false;
  t.shape.clear();
  return t;
}

}  // namespace

ShapeInference::ShapeInference(Model& model) : model_(model) {}

// What both say, with the better known of the two dimension by dimension.
void ShapeInference::merge(Value& v, ValueType inferred) {
  if (inferred.kind == ValueType::Kind::kUnknown) return;
  if (inferred.is_tensor() && inferred.dtype == DType::kUndefined) inferred.dtype = v.type.dtype;
  if (v.type.kind == ValueType::Kind::kUnknown) {
    v.type = std::move(inferred);
    return;
  }
  if (!inferred.is_tensor() || !v.type.is_tensor()) return;
  if (v.type.dtype == DType::kUndefined) v.type.dtype = inferred.dtype;
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

void ShapeInference::control_flow(Node& n, std::vector<ValueType>& out) {
  const std::vector<Graph*> bodies = n.subgraphs();
  if (n.is("Loop") && bodies.size() == 1) {
    const auto& in = bodies[0]->inputs();
    if (!in.empty()) merge(*in[0], ValueType::tensor(DType::kI64));
    if (in.size() > 1) merge(*in[1], ValueType::tensor(DType::kBool));
    // Carried values may change shape from one turn to the next: only their types are sure.
    for (size_t i = 2; i < in.size(); ++i) {
      if (n.input(i)) merge(*in[i], infer_without_shape(n.input(i)->type));
    }
  }
  for (Graph* body : bodies) graph(*body);
  if (bodies.empty()) return;
  for (size_t i = 0; i < out.size(); ++i) {
    if (n.is("If")) {
      bool first = true;
      for (const Graph* body : bodies) {
        if (i >= body->outputs().size()) continue;
        const ValueType& t = body->outputs()[i]->type;
        out[i] = first ? t : infer_common(out[i], t);
        first = false;
      }
    } else if (n.is("Loop") && i + 1 < bodies[0]->outputs().size()) {
      out[i] = infer_without_shape(bodies[0]->outputs()[i + 1]->type);
    }
  }
}

void ShapeInference::node(Node& n) {
  for (const Value* v : n.outputs()) {
    if (v) forget(v);
  }
  std::vector<ValueType> out(n.outputs().size());
  if (infer_is_control_flow(n)) {
    control_flow(n, out);
  } else if (const ops::Rule* rule = ops::find_rule(n)) {
    ops::Context context(n, model_, facts_, &out);
    rule->infer(context);
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

const ops::KnownInts* ShapeInference::ints(const Value* v) {
  return ops::known_ints(v, facts_);
}

void ShapeInference::forget(const Value* v) {
  facts_.ints.erase(v);
  facts_.floats.erase(v);
}

}  // namespace jetline
