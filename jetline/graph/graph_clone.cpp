// Copies of nodes, graphs and models. Weights are shared: only views are copied.
#include "jetline/graph/graph.h"

namespace jetline {
namespace {
using CloneMap = std::unordered_map<const Value*, Value*>;

Value* clone_mapped(Value* v, const CloneMap& map) {
  const auto it = map.find(v);
  return it == map.end() ? v : it->second;
}
}  // namespace

// Friend-free access to what cloning needs: the public editing functions suffice for nodes and graphs.
static void clone_body(const Graph& source, Graph& target, CloneMap& map);

static Attribute clone_attribute(const Attribute& a, Node& owner, const CloneMap& map) {
  auto copy_graph = [&](const Attribute::GraphPtr& g) {
    auto copy = std::make_unique<Graph>(owner.graph()->model(), &owner);
    CloneMap inner = map;
    clone_body(*g, *copy, inner);
    return copy;
  };
  Attribute::Storage value = std::visit(
      [&](const auto& v) -> Attribute::Storage {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, Attribute::GraphPtr>) {
          return copy_graph(v);
        } else if constexpr (std::is_same_v<T, std::vector<Attribute::GraphPtr>>) {
          std::vector<Attribute::GraphPtr> graphs;
          for (const auto& g : v) graphs.push_back(copy_graph(g));
          return graphs;
        } else {
          return v;
        }
      },
      a.storage());
  Attribute out = a.is_reference() ? Attribute::reference(a.name(), a.referred(), a.kind())
                                   : Attribute(a.name(), std::move(value));
  out.doc = a.doc;
  out.unknown = a.unknown;
  return out;
}

static void clone_value_facts(const Value& from, Value& to) {
  to.type = from.type;
  to.doc = from.doc;
  to.metadata = from.metadata;
  to.unknown = from.unknown;
}

// `outputs_keep_names`: for whole graphs, whose names are free; otherwise they are made unique.
static Node* clone_node_shell(const Node& node, Graph& target, Node* before, bool keep_names,
                              CloneMap* outputs) {
  Node* copy = target.add_node(node.op(), {}, before, node.domain());
  copy->name = node.name;
  copy->overload = node.overload;
  copy->doc = node.doc;
  copy->metadata = node.metadata;
  copy->unknown = node.unknown;
  for (const Value* v : node.outputs()) {
    Value* out = copy->add_output(!v ? "" : keep_names ? v->name() : target.unique_name(v->name()));
    if (!out) continue;
    clone_value_facts(*v, *out);
    if (outputs) (*outputs)[v] = out;
  }
  return copy;
}

static void clone_node_rest(const Node& node, Node& copy, const CloneMap& map) {
  for (size_t i = 0; i < node.inputs().size(); ++i) copy.set_input(i, clone_mapped(node.inputs()[i], map));
  for (const Attribute& a : node.attributes()) copy.set_attribute(clone_attribute(a, copy, map));
}

static void clone_body(const Graph& source, Graph& target, CloneMap& map) {
  target.name = source.name;
  target.doc = source.doc;
  target.metadata = source.metadata;
  target.quantization = source.quantization;
  target.unknown = source.unknown;
  for (const Value* v : source.inputs()) {
    Value* copy = target.add_input(v->name());
    clone_value_facts(*v, *copy);
    map[v] = copy;
  }
  for (const Value* v : source.initializers()) {
    Value* copy = target.find(v->name());
    if (v->initializer()) {
      if (copy)
        target.set_initializer(copy, *v->initializer());
      else
        copy = target.add_initializer(v->name(), *v->initializer());
    } else {
      if (copy)
        target.set_sparse_initializer(copy, *v->sparse_initializer());
      else
        copy = target.add_sparse_initializer(v->name(), *v->sparse_initializer());
    }
    clone_value_facts(*v, *copy);
    map[v] = copy;
  }
  // Outputs of all nodes first: a subgraph may be copied while its surroundings are not in order.
  std::vector<Node*> copies;
  for (const auto& n : source.nodes()) copies.push_back(clone_node_shell(*n, target, nullptr, true, &map));
  size_t i = 0;
  for (const auto& n : source.nodes()) clone_node_rest(*n, *copies[i++], map);
  for (Value* v : source.outputs()) target.add_output(clone_mapped(v, map));
}

Node* Graph::clone_node(const Node& node, const std::unordered_map<const Value*, Value*>& map, Node* before) {
  Node* copy = clone_node_shell(node, *this, before, false, nullptr);
  clone_node_rest(node, *copy, map);
  return copy;
}

std::unique_ptr<Graph> Graph::clone(Model* model) const {
  auto copy = std::make_unique<Graph>(model);
  CloneMap map;
  clone_body(*this, *copy, map);
  return copy;
}

std::unique_ptr<Model> Model::clone() const {
  auto copy = std::make_unique<Model>();
  copy->ir_version = ir_version;
  copy->opsets = opsets;
  copy->producer_name = producer_name;
  copy->producer_version = producer_version;
  copy->domain = domain;
  copy->doc = doc;
  copy->model_version = model_version;
  copy->metadata = metadata;
  copy->unknown = unknown;
  copy->external_files = external_files;
  CloneMap map;
  clone_body(*graph_, *copy->graph_, map);
  for (const auto& f : functions) {
    auto g = std::make_unique<ModelFunction>();
    g->domain = f->domain;
    g->name = f->name;
    g->overload = f->overload;
    g->doc = f->doc;
    g->attributes = f->attributes;
    g->opsets = f->opsets;
    g->metadata = f->metadata;
    g->unknown = f->unknown;
    g->body = f->body->clone(copy.get());
    // Defaults may not hold graphs (loading refuses them), so a scratch node can own the copies for a moment.
    Graph scratch(copy.get());
    Node* holder = scratch.add_node("", {});
    for (const Attribute& a : f->attribute_defaults) {
      g->attribute_defaults.push_back(clone_attribute(a, *holder, {}));
    }
    copy->functions.push_back(std::move(g));
  }
  return copy;
}

}  // namespace jetline
