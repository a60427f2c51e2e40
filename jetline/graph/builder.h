// Writing a graph with little text: exporters and tests. Wraps a Graph that it does not own; every function
// adds to the end of the graph and returns the new value. Misuse (a taken name, a null value, a wrong element
// count) is remembered as the first error in status(), and later calls go on harmlessly, so that code needs
// one check.
//
//   Model model; model.set_opset("", 13);
//   GraphBuilder b(model.graph());
//   Value* x = b.input("images", DType::kF32, {1, 3, 64, 64});
//   Value* y = b.op("Conv", {x, b.floats("w", {8, 3, 3, 3}, weights)}, {{"pads", {1, 1, 1, 1}}}, "conv1");
//   b.output(b.op("Relu", {y}), "out", DType::kF32, {1, 8, 64, 64});
//   if (!b.status().ok()) …
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline {

// An attribute literal: {"axis", 1}, {"alpha", 0.1f}, {"mode", "linear"}, {"pads", {1, 1, 1, 1}},
// {"scales", Floats{…}}, {"value", tensor}.
class AttrArg {
 public:
  AttrArg(std::string name, int value) : name(std::move(name)), value(int64_t{value}) {}
  AttrArg(std::string name, int64_t value) : name(std::move(name)), value(value) {}
  AttrArg(std::string name, float value) : name(std::move(name)), value(value) {}
  AttrArg(std::string name, double value) : name(std::move(name)), value(static_cast<float>(value)) {}
  AttrArg(std::string name, const char* value) : name(std::move(name)), value(std::string(value)) {}
  AttrArg(std::string name, std::string value) : name(std::move(name)), value(std::move(value)) {}
  AttrArg(std::string name, std::initializer_list<int64_t> v)
      : name(std::move(name)), value(std::vector<int64_t>(v)) {}
  AttrArg(std::string name, std::vector<int64_t> value) : name(std::move(name)), value(std::move(value)) {}
  AttrArg(std::string name, std::vector<float> value) : name(std::move(name)), value(std::move(value)) {}
  AttrArg(std::string name, std::vector<std::string> value)
      : name(std::move(name)), value(std::move(value)) {}
  AttrArg(std::string name, Tensor value) : name(std::move(name)), value(std::move(value)) {}
  std::string name;
  // A copyable subset of Attribute::Storage; subgraphs are set with Node::set_attribute.
  std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
               std::vector<std::string>, Tensor>
      value;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(Graph& graph) : graph_(graph) {}

  Value* input(const std::string& name, DType dtype, std::vector<Dim> shape);
  // Initialisers; an empty name is made up. The number of values must be the product of dims.
  Value* floats(const std::string& name, std::vector<int64_t> dims, const std::vector<float>& values);
  Value* ints(const std::string& name, std::vector<int64_t> dims, const std::vector<int64_t>& values);
  Value* ints(const std::vector<int64_t>& values);  // a 1-D shape, axes, …
  Value* scalar(float value);
  Value* tensor(const std::string& name, Tensor tensor);

  // One node with one output. `name` names node and output (made unique); empty: made up from the op. A null
  // input is a left-out optional one.
  Value* op(const std::string& op, std::vector<Value*> inputs, const std::vector<AttrArg>& attributes = {},
            const std::string& name = "", const std::string& domain = "");
  // The same with several outputs, named name, name_1, …
  std::vector<Value*> ops(const std::string& op, std::vector<Value*> inputs, size_t outputs,
                          const std::vector<AttrArg>& attributes = {}, const std::string& name = "",
                          const std::string& domain = "");
  // Makes `value` an output of the graph and gives it that name and type. A value that is an input, an
  // initialiser or already an output goes through an Identity first.
  Value* output(Value* value, const std::string& name, DType dtype, std::vector<Dim> shape);

  Graph& graph() { return graph_; }
  const Status& status() const { return status_; }

 private:
  void fail(const std::string& what);
  Graph& graph_;
  Status status_;
};

}  // namespace jetline
