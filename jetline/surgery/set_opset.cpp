#include "jetline/surgery/set_opset.h"

#include <map>
#include <unordered_map>

#include "jetline/graph/graph_walk.h"

namespace jetline::surgery {
namespace {

constexpr int64_t kLowestIr = 4, kHighestIr = 13;

std::string opset_op_name(const Node& n) {
  return n.domain().empty() ? n.op() : n.domain() + "." + n.op();
}

// What a rewriting changes of a node that stays.
std::string signature(const Node& n) {
  std::string s = opset_op_name(n) + "(" + std::to_string(n.inputs().size()) + ")";
  for (const Attribute& a : n.attributes()) {
    s += " " + a.name();
    if (const int64_t* i = a.as_int()) s += "=" + std::to_string(*i);
    if (const std::string* t = a.as_string()) s += "=" + *t;
  }
  return s;
}

struct Snapshot {
  std::map<std::string, int> counts;
  std::unordered_map<const Node*, std::pair<std::string, std::string>> nodes;  // operator, signature
};

Snapshot take_snapshot(const Model& model) {
  Snapshot s;
  for_each_graph(model, [&](const Graph& g) {
    for (const auto& n : g.nodes()) {
      ++s.counts[opset_op_name(*n)];
      s.nodes[n.get()] = {opset_op_name(*n), signature(*n)};
    }
  });
  return s;
}

Status check_ir(const Model& model, int64_t ir) {
  std::string why;
  if (ir < kLowestIr || ir > kHighestIr) {
    why = "IR versions go from " + std::to_string(kLowestIr) + " to " + std::to_string(kHighestIr);
  } else if (ir < 8 && !model.functions.empty()) {
    why = "the model defines functions, which IR version 8 introduced";
  }
  if (why.empty()) return Status();
  return Status::usage("surgery.ir", "IR version " + std::to_string(ir) + " is not possible: " + why);
}

}  // namespace

Result<SetOpsetResult> set_opset(Model& model, const SetOpsetOptions& options,
                                 std::vector<passes::OpsetProblem>* problems) {
  if (options.ir != 0) JETLINE_RETURN_IF_ERROR(check_ir(model, options.ir));
  SetOpsetResult result;
  result.opset_before = model.opset();
  result.ir_before = model.ir_version;
  const Snapshot before = take_snapshot(model);
  if (options.opset != 0) JETLINE_RETURN_IF_ERROR(passes::convert_opset(model, options.opset, problems));
  if (options.ir != 0) model.ir_version = options.ir;
  result.opset_after = model.opset();
  result.ir_after = model.ir_version;
  const Snapshot after = take_snapshot(model);
  std::map<std::string, OpsetChange> changes;
  for (const auto& [op, n] : before.counts) changes[op].before = n;
  for (const auto& [op, n] : after.counts) changes[op].after = n;
  for (const auto& [node, now] : after.nodes) {
    const auto then = before.nodes.find(node);  // nodes that stay keep their address
    if (then == before.nodes.end() || then->second.first != now.first) continue;
    if (then->second.second != now.second) ++changes[now.first].rewritten;
  }
  for (auto& [op, change] : changes) {
    change.op = op;
    if (change.before != change.after || change.rewritten > 0) result.changes.push_back(change);
  }
  return result;
}

}  // namespace jetline::surgery
