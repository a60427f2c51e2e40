#include "jetline/fix/evaluate_part.h"

#include <algorithm>
#include <set>

#include "jetline/graph/evaluate.h"

namespace jetline::fix {
namespace {

constexpr int64_t kPartWork = int64_t{1} << 31;  // of one node

// What the branches of an If take from around it.
void part_captured(const Node& n, std::vector<const Value*>& out) {
  for (const Graph* g : n.subgraphs()) {
    const auto take = [&](const Value* v) {
      for (const Graph* around = g->outer(); v && around; around = around->outer()) {
        if (v->graph() == around) out.push_back(v);
      }
    };
    for (const Value* v : g->outputs()) take(v);
    for (const auto& inner : g->nodes()) {
      for (const Value* v : inner->inputs()) take(v);
      part_captured(*inner, out);
    }
  }
}

// The branch that is taken, with what it captures.
Result<std::vector<Tensor>> part_branch(const Node& n, const Tensor& condition,
                                        const std::unordered_map<const Value*, Tensor>& known) {
  const bool taken = condition.count() == 1 && condition.bytes().size() == 1 && condition.at<uint8_t>(0) != 0;
  const Attribute* a = n.attribute(taken ? "then_branch" : "else_branch");
  if (!a || !a->as_graph()) return Status::negative("fix.not-comparable", "an If lacks a branch");
  EvaluateOptions limits;
  limits.max_work = kPartWork;
  return evaluate_graph(*a->as_graph(), known, limits);
}

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
    if (n->is("If")) part_captured(*n, pending);
    if (!n->is("If") && !n->subgraphs().empty() && !part_closed(*n))
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
    auto ran = n->is("If") && inputs[0] ? part_branch(*n, *inputs[0], known)
                                        : evaluate_node(*n, inputs, model.opset(n->domain()), limits);
    if (!ran.ok()) return ran.status();
    std::vector<Tensor>& out = *ran;
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
