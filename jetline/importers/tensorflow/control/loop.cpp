#include "jetline/importers/tensorflow/control/loop.h"

#include <algorithm>
#include <unordered_map>

#include "jetline/importers/tensorflow/control/needs.h"
#include "jetline/importers/tensorflow/control/subgraph.h"
#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

constexpr int kLoopRounds = 24;  // of learning, beyond two a variable

// Tells which argument of a function an output is, through Identity nodes.
class LoopPasses {
 public:
  explicit LoopPasses(const FunctionDef& f) : f_(f) {
    for (size_t i = 0; i < f.inputs.size(); ++i) arguments_.emplace(f.inputs[i].name, static_cast<int>(i));
    for (const NodeDef& n : f.nodes)
      if (n.op == "Identity" && !n.inputs.empty()) identities_.emplace(n.name, n.inputs[0]);
  }

  int argument(size_t output) const {  // -1: it is computed
    const auto ret = f_.ret.find(f_.outputs[output].name);
    std::string_view text = ret == f_.ret.end() ? std::string_view() : ret->second;
    for (int hops = 0; hops < 64; ++hops) {
      const InputRef ref = parse_input(text, true);
      const auto a = ref.output_name.empty() ? arguments_.find(ref.node) : arguments_.end();
      if (a != arguments_.end()) return a->second;
      const auto n = identities_.find(ref.node);
      if (n == identities_.end()) return -1;
      text = n->second;
    }
    return -1;
  }

 private:
  const FunctionDef& f_;
  std::unordered_map<std::string_view, int> arguments_;
  std::unordered_map<std::string_view, std::string_view> identities_;
};

class LoopBuild {
 public:
  LoopBuild(OpContext& c, const LoopFunctions& f, LoopForm& form) : c_(c), f_(f), form_(form) {}

  Status start(const std::vector<Symbol>& first, const std::vector<bool>& needed) {
    const FunctionDef* body = c_.converter().function(f_.body);
    if (!body) return c_.poisoned();
    const LoopPasses passes(*body);
    form_.vars.assign(first.size(), {});
    for (size_t i = 0; i < first.size(); ++i) {
      LoopVar& v = form_.vars[i];
      v.first = first[i];
      if (!needed[i]) continue;
      using Kind = Symbol::Kind;
      v.role = LoopVar::Role::kInvariant;
      if (passes.argument(i) == static_cast<int>(i)) continue;
      if (first[i].kind() == Kind::kTensor) {
        v.role = LoopVar::Role::kTensor;
        v.type = first[i].value()->type;
      } else if (first[i].kind() == Kind::kList) {
        v.role = LoopVar::Role::kList;
        if (first[i].list()->loop) first[i].list()->loop->content = true;
        if (first[i].list()->loop) return c_.poisoned();
      }
    }
    return Status();
  }

  // One conversion of body and condition; `again` when something was learnt.
  Status round(bool& again) {
    Converter& converter = c_.converter();
    again = false;
    form_.body = attach_body(converter, form_.node, "body");
    Graph& g = *form_.body;
    Converter::Into into(converter, g);
    form_.iteration =
        g.add_input(g.unique_name(c_.name() + "/iteration"), ValueType::tensor(DType::kI64, {}));
    form_.going = g.add_input(g.unique_name(c_.name() + "/going"), ValueType::tensor(DType::kBool, {}));
    std::vector<Symbol> arguments;
    std::vector<bool> wanted;
    for (size_t i = 0; i < form_.vars.size(); ++i) {
      arguments.push_back(enter(i));
      wanted.push_back(form_.vars[i].role == LoopVar::Role::kTensor ||
                       form_.vars[i].role == LoopVar::Role::kList);
    }
    std::vector<Symbol> after = converter.call(f_.body, arguments, c_.name(), wanted, &c_.node());
    if (!converter.failure().ok()) return c_.poisoned();
    for (size_t i = 0; i < form_.vars.size(); ++i) {
      if (!wanted[i]) after[i] = arguments[i];
      if (Status s = leave(i, after[i], again); !s.ok()) return s;
    }
    if (again) return Status();
    const std::vector<Symbol> test = converter.call(f_.cond, after, c_.name() + "/cond", {}, &c_.node());
    if (!converter.failure().ok() || test.size() != 1) return c_.poisoned();
    if (content_asked()) {
      again = true;
      return Status();
    }
    form_.goes_on = test[0].kind() == Symbol::Kind::kNone ? nullptr : truth(c_, test[0]);
    return form_.goes_on ? Status() : c_.poisoned();
  }

  bool content_asked() {
    bool any = false;
    for (LoopVar& v : form_.vars) {
      if (v.role != LoopVar::Role::kList || v.content || !v.list || !v.list->content) continue;
      v.content = any = true;
    }
    return any;
  }

 private:
  Symbol enter(size_t i) {
    LoopVar& v = form_.vars[i];
    Graph& g = *form_.body;
    v.in = v.next = v.scan = nullptr;
    v.places.clear();
    switch (v.role) {
      case LoopVar::Role::kUnneeded:
        return Symbol::unwanted();
      case LoopVar::Role::kInvariant:
        return v.first;
      case LoopVar::Role::kTensor:
        v.in = g.add_input(g.unique_name(c_.name() + "/" + std::to_string(i)), v.type);
        return Symbol(v.in);
      case LoopVar::Role::kList:
        break;
    }
    auto state = std::make_shared<ListState>(*v.first.list());
    state->elements.clear();
    state->length = state->stacked = nullptr;
    if (v.content) {
      v.in = g.add_input(g.unique_name(c_.name() + "/" + std::to_string(i)), v.type);
      state->stacked = v.in;
    } else {
      v.list = std::make_shared<LoopList>();
      v.list->variable = static_cast<int>(i);
      v.list->known_length = known_length(c_, *v.first.list());
      v.list->length = v.first.list()->length;
      if (v.list->known_length < 0 && v.first.list()->stacked)
        v.list->length = list_length(c_, *v.first.list());
      state->loop = v.list;
    }
    return Symbol::of(ListPtr(state));
  }

  Status leave(size_t i, const Symbol& s, bool& again) {
    LoopVar& v = form_.vars[i];
    if (v.role != LoopVar::Role::kTensor && v.role != LoopVar::Role::kList) return Status();
    if (s.kind() == Symbol::Kind::kNone) {
      if (!content_asked() && !again) return c_.poisoned();
      again = true;
      return Status();
    }
    if (v.role == LoopVar::Role::kTensor) {
      if (!s.is_tensor()) return c_.unsupported("a loop variable changes from a tensor to something else");
      return leave_tensor(v, s.value(), again);
    }
    if (s.kind() != Symbol::Kind::kList)
      return c_.unsupported("a loop variable changes from a list to something else");
    const ListPtr l = s.list();
    if (!v.content) {
      if (l->loop != v.list) {
        v.content = again = true;  // another list, or one made anew
      } else if (l->writes.empty()) {
        v.role = LoopVar::Role::kInvariant;
        again = true;
      }
      writes_.resize(form_.vars.size());
      writes_[i] = l;
      return Status();
    }
    Value* stack = nullptr;
    if (Status st = list_stack(c_, l, stack); !st.ok()) return st;
    return leave_tensor(v, stack, again);
  }

  Status leave_tensor(LoopVar& v, Value* next, bool& again) {
    if (next == v.in) {
      v.role = LoopVar::Role::kInvariant;
      again = true;
      return Status();
    }
    if (OpContext::dtype(next) != v.type.dtype)
      return c_.unsupported("a loop variable changes its element type");
    v.next = next;
    if (widen(v.type, next->type)) again = true;
    return Status();
  }

 public:
  // How each list that was only written to is carried.
  void lists(bool& again) {
    for (size_t i = 0; i < form_.vars.size(); ++i) {
      LoopVar& v = form_.vars[i];
      if (v.role != LoopVar::Role::kList || v.content) continue;
      const ListState& after = *writes_[i];
      const ListState& before = *v.first.list();
      const bool unwritten =
          list_form(before) == ListForm::kLength ||
          (list_form(before) == ListForm::kElements &&
           std::all_of(before.elements.begin(), before.elements.end(), [](const Value* e) { return !e; }));
      int64_t start = -1;
      if (unwritten && after.writes.size() == 1) {
        const auto& [index, item] = after.writes[0];
        const bool appended = !index && v.list->known_length == 0;
        if (appended || (index && form_.counter(c_, index, start) >= 0 && start == 0)) {
          v.scan = item;
          continue;
        }
      }
      bool constant = list_form(before) == ListForm::kElements;
      for (const auto& [index, item] : after.writes) {
        int64_t at = -1;
        constant = constant && index && c_.known_int(index, at) && at >= 0 &&
                   at < static_cast<int64_t>(before.elements.size());
        if (!constant) break;
        const auto same = std::find_if(v.places.begin(), v.places.end(),
                                       [at = at](const auto& p) { return p.first == at; });
        if (same == v.places.end())
          v.places.emplace_back(at, item);
        else
          same->second = item;
      }
      if (constant) continue;
      v.places.clear();
      v.content = again = true;
    }
  }

  // The stack of a list as it is before the first turn.
  Status stacks(Graph& around) {
    Converter::Into into(c_.converter(), around);
    for (LoopVar& v : form_.vars) {
      if (v.role != LoopVar::Role::kList || !v.content || v.first.list()->stacked) continue;
      Value* item = nullptr;
      for (const ListPtr& l : writes_)
        if (l && l->loop == v.list && !l->writes.empty()) item = l->writes.back().second;
      auto state = std::make_shared<ListState>(*v.first.list());
      if (item && item->type.has_shape) {
        Shape s{true, OpContext::dims(item)};
        if (!state->element_shape.known_rank) state->element_shape = s;
        for (size_t d = 0; d < s.dims.size() && d < state->element_shape.dims.size(); ++d)
          if (state->element_shape.dims[d] < 0) state->element_shape.dims[d] = s.dims[d];
      }
      Value* stack = nullptr;
      if (Status s = list_stack(c_, ListPtr(state), stack); !s.ok()) return s;
      state->elements.clear();
      state->length = nullptr;
      state->stacked = stack;
      v.first = Symbol::of(ListPtr(state));
      v.type = stack->type;
    }
    for (LoopVar& v : form_.vars)
      if (v.role == LoopVar::Role::kList && v.content && v.type.kind == ValueType::Kind::kUnknown)
        v.type = v.first.list()->stacked->type;
    return Status();
  }

 private:
  OpContext& c_;
  const LoopFunctions& f_;
  LoopForm& form_;
  std::vector<ListPtr> writes_;
};

}  // namespace

int LoopForm::counter(OpContext& c, const Value* v, int64_t& start) const {
  v = under_casts(v);
  for (size_t i = 0; i < vars.size(); ++i) {
    const LoopVar& x = vars[i];
    if (x.role != LoopVar::Role::kTensor || x.in != v || !x.next) continue;
    const Value* sum = under_casts(x.next);
    const Node* n = sum->producer();
    if (!n || !n->is("Add") || !c.known_int(x.first.value(), start)) return -1;
    for (size_t side : {0, 1}) {
      int64_t step = 0;
      if (under_casts(n->input(side)) == x.in && c.known_int(n->input(1 - side), step) && step == 1)
        return static_cast<int>(i);
    }
    return -1;
  }
  return -1;
}

Status build_loop(OpContext& c, const LoopFunctions& f, const std::vector<Symbol>& first,
                  const std::vector<bool>& needed, LoopForm& form) {
  Converter& converter = c.converter();
  Graph& around = converter.graph();
  form = LoopForm();
  LoopBuild build(c, f, form);
  if (Status s = build.start(first, needed); !s.ok()) return s;
  form.node = around.add_node("Loop", {});
  form.node->name = c.name();
  Status status;
  bool again = true;
  const size_t rounds = kLoopRounds + 2 * first.size();
  const std::vector<Unsupported> refused = converter.report().unsupported;
  for (size_t round = 0; again && status.ok(); ++round) {
    if (round == rounds)
      status = c.unsupported("what a loop carries changes in more ways than can be followed");
    if (status.ok()) status = build.stacks(around);
    if (!status.ok()) break;
    converter.report().unsupported = refused;  // of the round before, which is thrown away
    status = build.round(again);
    if (status.ok() && !again) build.lists(again);
  }
  if (status.ok()) return status;
  discard(converter, form.node);
  form.node = nullptr;
  return status;
}

}  // namespace jetline::tf
