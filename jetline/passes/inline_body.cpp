#include "jetline/passes/inline_body.h"

namespace jetline::passes {

bool inlinable(const Graph& body) {
  return body.quantization.empty();
}

std::vector<Value*> inline_body(PassContext& c, const Graph& body, Graph& g, Node* before, BodyMap& map,
                                std::vector<Node*>* made) {
  for (const Value* v : body.initializers()) {
    if (v->is_input() || v->uses().empty()) continue;
    const std::string name = g.unique_name(v->name());
    Value* copy = v->initializer() ? g.add_initializer(name, *v->initializer())
                                   : g.add_sparse_initializer(name, *v->sparse_initializer());
    copy->type = v->type;
    c.inference.forget(copy);  // the address may have been another value's
    map[v] = copy;
  }
  for (const auto& n : body.nodes()) {
    Node* copy = g.clone_node(*n, map, before);
    for (size_t i = 0; i < n->outputs().size(); ++i) {
      if (n->output(i)) map[n->output(i)] = copy->output(i);
    }
    c.inference.node(*copy);
    if (made) made->push_back(copy);
  }
  std::vector<Value*> results;
  for (Value* v : body.outputs()) {
    const auto it = map.find(v);
    results.push_back(it == map.end() ? v : it->second);
  }
  return results;
}

Status inline_result(PassContext& c, Value* from, Value* to) {
  if (!replaceable(from, to)) {
    const ValueType type = from->type;
    to = add_before(c, *from->graph(), "Identity", {to}, from->name(), from->producer());
    to->type = type;
    c.inference.node(*to->producer());
  }
  return from->graph()->replace_and_keep_name(from, to);
}

int64_t body_nodes(const Graph& body, int64_t most) {
  int64_t count = 0;
  for (const auto& n : body.nodes()) {
    if (++count > most) break;
    for (const Graph* sub : n->subgraphs()) count += body_nodes(*sub, most);
  }
  return count;
}

}  // namespace jetline::passes
