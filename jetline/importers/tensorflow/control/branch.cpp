// If and Case. A condition that is known while converting leaves one branch, and no trace.
#include "jetline/importers/tensorflow/control/branch.h"

#include "jetline/importers/tensorflow/control/list.h"
#include "jetline/importers/tensorflow/control/rules.h"
#include "jetline/importers/tensorflow/control/subgraph.h"
#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

// Collects the pairs of values that become outputs of the If, and how the results are put together from them.
class BranchJoin {
 public:
  BranchJoin(OpContext& c, Node* node) : c_(c), node_(node) {}

  Status pair(const Symbol& a, const Symbol& b, Symbol& out) {
    using Kind = Symbol::Kind;
    if (a.kind() == Kind::kNone || b.kind() == Kind::kNone) return c_.poisoned();
    if (a.kind() != b.kind()) return c_.unsupported("the branches give different kinds of things");
    switch (a.kind()) {
      case Kind::kTensor: {
        Value* v = nullptr;
        Status s = value(a.value(), b.value(), v);
        out = Symbol(v);
        return s;
      }
      case Kind::kList:
        return list(*a.list(), *b.list(), out);
      case Kind::kStrings:
        if (a.strings()->dims() == b.strings()->dims() && a.strings()->strings() == b.strings()->strings()) {
          out = a;
          return Status();
        }
        return c_.unsupported("the branches give different strings");
      case Kind::kResource:
        if (a.resource() == b.resource() || a.resource()->node == b.resource()->node) {
          out = a;
          return Status();
        }
        return c_.unsupported("the branches give different variables or tables");
      default:
        out = a;
        return Status();
    }
  }

  void finish(Graph& then_graph, Graph& else_graph) {
    for (const auto& [a, b] : pairs_) {
      add_body_output(c_.converter(), then_graph, a);
      add_body_output(c_.converter(), else_graph, b);
    }
  }
  bool empty() const { return pairs_.empty(); }

 private:
  Status value(Value* a, Value* b, Value*& out) {
    if (a == b && visible(a)) {
      out = a;
      return Status();
    }
    if (OpContext::dtype(a) != OpContext::dtype(b))
      return c_.unsupported("the branches give different element types");
    pairs_.emplace_back(a, b);
    out = node_->add_output(node_->graph()->unique_name(c_.name()));
    out->type = common_type(a->type, b->type);
    return Status();
  }

  Status list(const ListState& a, const ListState& b, Symbol& out) {
    auto l = std::make_shared<ListState>(a);
    const ListForm form = list_form(a);
    if (form == ListForm::kLoop || list_form(b) == ListForm::kLoop) {
      if (a.loop == b.loop && a.writes == b.writes) {
        out = Symbol::of(ListPtr(l));
        return Status();
      }
      if (a.loop) a.loop->content = true;
      if (b.loop) b.loop->content = true;
      return c_.poisoned();
    }
    const bool alike = form == list_form(b) && a.elements.size() == b.elements.size();
    if (!alike) return c_.unsupported("the branches give lists of different lengths");
    for (size_t i = 0; i < a.elements.size(); ++i) {
      if (!a.elements[i] && !b.elements[i]) continue;
      if (!a.elements[i] || !b.elements[i])
        return c_.unsupported("one branch writes an element of a list and the other does not");
      if (Status s = value(a.elements[i], b.elements[i], l->elements[i]); !s.ok()) return s;
    }
    if (a.stacked)
      if (Status s = value(a.stacked, b.stacked, l->stacked); !s.ok()) return s;
    if (a.length && a.length != b.length)
      return c_.unsupported("the branches give lists of different lengths");
    out = Symbol::of(ListPtr(l));
    return Status();
  }

  // Whether a value both sides share comes from outside of them.
  bool visible(const Value* v) const {
    for (const Graph* g = node_->graph(); g; g = g->outer())
      if (v->graph() == g) return true;
    return false;
  }

  OpContext& c_;
  Node* node_;
  std::vector<std::pair<Value*, Value*>> pairs_;
};

Status branch_results(OpContext& c, const std::vector<Symbol>& results) {
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].kind() == Symbol::Kind::kUnwanted) continue;
    if (results[i].kind() == Symbol::Kind::kNone && c.wanted(i)) return c.poisoned();
    if (Status s = c.set(i, results[i]); !s.ok()) return s;
  }
  return Status();
}

std::vector<Symbol> branch_arguments(OpContext& c) {
  std::vector<Symbol> out;
  for (size_t i = 1; i < c.inputs(); ++i) out.push_back(c.in(i));
  return out;
}

// Wanted outputs of the node, as many as the function has.
std::vector<bool> branch_wanted(OpContext& c, std::string_view function) {
  const FunctionDef* f = c.converter().function(function);
  std::vector<bool> w(f ? f->outputs.size() : 0, true);
  for (size_t i = 0; i < w.size(); ++i) w[i] = c.wanted(i);
  return w;
}

std::vector<Symbol> branch_call(OpContext& c, std::string_view function) {
  return c.converter().call(function, branch_arguments(c), c.name(), branch_wanted(c, function), &c.node());
}

Status branch_choice(OpContext& c, Value* index, const std::vector<std::string_view>& functions, size_t first,
                     std::vector<Symbol>& out) {
  if (first + 1 == functions.size()) {
    out = branch_call(c, functions[first]);
    return Status();
  }
  Value* here = c.emit("Equal", {c.to_i64(index), c.int_scalar(static_cast<int64_t>(first))});
  Status inner;
  const Status s = join_branches(
      c, here, [&] { return branch_call(c, functions[first]); },
      [&] {
        std::vector<Symbol> rest;
        inner = branch_choice(c, index, functions, first + 1, rest);
        return rest;
      },
      branch_wanted(c, functions[first]), out);
  return inner.ok() ? s : inner;
}

Status convert_if(OpContext& c) {
  const Attr* then_attr = c.attr("then_branch");
  const Attr* else_attr = c.attr("else_branch");
  if (!then_attr || !else_attr) return Status::bad_input("tf.malformed", "an If lacks a branch");
  const std::string_view then_name = then_attr->as_func().name, else_name = else_attr->as_func().name;
  Value* condition = truth(c, c.in(0));
  if (!condition) return c.wrong_input(0);
  int64_t known = 0;
  if (c.known_int(condition, known)) return branch_results(c, branch_call(c, known ? then_name : else_name));
  std::vector<Symbol> out;
  const Status s = join_branches(
      c, condition, [&] { return branch_call(c, then_name); }, [&] { return branch_call(c, else_name); },
      branch_wanted(c, then_name), out);
  return s.ok() ? branch_results(c, out) : s;
}

Status convert_case(OpContext& c) {
  const Attr* attr = c.attr("branches");
  std::vector<std::string_view> functions;
  if (attr)
    for (const FunctionRef& f : attr->funcs()) functions.push_back(f.name);
  if (functions.empty() || functions.size() > 64)
    return Status::bad_input("tf.malformed", "a Case has " + std::to_string(functions.size()) + " branches");
  Value* index = c.tensor(0);
  if (!index) return c.wrong_input(0);
  int64_t known = 0;
  if (c.known_int(index, known)) {
    const auto n = static_cast<int64_t>(functions.size());
    const int64_t at = known < 0 || known >= n ? n - 1 : known;  // the last branch is the default
    return branch_results(c, branch_call(c, functions[static_cast<size_t>(at)]));
  }
  std::vector<Symbol> out;
  Value* scalar = OpContext::rank(index) == 0 ? index : c.reshape(index, {});
  const Status s = branch_choice(c, scalar, functions, 0, out);
  return s.ok() ? branch_results(c, out) : s;
}

}  // namespace

Status join_branches(OpContext& c, Value* condition, const std::function<std::vector<Symbol>()>& then_side,
                     const std::function<std::vector<Symbol>()>& else_side, const std::vector<bool>& wanted,
                     std::vector<Symbol>& out) {
  Converter& converter = c.converter();
  Node* node = converter.graph().add_node("If", {condition});
  node->name = c.name();
  Graph* then_graph = attach_body(converter, node, "then_branch");
  Graph* else_graph = attach_body(converter, node, "else_branch");
  std::vector<Symbol> a, b;
  {
    Converter::Into into(converter, *then_graph);
    a = then_side();
  }
  if (converter.failure().ok()) {
    Converter::Into into(converter, *else_graph);
    b = else_side();
  }
  BranchJoin join(c, node);
  Status status;
  if (!converter.failure().ok()) status = c.poisoned();
  if (status.ok() && a.size() != b.size())
    status = Status::bad_input("tf.malformed", "the branches give different numbers of results");
  out.assign(a.size(), Symbol::unwanted());
  for (size_t i = 0; i < a.size() && status.ok(); ++i)
    if (i >= wanted.size() || wanted[i]) status = join.pair(a[i], b[i], out[i]);
  if (status.ok()) join.finish(*then_graph, *else_graph);
  if (!status.ok() || join.empty()) {
    discard(converter, node);
    return status;
  }
  node->name = node->outputs()[0]->name();  // runtimes want names of nodes to be unique
  node->graph()->move_before(node, nullptr);
  return Status();
}

Span<const OpRule> branch_rules() {
  static const OpRule kRules[] = {
      {"Case", convert_case, "output*Tout[]", "one branch where the index is known, else nested ONNX If"},
      {"If", convert_if, "output*Tout[]", "one branch where the condition is known, else ONNX If"},
      {"StatelessCase", convert_case, "output*Tout[]",
       "one branch where the index is known, else nested ONNX If"},
      {"StatelessIf", convert_if, "output*Tout[]", "one branch where the condition is known, else ONNX If"},
  };
  return {kRules, sizeof kRules / sizeof *kRules};
}

}  // namespace jetline::tf
