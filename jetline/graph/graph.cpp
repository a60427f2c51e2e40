#include "jetline/graph/graph.h"

#include <algorithm>

namespace jetline {
namespace {
void graph_erase_pointer(std::vector<Value*>& list, const Value* value) {
  list.erase(std::remove(list.begin(), list.end(), value), list.end());
}
Status graph_name_taken(const std::string& name) {
  return Status::internal("graph.duplicate-name", "the graph has a value named '" + name + "' already");
}
// Whether `name` is used by a value of `graph` or of a subgraph below it.
bool graph_name_below(const Graph& graph, std::string_view name) {
  if (graph.find(name)) return true;
  if (!graph.has_subgraphs()) return false;
  for (const auto& node : graph.nodes()) {
    for (const Attribute& a : node->attributes()) {
      for (const Graph* sub : a.graphs()) {
        if (graph_name_below(*sub, name)) return true;
      }
    }
  }
  return false;
}
}  // namespace

bool Value::is_output() const {
  return std::any_of(uses_.begin(), uses_.end(), [](const Use& u) { return u.node == nullptr; });
}

Graph::Graph(Model* model, Node* parent) : model_(model), parent_(parent) {}

Graph::~Graph() {
  // Users go before what they use. Values of this graph go with it; those of outer graphs live on.
  closing_ = true;
  for (size_t i = 0; i < outputs_.size(); ++i) drop_use(outputs_[i], {nullptr, this, static_cast<int>(i)});
  nodes_.clear();
}

void Graph::set_model(Model* model) {
  model_ = model;
  for (const auto& node : nodes_) {
    for (Graph* sub : node->subgraphs()) sub->set_model(model);
  }
}

Value* Graph::find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

Value* Graph::find_in_scope(std::string_view name) const {
  for (const Graph* g = this; g; g = g->outer()) {
    if (Value* v = g->find(name)) return v;
  }
  return nullptr;
}

std::string Graph::unique_name(std::string_view base) const {
  const Graph* root = this;
  while (root->outer()) root = root->outer();
  const std::string stem = base.empty() ? "v" : std::string(base);
  if (!base.empty() && !graph_name_below(*root, stem)) return stem;
  for (int& n = root->next_suffix_[stem];;) {
    std::string name = stem + "_" + std::to_string(++n);
    if (!graph_name_below(*root, name)) return name;
  }
}

Value* Graph::new_value(const std::string& name) {
  values_.push_back(std::make_unique<Value>());
  Value* v = values_.back().get();
  v->where_ = std::prev(values_.end());
  v->name_ = name;
  v->graph_ = this;
  by_name_.emplace(v->name_, v);
  return v;
}

void Graph::erase_value(Value* value) {
  by_name_.erase(value->name_);
  values_.erase(value->where_);
}

Status Graph::rename(Value* value, const std::string& name) {
  if (name == value->name_) return Status();
  if (name.empty() || find(name)) return graph_name_taken(name);
  by_name_.erase(value->name_);
  value->name_ = name;
  by_name_.emplace(value->name_, value);
  return Status();
}

void Graph::add_use(Value* value, Use use) {
  if (value) value->uses_.push_back(use);
}

void Graph::drop_use(Value* value, const Use& use) {
  if (!value || value->graph_->closing_) return;
  auto& uses = value->uses_;
  for (size_t i = uses.size(); i-- > 0;) {
    if (uses[i].node == use.node && uses[i].graph == use.graph && uses[i].index == use.index) {
      uses.erase(uses.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
}

Value* Graph::add_input(const std::string& name, ValueType type) {
  if (name.empty() || find(name)) return nullptr;
  Value* v = new_value(name);
  v->type = std::move(type);
  v->is_input_ = true;
  inputs_.push_back(v);
  return v;
}

Value* Graph::add_initializer(const std::string& name, Tensor tensor) {
  if (name.empty() || find(name)) return nullptr;
  Value* v = new_value(name);
  set_initializer(v, std::move(tensor));
  return v;
}

Value* Graph::add_sparse_initializer(const std::string& name, SparseTensor tensor) {
  if (name.empty() || find(name)) return nullptr;
  Value* v = new_value(name);
  set_sparse_initializer(v, std::move(tensor));
  return v;
}

void Graph::set_initializer(Value* value, Tensor tensor) {
  if (!value->initializer_ && !value->sparse_) initializers_.push_back(value);
  value->sparse_.reset();
  if (value->type.kind == ValueType::Kind::kUnknown || !value->is_input_) {
    const std::string denotation = value->type.denotation;
    value->type =
        ValueType::tensor(tensor.dtype(), std::vector<Dim>(tensor.dims().begin(), tensor.dims().end()));
    value->type.denotation = denotation;
  }
  value->initializer_ = std::make_unique<const Tensor>(std::move(tensor));
}

void Graph::set_sparse_initializer(Value* value, SparseTensor tensor) {
  if (!value->initializer_ && !value->sparse_) initializers_.push_back(value);
  value->initializer_.reset();
  if (value->type.kind == ValueType::Kind::kUnknown || !value->is_input_) {
    // Sparse initialisers stand for dense constants wherever they are used (onnx.proto, sparse_initializer).
    value->type =
        ValueType::tensor(tensor.values.dtype(), std::vector<Dim>(tensor.dims.begin(), tensor.dims.end()));
  }
  value->sparse_ = std::make_unique<const SparseTensor>(std::move(tensor));
}

void Graph::clear_initializer(Value* value) {
  value->initializer_.reset();
  value->sparse_.reset();
  graph_erase_pointer(initializers_, value);
}

std::vector<Value*> Graph::free_inputs() const {
  std::vector<Value*> out;
  for (Value* v : inputs_) {
    if (!v->initializer() && !v->sparse_initializer()) out.push_back(v);
  }
  return out;
}

void Graph::add_output(Value* value) {
  outputs_.push_back(value);
  add_use(value, {nullptr, this, static_cast<int>(outputs_.size()) - 1});
}

void Graph::set_output(size_t i, Value* value) {
  const Use use{nullptr, this, static_cast<int>(i)};
  drop_use(outputs_[i], use);
  outputs_[i] = value;
  add_use(value, use);
}

void Graph::remove_output(size_t i) {
  for (size_t k = i; k < outputs_.size(); ++k) drop_use(outputs_[k], {nullptr, this, static_cast<int>(k)});
  outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(i));
  for (size_t k = i; k < outputs_.size(); ++k) add_use(outputs_[k], {nullptr, this, static_cast<int>(k)});
}

Status Graph::remove_input(Value* value) {
  if (!value->uses_.empty()) {
    return Status::internal("graph.in-use", "input '" + value->name_ + "' is still used");
  }
  graph_erase_pointer(inputs_, value);
  graph_erase_pointer(initializers_, value);
  erase_value(value);
  return Status();
}

Status Graph::remove_initializer(Value* value) {
  if (value->is_input_) {
    clear_initializer(value);
    return Status();
  }
  if (!value->uses_.empty()) {
    return Status::internal("graph.in-use", "initialiser '" + value->name_ + "' is still used");
  }
  graph_erase_pointer(initializers_, value);
  erase_value(value);
  return Status();
}

void Graph::replace_all_uses(Value* from, Value* to) {
  if (from == to) return;
  for (const Use& use : from->uses_) {
    if (use.node) {
      use.node->inputs_[static_cast<size_t>(use.index)] = to;
    } else {
      use.graph->outputs_[static_cast<size_t>(use.index)] = to;
    }
    add_use(to, use);
  }
  from->uses_.clear();
}

Status Graph::replace_and_keep_name(Value* from, Value* to) {
  if (from == to) return Status();
  if (from->is_output()) {
    if (to->graph_ != from->graph_ || to->is_input_) {
      return Status::internal("graph.scope",
                              "output '" + from->name_ + "' cannot be given to '" + to->name_ + "'");
    }
    if (to->is_output()) {
      return Status::internal("graph.in-use", "'" + to->name_ + "' is an output already and keeps its name");
    }
    const std::string public_name = from->name_;
    JETLINE_RETURN_IF_ERROR(from->graph_->rename(from, unique_name(public_name)));
    JETLINE_RETURN_IF_ERROR(to->graph_->rename(to, public_name));
    if (from->type.kind != ValueType::Kind::kUnknown) to->type = from->type;  // the declared one
    to->doc = from->doc;
    to->metadata = from->metadata;
  }
  replace_all_uses(from, to);
  return Status();
}

}  // namespace jetline
