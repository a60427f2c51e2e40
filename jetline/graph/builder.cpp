#include "jetline/graph/builder.h"

namespace jetline {

void GraphBuilder::fail(const std::string& what) {
  if (status_.ok()) status_ = Status::internal("graph.builder", what);
}

Value* GraphBuilder::input(const std::string& name, DType dtype, std::vector<Dim> shape) {
  Value* v = graph_.add_input(name, ValueType::tensor(dtype, shape));
  if (v) return v;
  fail("input name '" + name + "' is empty or taken");
  return graph_.add_input(graph_.unique_name(name), ValueType::tensor(dtype, std::move(shape)));
}

Value* GraphBuilder::tensor(const std::string& name, Tensor tensor) {
  if (!name.empty() && graph_.find(name)) fail("initialiser name '" + name + "' is taken");
  return graph_.add_initializer(graph_.unique_name(name.empty() ? "const" : name), std::move(tensor));
}

Value* GraphBuilder::floats(const std::string& name, std::vector<int64_t> dims,
                            const std::vector<float>& values) {
  Result<Tensor> t = Tensor::floats(std::move(dims), values);
  if (!t.ok()) {
    fail("initialiser '" + name + "': " + t.status().message());
    t = Tensor::floats({static_cast<int64_t>(values.size())}, values);
  }
  return tensor(name, std::move(t).value());
}

Value* GraphBuilder::ints(const std::string& name, std::vector<int64_t> dims,
                          const std::vector<int64_t>& values) {
  Result<Tensor> t = Tensor::ints(std::move(dims), values);
  if (!t.ok()) {
    fail("initialiser '" + name + "': " + t.status().message());
    t = Tensor::ints({static_cast<int64_t>(values.size())}, values);
  }
  return tensor(name, std::move(t).value());
}

Value* GraphBuilder::ints(const std::vector<int64_t>& values) {
  return ints("", {static_cast<int64_t>(values.size())}, values);
}

Value* GraphBuilder::scalar(float value) {
  return floats("", {}, {value});
}

std::vector<Value*> GraphBuilder::ops(const std::string& op, std::vector<Value*> inputs, size_t outputs,
                                      const std::vector<AttrArg>& attributes, const std::string& name,
                                      const std::string& domain) {
  Node* node = graph_.add_node(op, std::move(inputs), nullptr, domain);
  const std::string base = graph_.unique_name(name.empty() ? op : name);
  node->name = base;
  for (const AttrArg& a : attributes) {
    node->set_attribute(std::visit([&](const auto& v) { return Attribute(a.name, v); }, a.value));
  }
  std::vector<Value*> out;
  for (size_t i = 0; i < outputs; ++i)
    out.push_back(node->add_output(i == 0 ? base : graph_.unique_name(base)));
  return out;
}

Value* GraphBuilder::op(const std::string& op, std::vector<Value*> inputs,
                        const std::vector<AttrArg>& attributes, const std::string& name,
                        const std::string& domain) {
  return ops(op, std::move(inputs), 1, attributes, name, domain)[0];
}

Value* GraphBuilder::output(Value* value, const std::string& name, DType dtype, std::vector<Dim> shape) {
  if (!value) {
    fail("output '" + name + "' has no value");
    return nullptr;
  }
  if (!value->producer() || value->is_output() || value->graph() != &graph_) value = op("Identity", {value});
  const Status renamed = graph_.rename(value, name);
  if (!renamed.ok()) fail(renamed.message());
  value->type = ValueType::tensor(dtype, std::move(shape));
  graph_.add_output(value);
  return value;
}

}  // namespace jetline
