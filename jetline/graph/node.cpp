// Node of the intermediate representation.
#include <algorithm>

#include "jetline/graph/graph.h"

namespace jetline {

Node::~Node() {
  for (const Attribute& a : attributes_) graph_->nested_ -= !a.graphs().empty();
  for (size_t i = inputs_.size(); i-- > 0;) graph_->drop_use(inputs_[i], {this, graph_, static_cast<int>(i)});
}

void Node::set_input(size_t i, Value* value) {
  if (i >= inputs_.size()) inputs_.resize(i + 1, nullptr);
  const Use use{this, graph_, static_cast<int>(i)};
  graph_->drop_use(inputs_[i], use);
  inputs_[i] = value;
  graph_->add_use(value, use);
}

void Node::resize_inputs(size_t n) {
  for (size_t i = inputs_.size(); i-- > n;) graph_->drop_use(inputs_[i], {this, graph_, static_cast<int>(i)});
  inputs_.resize(n, nullptr);
}

Value* Node::add_output(const std::string& name) {
  if (name.empty()) {
    outputs_.push_back(nullptr);
    return nullptr;
  }
  Value* v = graph_->new_value(graph_->find(name) ? graph_->unique_name(name) : name);
  v->producer_ = this;
  v->producer_output_ = static_cast<int>(outputs_.size());
  outputs_.push_back(v);
  return v;
}

const Attribute* Node::attribute(std::string_view name) const {
  for (const Attribute& a : attributes_) {
    if (a.name() == name) return &a;
  }
  return nullptr;
}

void Node::set_attribute(Attribute attribute) {
  for (Graph* g : attribute.graphs()) {
    g->set_parent(this);
    g->set_model(graph_->model());
  }
  graph_->nested_ += !attribute.graphs().empty();
  for (Attribute& a : attributes_) {
    if (a.name() == attribute.name()) {
      graph_->nested_ -= !a.graphs().empty();
      a = std::move(attribute);
      return;
    }
  }
  attributes_.push_back(std::move(attribute));
}

bool Node::remove_attribute(std::string_view name) {
  const auto it = std::find_if(attributes_.begin(), attributes_.end(),
                               [&](const Attribute& a) { return a.name() == name; });
  if (it == attributes_.end()) return false;
  graph_->nested_ -= !it->graphs().empty();
  attributes_.erase(it);
  return true;
}

int64_t Node::int_or(std::string_view name, int64_t other) const {
  const Attribute* a = attribute(name);
  return a && a->as_int() ? *a->as_int() : other;
}
float Node::float_or(std::string_view name, float other) const {
  const Attribute* a = attribute(name);
  return a && a->as_float() ? *a->as_float() : other;
}
std::string Node::string_or(std::string_view name, const std::string& other) const {
  const Attribute* a = attribute(name);
  return a && a->as_string() ? *a->as_string() : other;
}
std::vector<int64_t> Node::ints_or(std::string_view name, std::vector<int64_t> other) const {
  const Attribute* a = attribute(name);
  return a && a->as_ints() ? *a->as_ints() : other;
}

std::vector<Graph*> Node::subgraphs() const {
  std::vector<Graph*> out;
  for (const Attribute& a : attributes_) {
    for (Graph* g : a.graphs()) out.push_back(g);
  }
  return out;
}

void Node::set_op(std::string op, std::string domain) {
  op_ = std::move(op);
  domain_ = domain == "ai.onnx" ? std::string() : std::move(domain);
}

}  // namespace jetline
