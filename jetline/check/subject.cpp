#include "jetline/check/subject.h"

#include <algorithm>

namespace jetline::check {
namespace {

struct SubjectWalk {
  const Model& model;
  const targets::Catalog& catalog;
  const NodeOpsets& opsets;
  std::vector<Subject>& out;
  int deepest = 0;
  // Looking an operator up once a model, not once a node.
  struct Known {
    const targets::OperatorKnowledge* knowledge = nullptr;
    const SchemaForm* form = nullptr;
    bool by_name = false;
    int64_t opset = 0;
  };
  std::unordered_map<std::string, Known> known;

  Known look_up(const std::string& domain, const std::string& op, int64_t opset) const {
    Known k;
    k.opset = opset;
    k.knowledge = catalog.find_operator(domain, op);
    k.form = find_form(domain, op, opset);
    if (!k.knowledge && !domain.empty()) {
      k.knowledge = catalog.find_operator("", op);
      k.by_name = k.knowledge != nullptr;
    }
    return k;
  }

  void node(const Node& n, int nested) {
    Subject s;
    s.node = &n;
    s.op = n.op();
    s.domain = n.domain();
    s.nested = nested;
    const auto own = opsets.find(&n);
    if (own == opsets.end()) {
      const auto [at, fresh] = known.try_emplace(s.domain + '\n' + s.op);
      if (fresh) at->second = look_up(s.domain, s.op, model.opset(s.domain));
      apply(at->second, s);
    } else {
      apply(look_up(s.domain, s.op, own->second), s);
    }
    out.push_back(std::move(s));
    const Graph* taken = taken_branch(n);
    for (const Graph* body : n.subgraphs()) {
      if (!taken || taken == body) graph(*body, nested + 1);
    }
  }
  static void apply(const Known& k, Subject& s) {
    s.knowledge = k.knowledge;
    s.form = k.form;
    s.by_name = k.by_name;
    s.opset = k.opset;
  }
  void graph(const Graph& g, int nested) {
    deepest = std::max(deepest, nested);
    for (const auto& n : g.nodes()) {
      node(*n, nested);
      inside(*n, nested);
    }
    if (nested > 0) {
      for (const Value* v : g.initializers()) pseudo("graph.initializer", v, nested);
    }
  }
  // What a node gives to other nodes only; of the everyday types no rule has anything to ask.
  void inside(const Node& n, int nested) {
    for (const Value* v : n.outputs()) {
      if (!v || v->is_output() || is_weights(v)) continue;
      const DType t = v->type.dtype;
      const bool usual = t == DType::kF32 || t == DType::kF16 || t == DType::kI32 || t == DType::kI64 ||
                         t == DType::kBool || t == DType::kUndefined;
      if (!usual) pseudo("graph.value", v, nested);
    }
  }
  void pseudo(const char* op, const Value* v, int nested) {
    Subject s;
    s.op = op;
    s.value = v;
    s.nested = nested;
    s.opset = model.opset();
    s.knowledge = catalog.find_operator("", op);
    if (s.knowledge) out.push_back(std::move(s));  // without rules there is nothing to ask
  }
};

}  // namespace

std::string Subject::label() const {
  if (value) return value->name();
  if (!node) return "";
  if (!node->name.empty()) return node->name;
  for (const Value* v : node->outputs()) {
    if (v) return op + " producing '" + v->name() + "'";
  }
  return op + " without outputs";
}

std::vector<Subject> collect_subjects(const Model& model, const targets::Catalog& catalog,
                                      const NodeOpsets& opsets) {
  std::vector<Subject> out;
  SubjectWalk walk{model, catalog, opsets, out, 0, {}};
  const Graph& g = model.graph();
  out.reserve(g.node_count() + g.initializers().size() + g.inputs().size() + g.outputs().size() + 1);
  walk.pseudo("graph", nullptr, 0);
  const size_t whole = out.size();
  for (const Value* v : g.free_inputs()) walk.pseudo("graph.input", v, 0);
  for (const Value* v : g.initializers()) walk.pseudo("graph.initializer", v, 0);
  walk.graph(g, 0);
  for (const Value* v : g.outputs()) walk.pseudo("graph.output", v, 0);
  if (whole == 1) out[0].nested = walk.deepest;
  return out;
}

const Tensor* weights_of(const Value* value) {
  if (!value) return nullptr;
  if (value->initializer()) return value->initializer();
  const Node* n = value->producer();
  if (!n || !n->is("Constant")) return nullptr;
  const Attribute* a = n->attribute("value");
  return a ? a->as_tensor() : nullptr;
}

bool is_weights(const Value* value) {
  if (!value) return false;
  if (value->initializer()) return true;
  const Node* n = value->producer();
  if (!n || !n->is("Constant")) return false;
  for (const char* name : {"value", "value_float", "value_floats", "value_int", "value_ints"}) {
    if (n->attribute(name)) return true;
  }
  return false;  // sparse and text: no weights
}

const Graph* taken_branch(const Node& node) {
  if (!node.is("If")) return nullptr;
  const Tensor* condition = weights_of(node.input(0));
  if (!condition || condition->dtype() != DType::kBool || condition->count() != 1) return nullptr;
  const Attribute* branch = node.attribute(condition->at<uint8_t>(0) ? "then_branch" : "else_branch");
  return branch ? branch->as_graph() : nullptr;
}

}  // namespace jetline::check
