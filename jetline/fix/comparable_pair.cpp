#include <algorithm>
#include <unordered_set>

#include "jetline/fix/compare.h"

namespace jetline::fix {
namespace {

// Values that come out of a node that engines do not know: plugins, and all behind them.
std::unordered_set<const Value*> pair_behind_plugins(const Model& m) {
  std::unordered_set<const Value*> behind;
  for (const auto& n : m.graph().nodes()) {
    const bool plugin = n->op().size() > 4 && n->op().compare(n->op().size() - 4, 4, "_TRT") == 0;
    const bool any = plugin || std::any_of(n->inputs().begin(), n->inputs().end(),
                                           [&](const Value* v) { return v && behind.count(v) > 0; });
    if (!any) continue;
    for (const Value* v : n->outputs()) {
      if (v) behind.insert(v);
    }
  }
  return behind;
}

// The model's outputs become these values, in this order.
Status pair_outputs(Model& m, const std::vector<std::string>& names) {
  Graph& g = m.graph();
  while (!g.outputs().empty()) g.remove_output(g.outputs().size() - 1);
  for (const std::string& name : names) {
    Value* v = g.find(name);
    if (!v) return Status::internal("fix.not-comparable", "'" + name + "' is not in both models");
    g.add_output(v);
  }
  g.remove_dead();
  return Status();
}

Status pair_inputs(Model& before, Model& after) {
  Graph& g = after.graph();
  for (Value* v : before.graph().free_inputs()) {
    Value* w = g.find(v->name());
    if (!w || !w->is_input()) continue;  // nothing reads it any more
    for (size_t i = 0; i < v->type.shape.size() && i < w->type.shape.size(); ++i) {
      if (!v->type.shape[i].known()) v->type.shape[i] = w->type.shape[i];
    }
    if (v->type.dtype == w->type.dtype) continue;
    // The later model reads the same numbers through a Cast.
    const std::string name = w->name();
    const DType wanted = w->type.dtype;
    Node* first = g.nodes().empty() ? nullptr : g.nodes().front().get();
    Node* cast = g.add_node("Cast", {}, first);
    cast->set_attribute(Attribute("to", static_cast<int64_t>(wanted)));
    Value* y = cast->add_output(g.unique_name(name + "/as_before"));
    y->type = w->type;
    g.replace_all_uses(w, y);
    w->type.dtype = v->type.dtype;
    cast->set_input(0, w);
  }
  return Status();
}

}  // namespace

Result<ComparablePair> comparable_pair(const Model& before, const Model& after) {
  ComparablePair pair{before.clone(), after.clone(), true};
  const auto behind = pair_behind_plugins(*pair.after);
  std::vector<std::string> names;
  std::unordered_set<const Value*> seen;
  const auto add = [&](const Value* v) {
    if (std::find(names.begin(), names.end(), v->name()) == names.end()) names.push_back(v->name());
  };
  std::vector<const Value*> pending(pair.after->graph().outputs().rbegin(),
                                    pair.after->graph().outputs().rend());
  const std::vector<const Value*> outputs = pending;
  while (!pending.empty()) {
    const Value* v = pending.back();
    pending.pop_back();
    if (!seen.insert(v).second || v->initializer() || !v->producer()) continue;
    const Value* w = pair.before->graph().find(v->name());
    const bool output = std::find(outputs.begin(), outputs.end(), v) != outputs.end();
    const bool number = v->type.dtype == DType::kF32 || v->type.dtype == DType::kF16 || output;
    if (w && !w->initializer() && w->producer() && !behind.count(v) && number) {
      add(v);
      continue;
    }
    pair.whole = pair.whole && !output;
    for (const Value* in : v->producer()->inputs()) {
      if (in) pending.push_back(in);
    }
  }
  if (names.empty()) return Status::negative("fix.not-comparable", "the models have no values in common");
  JETLINE_RETURN_IF_ERROR(pair_outputs(*pair.before, names));
  JETLINE_RETURN_IF_ERROR(pair_outputs(*pair.after, names));
  JETLINE_RETURN_IF_ERROR(pair_inputs(*pair.before, *pair.after));
  return pair;
}

}  // namespace jetline::fix
