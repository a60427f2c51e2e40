// Assignments: those of the restore graph say under which key a variable is stored, the others how it begins.
#include "jetline/importers/tensorflow/variables/state.h"

namespace jetline::tf {
namespace {

bool restore_is_assign(std::string_view op) {
  return op == "Assign" || op == "AssignVariableOp";
}

// Which elements of RestoreV2's name and slice lists an output has; the older operators have one.
bool restore_is_restore(std::string_view op) {
  return op == "RestoreV2" || op == "Restore" || op == "RestoreSlice";
}

using RestoreTexts = std::unordered_map<const NodeDef*, std::vector<std::string>>;

// The texts of a constant, kept as a list of a thousand names is asked for a thousand times.
const std::vector<std::string>* restore_texts(const NodeDef* constant, RestoreTexts& cache) {
  if (!constant || constant->op != "Const") return nullptr;
  const auto known = cache.find(constant);
  if (known != cache.end()) return &known->second;
  const Attr* value = constant->attr("value");
  Result<Tensor> tensor = value ? value->as_tensor() : Result<Tensor>(Tensor());
  return &(cache[constant] = tensor.ok() ? tensor->strings() : std::vector<std::string>());
}

}  // namespace

void VariableSource::State::find_restored() {
  std::vector<const NodeDef*> roots;
  // "save/restore_all" in TensorFlow 1, "StatefulPartitionedCall_2:0" or without the number in 2.
  const NodeDef* restore_op = walker.main_node(parse_input(meta.restore_op, false).node);
  if (restore_op) {
    roots.push_back(restore_op);
  } else {
    for (const NodeDef& n : meta.graph.nodes) {
      if (restore_is_assign(n.op)) roots.push_back(&n);
    }
  }
  RestoreTexts texts;
  walker.each(roots, [&](const walk::Scope& scope, const NodeDef& assign) {
    if (!restore_is_assign(assign.op)) return;
    const walk::End variable = walker.source(scope, assign, 0), value = walker.source(scope, assign, 1);
    if (!variable.node || !value.node || !is_variable_op(variable.node->op) ||
        !restore_is_restore(value.node->op)) {
      return;
    }
    const auto* names = restore_texts(walker.source(*value.scope, *value.node, 1).node, texts);
    const auto* slices = value.node->op == "Restore"
                             ? nullptr
                             : restore_texts(walker.source(*value.scope, *value.node, 2).node, texts);
    const size_t i = static_cast<size_t>(value.output);
    if (!names || i >= names->size()) return;
    Stored stored{(*names)[i], slices && i < slices->size() ? (*slices)[i] : std::string()};
    if (!variable.scope->function) by_node.emplace(std::string(variable.node->name), stored);
    const std::string name = resource_name(*variable.node);
    const auto [at, fresh] = by_name.emplace(name, stored);
    if (!fresh && at->second && (at->second->key != stored.key || at->second->slice != stored.slice)) {
      at->second.reset();
    }
  });
}

void VariableSource::State::find_loaded() {
  if (loading_read) return;
  loading_read = true;
  std::unordered_map<std::string, int> times;
  walker.each(loading_roots(), [&](const walk::Scope& scope, const NodeDef& assign) {
    if (!restore_is_assign(assign.op)) return;
    const walk::End variable = walker.source(scope, assign, 0), value = walker.source(scope, assign, 1);
    if (!variable.node || !is_variable_op(variable.node->op)) return;
    const std::string name = resource_name(*variable.node);
    const Attr* constant = value.node && value.node->op == "Const" ? value.node->attr("value") : nullptr;
    if (++times[name] == 1 && constant) {
      loaded.emplace(name, *constant);
    } else {
      loaded.erase(name);  // computed, or assigned twice: then the order would count
    }
  });
}

void VariableSource::State::find_initial_values() {
  for (const NodeDef& n : meta.graph.nodes) {
    if (!restore_is_assign(n.op) || n.inputs.size() < 2) continue;
    const walk::End variable = walker.source(walker.main(), n, 0);
    if (!variable.node || !is_variable_op(variable.node->op)) continue;
    const walk::End value = walker.source(walker.main(), n, 1);
    if (value.node && restore_is_restore(value.node->op)) continue;
    const InputRef ref = parse_input(n.inputs[1], false);
    const std::string tensor = std::string(ref.node) + ":" + std::to_string(ref.index);
    const auto [at, fresh] = initial.emplace(resource_name(*variable.node), tensor);
    if (!fresh && at->second != tensor) at->second.reset();
  }
}

}  // namespace jetline::tf
