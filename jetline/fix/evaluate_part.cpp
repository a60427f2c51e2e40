#include "jetline/fix/evaluate_part.h"

#include <algorithm>
#include <set>

#include "jetline/graph/evaluate.h"

namespace jetline::fix {
namespace {

constexpr int64_t kPartWork = int64_t{1} << 31;  // of one node

// Whether the node's subgraphs take nothing from outside but constants.
bool part_closed(const Node& n) {
  for (const Graph* g : n.subgraphs()) {
    for (const auto& inner : g->nodes()) {
      if (!inner->subgraphs().empty()) return false;
      for (const Value* v : inner->inputs()) {
        if (v && v->graph() != g && !v->is_constant()) return false;
      }
    }
  }
  return true;
}

}  // namespace

Result<std::vector<Tensor>> evaluate_part(const Model& model, const std::vector<const Value*>& wanted,
                                          const PartFeed& feed,
                                          std::unordered_map<const Value*, Tensor>& known) {
  std::vector<const Value*> pending = wanted;
  std::set<const Node*> nodes;
  while (!pending.empty()) {
    const Value* v = pending.back();
    pending.pop_back();
    if (known.count(v) || v->is_constant()) continue;
    if (std::optional<Result<Tensor>> given = feed(*v)) {
      if (!given->ok()) return given->status();
      known.emplace(v, std::move(**given));
      continue;
    }
    const Node* n = v->producer();
    if (!n) return Status::negative("fix.not-comparable", "needs the input '" + v->name() + "'");
    if (!nodes.insert(n).second) continue;
    if (!n->subgraphs().empty() && !part_closed(*n))
      return Status::negative("fix.not-comparable", "'" + v->name() + "' is computed in a subgraph");
    for (const Value* in : n->inputs()) {
      if (in) pending.push_back(in);
    }
  }
  EvaluateOptions limits;
  limits.max_work = kPartWork;
  for (const auto& n : model.graph().nodes()) {
    if (!nodes.count(n.get())) continue;
    std::vector<const Tensor*> inputs;
    for (const Value* in : n->inputs()) {
      const auto it = in ? known.find(in) : known.end();
      inputs.push_back(!in ? nullptr : it != known.end() ? &it->second : in->initializer());
      if (in && !inputs.back())
        return Status::negative("fix.not-comparable", "'" + in->name() + "' is not known");
    }
    JETLINE_ASSIGN_OR_RETURN(std::vector<Tensor> out,
                             evaluate_node(*n, inputs, model.opset(n->domain()), limits));
    for (size_t i = 0; i < n->outputs().size() && i < out.size(); ++i) {
      // What was given stays what it is.
      if (n->output(i)) known.emplace(n->output(i), std::move(out[i]));
    }
  }
  std::vector<Tensor> results;
  for (const Value* v : wanted) {
    const auto it = known.find(v);
    if (it == known.end() && !v->is_constant())
      return Status::negative("fix.not-comparable", "'" + v->name() + "' was not computed");
    results.push_back(it != known.end() ? it->second : *v->initializer());
  }
  return results;
}

}  // namespace jetline::fix
