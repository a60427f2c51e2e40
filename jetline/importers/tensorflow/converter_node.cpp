// Converting one node: calls and variables here, everything else by its rule.
#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

bool node_is_variable(std::string_view op) {
  return op == "VariableV2" || op == "Variable" || op == "AutoReloadVariable";
}

std::shared_ptr<Resource> node_resource(const NodeDef& n, const std::string& name) {
  auto r = std::make_shared<Resource>();
  r->kind = Resource::Kind::kVariable;
  r->node = name;
  if (const Attr* a = n.attr("shared_name")) r->shared_name = std::string(a->as_string());
  if (const Attr* a = n.attr("dtype")) r->dtype = a->as_type();
  if (const Attr* a = n.attr("shape")) r->shape = a->as_shape();
  return r;
}

}  // namespace

Value* Converter::variable(const Resource& r, const NodeDef* node) {
  read_.insert(r.node);
  const auto known = variables_.find(r.node);
  if (known != variables_.end()) return known->second;
  NodeDef made;
  if (!node) {
    made.name = r.node;
    made.op = "VarHandleOp";
  }
  Result<Tensor> t = state_.variable
                         ? state_.variable(node ? *node : made)
                         : Result<Tensor>(Status::bad_input("tf.variable-missing", "there is no checkpoint"));
  if (!t.ok()) {
    fail(t.status());
    return nullptr;
  }
  std::string base = r.shared_name.empty() ? r.node : r.shared_name;
  Value* v = model_.graph().add_initializer(model_.graph().unique_name(base), std::move(t).value());
  v->type = ValueType::tensor(v->initializer()->dtype(), {});
  for (int64_t d : v->initializer()->dims()) v->type.shape.emplace_back(d);
  variables_.emplace(r.node, v);
  return v;
}

void Converter::node(const NodeDef& n, const std::vector<Symbol>& inputs, const std::string& name,
                     const std::vector<bool>& wanted, std::vector<Symbol>& results) {
  results.assign(wanted.size(), Symbol());
  // Loops within loops are converted several times over; what comes of that is bounded here.
  if (static_cast<int64_t>(model_.graph().node_count()) > options_.max_nodes ||
      ++converted_ > options_.max_nodes) {
    return fail(Status::bad_input(
        "tf.too-many", "the model needs more than " + std::to_string(options_.max_nodes) + " ONNX nodes",
        "a loop is laid out too often, or the file is damaged"));
  }
  bool dead = false;
  for (const Symbol& s : inputs) {
    if (s.kind() == Symbol::Kind::kNone) return;  // reported where it arose
    dead = dead || s.kind() == Symbol::Kind::kDead;
  }
  if (dead && n.op != "Merge" && n.op != "RefMerge") {
    results.assign(wanted.size(), Symbol::dead());
    return;
  }
  if (const FunctionDef* f = callee(n)) {
    ++report_.ops[std::string(n.op)];
    std::vector<bool> want = wanted;
    want.resize(f->outputs.size(), false);
    results = call(f->name, inputs, name, want, &n);
    return;
  }
  if (n.op == "VarHandleOp") {
    ++report_.ops["VarHandleOp"];
    auto r = node_resource(n, name);
    if (variables_.find(name) == variables_.end()) handles_.emplace(name, n);
    results[0] = Symbol::of(std::shared_ptr<const Resource>(r));
    return;
  }
  if (node_is_variable(n.op)) {
    ++report_.ops[std::string(n.op)];
    results[0] = Symbol(variable(*node_resource(n, name), &n));
    return;
  }
  if (n.op == "ReadVariableOp" || n.op == "_ReadVariablesOp") {
    for (size_t i = 0; i < inputs.size() && i < results.size(); ++i) {
      const auto r = inputs[i].resource();
      if (!r || r->kind != Resource::Kind::kVariable) {
        return refuse(n, name, "reads something that is no variable", "");
      }
      const auto handle = handles_.find(r->node);
      results[i] = Symbol(variable(*r, handle == handles_.end() ? nullptr : &handle->second));
    }
    ++report_.ops[std::string(n.op)];
    return;
  }
  if (n.op == "Placeholder" || n.op == "PlaceholderV2")
    return refuse(n, name, "is an input that was not named", "name it with --inputs");
  const OpRule* rule = find_rule(n.op);
  if (!rule)
    return refuse(n, name, "no such operator is known", "ask for it, or leave that part out of the export");
  if (!rule->convert) return refuse(n, name, rule->note, "");
  OpContext context(*this, n, inputs, name);
  context.set_wanted(&wanted);
  const Status s = rule->convert(context);
  if (!s.ok()) {
    if (s.id() == "tf.poisoned") return;  // reported where it arose
    if (s.id() == "tf.unsupported-form" || s.id() == "tf.opset-too-low")
      return refuse(n, name, s.message(), s.hint());
    return fail(s.at(name));
  }
  ++report_.ops[std::string(n.op)];
  std::vector<Symbol>& got = context.results();
  for (size_t i = 0; i < results.size(); ++i) {
    if (i < got.size() && got[i].kind() != Symbol::Kind::kNone) {
      results[i] = got[i];
    } else if (wanted[i] && failure_.ok()) {
      refuse(n, name, "output " + std::to_string(i) + " has no form in ONNX", "");
    }
  }
}

}  // namespace jetline::tf
