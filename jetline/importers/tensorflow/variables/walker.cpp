#include "jetline/importers/tensorflow/variables/walker.h"

#include <unordered_set>

namespace jetline::tf::walk {
namespace {

// Operators whose output is their input of the same number, or their first, perhaps in another type or shape.
bool walk_passes(std::string_view op) {
  static const std::unordered_set<std::string_view> kOps = {
      "Identity", "IdentityN",   "Cast",          "Reshape",         "StopGradient",
      "Snapshot", "EnsureShape", "CheckNumerics", "PreventGradient", "PlaceholderWithDefault",
      "Squeeze",  "ExpandDims"};
  return kOps.count(op) > 0;
}

bool walk_is_call(std::string_view op) {
  return op == "StatefulPartitionedCall" || op == "PartitionedCall";
}

// The text of data input i; empty when there is none.
std::string_view walk_input(const NodeDef& node, size_t i) {
  for (std::string_view input : node.inputs) {
    if (!input.empty() && input[0] == '^') continue;
    if (i-- == 0) return input;
  }
  return {};
}

}  // namespace

Walker::Walker(const MetaGraph& meta) : library_(meta.library) {
  Scope main;
  main.nodes = &meta.graph.nodes;
  main.names = names_of(nullptr, meta.graph.nodes);
  scopes_.push_back(main);
}

const Names* Walker::names_of(const FunctionDef* function, const std::vector<NodeDef>& nodes) {
  std::unique_ptr<Names>& names = names_[function];
  if (names) return names.get();
  names = std::make_unique<Names>();
  for (const NodeDef& n : nodes) names->nodes.emplace(n.name, &n);
  for (size_t i = 0; function && i < function->inputs.size(); ++i) {
    names->arguments.emplace(function->inputs[i].name, i);
  }
  return names.get();
}

const NodeDef* Walker::main_node(std::string_view name) const {
  const auto at = main().names->nodes.find(name);
  return at == main().names->nodes.end() ? nullptr : at->second;
}

const Scope* Walker::enter(const Scope& scope, const NodeDef& call) {
  if (!walk_is_call(call.op) || scope.depth >= kMaxDepth) return nullptr;
  const auto known = entered_[&scope].find(&call);
  if (known != entered_[&scope].end()) return known->second;
  const Attr* f = call.attr("f");
  if (!f || scopes_.size() >= kMaxScopes) return nullptr;
  const Result<const FunctionDef*> function = library_.find(f->as_func().name);
  if (!function.ok() || !*function) return nullptr;
  Scope inner;
  inner.nodes = &(*function)->nodes;
  inner.names = names_of(*function, (*function)->nodes);
  inner.function = *function;
  inner.call = &call;
  inner.parent = &scope;
  inner.depth = scope.depth + 1;
  scopes_.push_back(inner);
  return entered_[&scope][&call] = &scopes_.back();
}

End Walker::source(const Scope& from, const NodeDef& node, size_t i) {
  const Scope* scope = &from;
  std::string_view input = walk_input(node, i);
  for (int step = 0; step < kMaxSteps && !input.empty(); ++step) {
    const InputRef ref = parse_input(input, scope->function != nullptr);
    const auto at = scope->names->nodes.find(ref.node);
    if (at == scope->names->nodes.end()) {
      const auto argument = scope->names->arguments.find(ref.node);
      if (argument == scope->names->arguments.end() || !scope->call) break;
      input = walk_input(*scope->call, argument->second);
      scope = scope->parent;
      continue;
    }
    const NodeDef& n = *at->second;
    if (walk_passes(n.op)) {
      input = walk_input(n, n.op == "IdentityN" ? static_cast<size_t>(ref.index) : 0);
    } else if (const Scope* inner = enter(*scope, n)) {
      const size_t output = static_cast<size_t>(ref.index);
      if (output >= inner->function->outputs.size()) break;
      const auto ret = inner->function->ret.find(inner->function->outputs[output].name);
      if (ret == inner->function->ret.end()) break;
      input = ret->second;
      scope = inner;
    } else {
      return {scope, &n, ref.index};
    }
  }
  return {};
}

void Walker::each(const std::vector<const NodeDef*>& roots,
                  const std::function<void(const Scope&, const NodeDef&)>& visit) {
  std::unordered_set<const NodeDef*> seen;
  std::vector<const NodeDef*> stack;
  const auto push = [&](const NodeDef* n) {
    if (n && seen.insert(n).second) stack.push_back(n);
  };
  for (const NodeDef* root : roots) push(root);
  std::unordered_set<const Scope*> entered;
  std::vector<const Scope*> calls;
  const auto visit_one = [&](const Scope& scope, const NodeDef& n) {
    visit(scope, n);
    const Scope* inner = enter(scope, n);
    if (inner && entered.insert(inner).second) calls.push_back(inner);
  };
  while (!stack.empty()) {
    const NodeDef* n = stack.back();
    stack.pop_back();
    visit_one(main(), *n);
    for (std::string_view input : n->inputs) push(main_node(parse_input(input, false).node));
  }
  while (!calls.empty()) {
    const Scope* scope = calls.back();
    calls.pop_back();
    for (const NodeDef& n : *scope->nodes) visit_one(*scope, n);
  }
}

}  // namespace jetline::tf::walk
