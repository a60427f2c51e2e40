#include "jetline/check/inline_calls.h"

#include <unordered_set>
#include <vector>

#include "jetline/graph/function_call.h"

namespace jetline::check {
namespace {

constexpr size_t kMaxInlinedNodes = 200000;
constexpr int kMaxInlineRounds = 16;         // depth of functions that call functions
constexpr size_t kMaxInlineSteps = 1000000;  // looking for functions that call themselves

// Functions that reach themselves through calls; ONNX forbids them.
bool inline_calls_itself(const Model& model, const ModelFunction& f) {
  std::unordered_set<const ModelFunction*> seen;
  std::vector<const Graph*> open = {f.body.get()};
  size_t steps = 0;
  while (!open.empty()) {
    const Graph* g = open.back();
    open.pop_back();
    for (const auto& n : g->nodes()) {
      if (++steps > kMaxInlineSteps) return true;
      for (const Graph* body : n->subgraphs()) open.push_back(body);
      const ModelFunction* called = model.function(*n);
      if (called == &f) return true;
      if (called && seen.insert(called).second) open.push_back(called->body.get());
    }
  }
  return false;
}

struct InlineWalk {
  Model& model;
  const targets::Catalog& catalog;
  NodeOpsets& opsets;
  size_t budget;
  int done;

  std::unordered_map<const ModelFunction*, bool> recursive;

  bool calls_itself(const ModelFunction& f) {
    const auto [at, fresh] = recursive.try_emplace(&f, false);
    if (fresh) at->second = inline_calls_itself(model, f);
    return at->second;
  }

  bool by_importer(const Node& n) const {
    const targets::OperatorKnowledge* k = catalog.find_operator("", n.op());
    return k && !k->importers.empty();
  }

  void put(Graph& g, Node& call, const ModelFunction& f) {
    std::unordered_map<const Value*, Value*> map;
    for (size_t i = 0; i < f.body->inputs().size(); ++i) map[f.body->inputs()[i]] = call.input(i);
    for (const Value* v : f.body->initializers()) {
      if (v->initializer()) map[v] = g.add_initializer(g.unique_name(v->name()), *v->initializer());
    }
    for (const auto& n : f.body->nodes()) {
      Node* copy = g.clone_node(*n, map, &call);
      for (size_t i = 0; i < n->outputs().size(); ++i) {
        if (n->outputs()[i]) map[n->outputs()[i]] = copy->outputs()[i];
      }
      resolve_references(*copy, call, f);
      copy->name = (call.name.empty() ? call.op() : call.name) + "/" + (n->name.empty() ? n->op() : n->name);
      for (const OpsetImport& o : f.opsets) {
        if (o.domain == copy->domain() && o.version != model.opset(o.domain)) opsets[copy] = o.version;
      }
    }
    for (size_t i = 0; i < call.outputs().size() && i < f.body->outputs().size(); ++i) {
      Value* old = call.outputs()[i];
      const auto at = map.find(f.body->outputs()[i]);
      if (!old || at == map.end() || !at->second) continue;
      Value* now = at->second;
      // An output of the graph keeps its name, which needs a producer of its own here.
      if (old->is_output() && (now->is_output() || !now->producer() || now->graph() != &g)) {
        now = g.add_op("Identity", {now}, old->name(), &call);
      }
      if (!old->is_output() || !g.replace_and_keep_name(old, now).ok()) g.replace_all_uses(old, now);
    }
    opsets.erase(&call);
    if (g.remove(&call).ok()) ++done;
  }

  // One round over a graph: calls found in bodies that were put in place wait for the next.
  bool round(Graph& g) {
    bool changed = false;
    for (Node* n : g.node_list()) {
      for (Graph* body : n->subgraphs()) changed = round(*body) || changed;
      const ModelFunction* f = model.function(*n);
      if (!f || by_importer(*n) || calls_itself(*f)) continue;
      if (f->body->node_count() + 1 > budget) continue;
      budget -= f->body->node_count() + 1;
      put(g, *n, *f);
      changed = true;
    }
    return changed;
  }
};

}  // namespace

InlinedModel inline_calls(const Model& model, const targets::Catalog& catalog) {
  InlinedModel out;
  if (model.functions.empty()) return out;
  out.model = model.clone();
  InlineWalk walk{*out.model, catalog, out.opsets, kMaxInlinedNodes, 0, {}};
  for (int i = 0; i < kMaxInlineRounds && walk.round(out.model->graph()); ++i) continue;
  if (walk.done == 0) out.model.reset();
  return out;
}

}  // namespace jetline::check
