#include "jetline/surgery/region.h"

#include <algorithm>

#include "jetline/graph/graph_walk.h"
#include "jetline/passes/optimize.h"
#include "jetline/surgery/card_follows.h"
#include "jetline/surgery/names.h"

namespace jetline::surgery {
namespace {

// The node of one of the graphs in `reach` that `use` happens in; null for an output of such a graph.
const Node* region_user(const Reach& reach, const Use& use) {
  const Node* n = use.node ? use.node : use.graph->parent();
  if (!use.node && reach.in_scope(use.graph)) return nullptr;
  while (n && !reach.in_scope(n->graph())) n = n->graph()->parent();
  return n;
}

// What has to be in the result, found backwards from the outputs.
struct Needed {
  std::unordered_set<const Node*> nodes;
  std::unordered_set<const Value*> constants;                // initialisers
  std::vector<std::pair<const Value*, Tensor>> from_shapes;  // become initialisers
  std::unordered_set<const Value*> used_from;
  std::vector<const Value*> frontier;  // needed, and not computable from `from`
  std::unordered_map<const Value*, const Node*> user;
};

Needed walk_back(const RegionRequest& request, const Reach& from, const Reach& data,
                 ShapeInference& inference) {
  Needed needed;
  const std::unordered_set<const Value*> stops(request.from.begin(), request.from.end());
  std::unordered_set<const Value*> seen;
  std::vector<std::pair<const Value*, const Node*>> work;
  for (const Value* v : request.to) work.emplace_back(v, nullptr);
  while (!work.empty()) {
    const auto [v, user] = work.back();
    work.pop_back();
    if (stops.count(v) && user) {  // an output that is an input is refused before
      needed.used_from.insert(v);
      continue;
    }
    if (!seen.insert(v).second) continue;
    needed.user[v] = user;
    if (v->initializer() || v->sparse_initializer()) {
      needed.constants.insert(v);
      continue;
    }
    if (!from.has(v) && data.has(v)) {
      Tensor known = user ? content_from_shapes(*v, inference) : Tensor();
      if (known.dtype() != DType::kUndefined) {
        needed.from_shapes.emplace_back(v, std::move(known));
      } else {
        needed.frontier.push_back(v);
      }
      continue;
    }
    const Node* n = v->producer();
    if (!n) {  // an input that nobody feeds and that does not count as data cannot be: inputs are data
      needed.frontier.push_back(v);
      continue;
    }
    if (!needed.nodes.insert(n).second) continue;
    for_each_used_value(*n, [&](const Value& u) {
      if (from.in_scope(u.graph())) work.emplace_back(&u, n);
    });
  }
  return needed;
}

Status check_type(const Value& v) {
  const bool typed =
      v.type.kind != ValueType::Kind::kUnknown && (!v.type.is_tensor() || v.type.dtype != DType::kUndefined);
  if (typed) return Status();
  const std::string maker = v.producer() ? "; it comes from " + node_label(*v.producer()) : "";
  return Status::bad_input("surgery.untyped-input",
                           "'" + v.name() + "' cannot become an input: its element type is not known" + maker,
                           "cut at another tensor, or declare the type in the file (value_info)");
}

Status not_cut(const RegionRequest& request, const Needed& needed) {
  std::vector<std::string> names, all;
  for (const Value* v : needed.frontier) names.push_back(v->name());
  for (const Value* v : request.from) all.push_back(v->name());
  all.insert(all.end(), names.begin(), names.end());
  std::string list;
  for (const std::string& n : all) list += (list.empty() ? "" : ",") + n;
  const Node* user = needed.user.at(needed.frontier[0]);
  return Status::bad_input("surgery.not-cut",
                           "the inputs do not cut every path: " + quoted_list(names) +
                               (names.size() == 1 ? " is" : " are") + " needed too" +
                               (user ? " (by " + node_label(*user) + ")" : ""),
                           "add them (--from " + list + "), or --complete takes them as further inputs");
}

Status no_path(const std::string& what) {
  return Status::bad_input("surgery.no-path", what, "`jetline graph MODEL -o g.html` shows what leads where");
}

// A model like `m` with an empty graph.
std::unique_ptr<Model> region_shell(const Model& m) {
  auto out = std::make_unique<Model>();
  out->ir_version = m.ir_version;
  out->opsets = m.opsets;
  out->producer_name = m.producer_name;
  out->producer_version = m.producer_version;
  out->domain = m.domain;
  out->doc = m.doc;
  out->model_version = m.model_version;
  out->metadata = m.metadata;
  out->graph().name = m.graph().name;
  out->graph().doc = m.graph().doc;
  out->graph().metadata = m.graph().metadata;
  if (!m.functions.empty()) {
    std::unique_ptr<Model> copy = m.clone();
    for (auto& f : copy->functions) f->body->set_model(out.get());
    out->functions = std::move(copy->functions);
  }
  return out;
}

void copy_value_facts(const Value& from, Value& to) {
  to.type = from.type;
  to.doc = from.doc;
  to.metadata = from.metadata;
  to.unknown = from.unknown;
}

std::unique_ptr<Model> build(const Model& model, const Reach& reach, const Needed& needed,
                             const std::vector<const Value*>& inputs, const std::vector<Value*>& outputs) {
  std::unique_ptr<Model> out = region_shell(model);
  Graph& g = out->graph();
  std::unordered_map<const Value*, Value*> map;
  const auto as_input = [&](const Value& v) {
    Value* in = g.add_input(g.unique_name(v.name()));
    copy_value_facts(v, *in);
    map[&v] = in;
    return in;
  };
  for (const Value* v : inputs) as_input(*v);
  for (const Graph* source : reach.chain()) {
    for (const Value* v : source->initializers()) {
      if (!needed.constants.count(v)) continue;
      const std::string name = g.unique_name(v->name());
      Value* c = v->is_input() ? as_input(*v) : nullptr;
      if (v->initializer()) {
        if (c) g.set_initializer(c, *v->initializer());
        if (!c) c = g.add_initializer(name, *v->initializer());
      } else {
        if (c) g.set_sparse_initializer(c, *v->sparse_initializer());
        if (!c) c = g.add_sparse_initializer(name, *v->sparse_initializer());
      }
      copy_value_facts(*v, *c);
      map[v] = c;
    }
  }
  for (const auto& [v, tensor] : needed.from_shapes) {
    map[v] = g.add_initializer(g.unique_name(v->name()), tensor);
    if (out->ir_version < 4) out->ir_version = 4;  // before that, constants have to be listed as inputs
  }
  for (const Graph* source : reach.chain()) {
    for (const auto& n : source->nodes()) {
      if (!needed.nodes.count(n.get())) continue;
      Node* copy = g.clone_node(*n, map);
      for (size_t i = 0; i < n->outputs().size(); ++i) {
        if (n->outputs()[i]) map[n->outputs()[i]] = copy->output(i);
      }
    }
    for (const QuantizationAnnotation& q : source->quantization) {
      if (g.find(q.tensor)) g.quantization.push_back(q);
    }
  }
  for (const Value* v : outputs) g.add_output(map.at(v));
  return out;
}

std::vector<PortInfo> ports(const std::vector<Value*>& values) {
  std::vector<PortInfo> out;
  for (const Value* v : values) out.push_back({v->name(), v->type});
  return out;
}

}  // namespace

Reach::Reach(const Graph* innermost) {
  for (const Graph* g = innermost; g; g = g->outer()) chain_.insert(chain_.begin(), g);
  chain_set_.insert(chain_.begin(), chain_.end());
}

void Reach::add(const Value* start) {
  std::vector<const Value*> work = {start};
  while (!work.empty()) {
    const Value* v = work.back();
    work.pop_back();
    if (!values_.insert(v).second) continue;
    for (const Use& use : v->uses()) {
      const Node* n = region_user(*this, use);
      if (!n) continue;
      for (const Value* out : n->outputs()) {
        if (out && !values_.count(out)) work.push_back(out);
      }
    }
  }
}

std::vector<Value*> scope_inputs(const Reach& reach) {
  std::vector<Value*> inputs;
  for (const Graph* g : reach.chain()) {
    for (Value* v : g->free_inputs()) inputs.push_back(v);
  }
  return inputs;
}

Tensor content_from_shapes(const Value& value, ShapeInference& inference) {
  const ops::KnownInts* known = inference.ints(&value);
  if (!known || value.type.dtype != DType::kI64) return Tensor();
  std::vector<int64_t> numbers;
  for (const Dim& d : known->elements) {
    if (!d.known()) return Tensor();
    numbers.push_back(d.value);
  }
  auto t = Tensor::ints(known->dims, numbers);
  return t.ok() ? *t : Tensor();
}

std::vector<Value*> data_inputs(const Node& node, const Reach& data, ShapeInference& inference) {
  std::vector<Value*> inputs;
  for_each_used_value(node, [&](const Value& v) {
    if (!data.in_scope(v.graph()) || !data.has(&v)) return;
    if (content_from_shapes(v, inference).dtype() != DType::kUndefined) return;
    Value* found = const_cast<Value*>(&v);  // of a graph that the caller may change
    if (std::find(inputs.begin(), inputs.end(), found) == inputs.end()) inputs.push_back(found);
  });
  return inputs;
}

Result<CutModel> extract_region(Model& model, ShapeInference& inference, const RegionRequest& request) {
  // The innermost graph of all; the others have to lie around it.
  const Graph* innermost = &model.graph();
  const auto inner_of = [&](const Value* v) {
    if (Reach(v->graph()).chain().size() > Reach(innermost).chain().size()) innermost = v->graph();
  };
  for (const Value* v : request.from) inner_of(v);
  for (const Value* v : request.to) inner_of(v);
  Reach from(innermost), data(innermost);
  for (const std::vector<Value*>* list : {&request.from, &request.to}) {
    for (const Value* v : *list) {
      if (from.in_scope(v->graph())) continue;
      return no_path("'" + v->name() + "' lies in another subgraph than the other tensors that are named");
    }
  }
  for (const Value* v : request.from) from.add(v);
  for (const Value* v : scope_inputs(data)) data.add(v);
  for (const Value* v : request.from) data.add(v);
  for (const Value* v : request.to) {
    if (std::find(request.from.begin(), request.from.end(), v) != request.from.end()) {
      return no_path("'" + v->name() + "' would be input and output at once");
    }
    if (from.has(v)) continue;
    return no_path("no path leads from " + (request.all_inputs ? "the model's inputs" : quoted_list([&] {
                     std::vector<std::string> names;
                     for (const Value* f : request.from) names.push_back(f->name());
                     return names;
                   }())) +
                   " to '" + v->name() + "'");
  }
  const Needed needed = walk_back(request, from, data, inference);
  std::vector<const Value*> inputs;
  for (const Value* v : request.from) {
    if (needed.used_from.count(v)) {
      inputs.push_back(v);
    } else if (!request.all_inputs) {
      return no_path("'" + v->name() + "' is not needed for any of the outputs");
    }
  }
  if (!needed.frontier.empty() && !request.complete) return not_cut(request, needed);
  CutModel result;
  for (const Value* v : needed.frontier) {
    inputs.push_back(v);
    result.added_inputs.push_back(v->name());
  }
  for (const Value* v : inputs) JETLINE_RETURN_IF_ERROR(check_type(*v));
  for (const auto& [v, tensor] : needed.from_shapes) {
    result.notes.push_back("'" + v->name() + "' follows from shapes and became a constant");
  }
  result.nodes_before = passes::count_nodes(model);
  result.weights_before = static_cast<int64_t>(model.graph().initializers().size());
  result.model = build(model, from, needed, inputs, request.to);
  JETLINE_RETURN_IF_ERROR(result.model->graph().verify());
  const Graph& g = result.model->graph();
  result.nodes_after = passes::count_nodes(*result.model);
  result.weights_after = static_cast<int64_t>(g.initializers().size());
  result.inputs = ports(g.free_inputs());
  result.outputs = ports(g.outputs());
  for (const Value* v : model.graph().outputs()) {
    if (std::find(request.to.begin(), request.to.end(), v) == request.to.end()) {
      result.dropped_outputs.push_back(v->name());
    }
  }
  drop_card_without_input(model, *result.model, result.notes);
  return result;
}

}  // namespace jetline::surgery
