// evaluate_node, evaluate_graph, and how nodes, functions and graphs run inside each other.
#include <new>
#include <stdexcept>

#include "jetline/graph/evaluate/call.h"

namespace jetline {
namespace calc {
namespace {

constexpr int kMaxRunDepth = 64;     // of subgraphs and functions inside each other
constexpr int64_t kNodeWork = 1000;  // a node costs as much as so many elements, whatever it does

const ModelFunction* run_function_of(const Node& node) {
  const Graph* g = node.graph();
  return g && g->model() ? g->model()->function(node) : nullptr;
}

Result<std::vector<Item>> run_function(const Node& node, const ModelFunction& f, std::vector<Item> inputs,
                                       Budget& budget, const Scope* scope) {
  Scope inner;
  inner.caller = scope;
  inner.call_node = &node;
  inner.function = &f;
  const auto& formal = f.body->inputs();
  for (size_t i = 0; i < formal.size() && i < inputs.size(); ++i) {
    inner.values[formal[i]] = std::move(inputs[i]);
  }
  // A formal input that the caller leaves out is absent inside too.
  for (size_t i = inputs.size(); i < formal.size(); ++i) inner.values[formal[i]] = Item();
  int64_t opset = 0;
  for (const OpsetImport& o : f.opsets) {
    if (o.domain.empty()) opset = o.version;
  }
  return run_graph(*f.body, inner, budget, opset);
}

Status run_no_rule(const Node& node) {
  return Status::negative(
      "graph.evaluate-unsupported",
      "no rule to evaluate the operator '" + node.op().substr(0, 100) + "'" +
          (node.domain().empty() ? "" : " of domain '" + node.domain().substr(0, 100) + "'"));
}

Result<std::vector<Tensor>> run_tensors(std::vector<Item> items) {
  std::vector<Tensor> out;
  for (Item& i : items) {
    if (i.kind == Item::Kind::kSequence || i.kind == Item::Kind::kOptional) {
      return Status::negative("graph.evaluate-unsupported", "a result that is a sequence or optional");
    }
    out.push_back(std::move(i.tensor));
  }
  return out;
}

// The rules allocate small vectors as they go; where that fails the answer is an error like any other.
template <typename Fn>
auto run_guarded(const Fn& fn) -> decltype(fn()) {
  try {
    return fn();
  } catch (const std::bad_alloc&) {
    return Status::bad_input("graph.evaluate-too-large", "not enough memory to evaluate");
  } catch (const std::length_error&) {
    return Status::bad_input("graph.evaluate-too-large", "not enough memory to evaluate");
  }
}

}  // namespace

Result<Item> look_up(const Value* value, const Scope* scope, Budget& budget, int64_t opset) {
  if (scope) {
    if (const Item* found = scope->find(value)) return *found;
  }
  if (const Tensor* t = value->initializer()) return Item(*t);
  const Node* producer = value->producer();
  const bool sparse = value->sparse_initializer() != nullptr;
  if (sparse) {
    JETLINE_ASSIGN_OR_RETURN(Tensor dense, densify(*value->sparse_initializer(), budget));
    return Item(std::move(dense));
  }
  if (producer && producer->is("Constant")) {
    JETLINE_ASSIGN_OR_RETURN(auto result, run_node(*producer, {}, opset, budget, scope));
    if (!result.empty()) return std::move(result[0]);
  }
  return Status::bad_input("graph.evaluate-input",
                           "the value '" + value->name().substr(0, 100) + "' is not known");
}

Result<std::vector<Item>> run_node(const Node& node, std::vector<Item> inputs, int64_t opset, Budget& budget,
                                   const Scope* scope) {
  if (++budget.depth > kMaxRunDepth) {
    --budget.depth;
    return Status::bad_input("graph.evaluate-too-large", "subgraphs and functions are nested too deeply");
  }
  Call call(node, opset, std::move(inputs), budget, scope);
  const auto finish = [&]() -> Result<std::vector<Item>> {
    JETLINE_RETURN_IF_ERROR(call.charge(kNodeWork));
    JETLINE_RETURN_IF_ERROR(call.check_inputs());
    // A function that the model defines wins over the standard's operator of that name.
    if (const ModelFunction* f = run_function_of(node)) {
      std::vector<Item> actual;
      for (size_t i = 0; i < call.input_count(); ++i) actual.push_back(call.item(i));
      return run_function(node, *f, std::move(actual), budget, scope);
    }
    const Rule* rule = find_rule(node.domain(), node.op());
    if (!rule) return run_no_rule(node);
    JETLINE_RETURN_IF_ERROR(rule->run(call));
    return std::move(call.outputs());
  };
  auto result = finish();
  --budget.depth;
  return result;
}

Result<std::vector<Item>> run_graph(const Graph& graph, Scope& scope, Budget& budget, int64_t opset) {
  for (const auto& node : graph.nodes()) {
    std::vector<Item> inputs;
    for (const Value* v : node->inputs()) {
      Item item;
      if (v) {
        JETLINE_ASSIGN_OR_RETURN(item, look_up(v, &scope, budget, opset));
      }
      inputs.push_back(std::move(item));
    }
    // What only this node uses is freed as soon as the node has it.
    for (const Value* v : node->inputs()) {
      if (v && v->graph() == &graph && v->uses().size() == 1) scope.values.erase(v);
    }
    JETLINE_ASSIGN_OR_RETURN(auto results, run_node(*node, std::move(inputs), opset, budget, &scope));
    for (size_t i = 0; i < node->outputs().size() && i < results.size(); ++i) {
      const Value* v = node->outputs()[i];
      if (!v || v->uses().empty()) continue;
      if (results[i].kind == Item::Kind::kNone) {
        return Status::negative("graph.evaluate-unsupported", node->op().substr(0, 100) + ": output " +
                                                                  std::to_string(i) + " is not computed");
      }
      scope.values[v] = std::move(results[i]);
    }
  }
  std::vector<Item> out;
  for (const Value* v : graph.outputs()) {
    JETLINE_ASSIGN_OR_RETURN(Item item, look_up(v, &scope, budget, opset));
    out.push_back(std::move(item));
  }
  return out;
}

Result<std::vector<Item>> evaluate_items(const Graph& graph, ItemMap inputs, const EvaluateOptions& options) {
  return run_guarded([&]() -> Result<std::vector<Item>> {
    Budget budget;
    budget.options = options;
    Scope scope;
    scope.values = std::move(inputs);
    return run_graph(graph, scope, budget, graph.model() ? graph.model()->opset() : 0);
  });
}

}  // namespace calc

bool can_evaluate(const Node& node) {
  return calc::run_function_of(node) || calc::find_rule(node.domain(), node.op());
}

Result<std::vector<Tensor>> evaluate_node(const Node& node, const std::vector<const Tensor*>& inputs,
                                          int64_t opset, const EvaluateOptions& options) {
  return calc::run_guarded([&]() -> Result<std::vector<Tensor>> {
    std::vector<calc::Item> items;
    for (const Tensor* t : inputs) items.push_back(t ? calc::Item(*t) : calc::Item());
    calc::Budget budget;
    budget.options = options;
    JETLINE_ASSIGN_OR_RETURN(auto results, calc::run_node(node, std::move(items), opset, budget, nullptr));
    return calc::run_tensors(std::move(results));
  });
}

Result<std::vector<Tensor>> evaluate_graph(const Graph& graph,
                                           const std::unordered_map<const Value*, Tensor>& inputs,
                                           const EvaluateOptions& options) {
  return calc::run_guarded([&]() -> Result<std::vector<Tensor>> {
    calc::ItemMap items;
    for (const auto& [value, tensor] : inputs) items.emplace(value, tensor);
    JETLINE_ASSIGN_OR_RETURN(auto results, calc::evaluate_items(graph, std::move(items), options));
    return calc::run_tensors(std::move(results));
  });
}

}  // namespace jetline
