// What a rule of the evaluator sees of its node, and the table of rules. A family of operators is one file in
// this folder that returns its rules, and one line in rules.cpp. A rule reads inputs and attributes through
// its Call, sets outputs, and returns OK or one of the three errors that Call makes.
//
// Threads: a Call belongs to one evaluation.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <unordered_map>

#include "jetline/base/span.h"
#include "jetline/graph/evaluate.h"
#include "jetline/graph/evaluate/item.h"
#include "jetline/graph/evaluate/memory.h"

namespace jetline::calc {

using Dims = std::vector<int64_t>;
using ItemMap = std::unordered_map<const Value*, Item>;

// One graph being evaluated: its values, the graphs around it, and the attributes of the calling node where
// the graph is the body of a function.
struct Scope {
  const Scope* outer = nullptr;
  ItemMap values;
  const Scope* caller = nullptr;  // of a function: where `call_node` stands
  const Node* call_node = nullptr;
  const ModelFunction* function = nullptr;
  const Item* find(const Value* value) const;  // here or further out; null if none
};

// The value as it is known in a scope: computed, or a constant of the model; graph.evaluate-input when it is
// neither. kNone is an input of a function that its caller leaves out.
struct Budget;
Result<Item> look_up(const Value* value, const Scope* scope, Budget& budget, int64_t opset);

// Limits of one evaluation, shared by all nodes in it.
struct Budget {
  EvaluateOptions options;
  int64_t work = 0;
  std::shared_ptr<std::atomic<int64_t>> live = std::make_shared<std::atomic<int64_t>>(0);  // bytes of results
  int depth = 0;  // of control flow and functions inside each other
};

class Call {
 public:
  Call(const Node& node, int64_t opset, std::vector<Item> inputs, Budget& budget, const Scope* scope);

  const Node& node() const { return node_; }
  int64_t opset() const { return opset_; }
  Budget& budget() { return budget_; }
  const Scope* scope() const { return scope_; }

  size_t input_count() const { return inputs_.size(); }
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i].kind != Item::Kind::kNone; }
  const Item& item(size_t i) const;      // kNone when left out
  const Tensor* tensor(size_t i) const;  // null when left out or not a tensor
  // graph.evaluate-input unless the first n inputs are tensors.
  Status need(size_t n) const;
  // The same, and every tensor among the inputs can be read as Numbers; graph.evaluate-unsupported for other
  // types, graph.evaluate-too-large where a copy would pass the limit.
  Status need_numbers(size_t n) const;
  Status need_numbers_of(size_t input) const;  // of this one alone
  Status need_floating(size_t input) const;    // of this one: a floating point type
  // Content of an integer input; graph.evaluate-input when it is left out, no integers, or of over a million.
  Result<Dims> ints(size_t i) const;
  Result<int64_t> scalar_int(size_t i) const;

  // Attributes, with the references of a function's body resolved. The default also for another kind.
  const Attribute* attribute(std::string_view name) const;
  int64_t int_or(std::string_view name, int64_t other) const;
  float float_or(std::string_view name, float other) const;
  std::string string_or(std::string_view name, const std::string& other) const;
  Dims ints_or(std::string_view name, Dims other) const;
  std::vector<float> floats_or(std::string_view name, std::vector<float> other) const;

  bool wanted(size_t output) const { return node_.output(output) != nullptr; }
  void set(size_t output, Item item);
  std::vector<Item>& outputs() { return outputs_; }

  // Memory for a tensor; graph.evaluate-too-large, graph.evaluate-input for a negative dimension.
  Result<Buffer> allocate(DType dtype, const Dims& dims, bool zeroed = false);
  // The same in elements of `width` bytes (see Cells).
  Result<Buffer> allocate_cells(int64_t width, const Dims& dims, bool zeroed = false);
  Status charge(int64_t work);  // graph.evaluate-too-large
  // graph.evaluate-too-large when 8 bytes for each element would pass the limit of one working copy.
  Status check_working_copy(const Dims& dims) const;
  // Tensors without elements may have other dimensions of any size; those that are no sound shape for
  // computing (their product would overflow) are graph.evaluate-too-large.
  Status check_inputs() const;
  Status check_dims(const Dims& dims) const;

  Status unsupported(const std::string& why) const;
  Status bad_input(const std::string& why) const;
  Status too_large(const std::string& why) const;
  Status unsupported_type(DType dtype) const;

 private:
  const Node& node_;
  int64_t opset_;
  std::vector<Item> inputs_;
  std::vector<Item> outputs_;
  Budget& budget_;
  const Scope* scope_;
};

struct Rule {
  const char* op;
  Status (*run)(Call&);
  const char* domain = "";  // ai.onnx
};

// Null if there is none.
const Rule* find_rule(std::string_view domain, std::string_view op);
// All of them, for tests and reports.
std::vector<const Rule*> all_rules();

// Runs a graph with its scope prepared: graph inputs and everything around it are in `scope`.
Result<std::vector<Item>> run_graph(const Graph& graph, Scope& scope, Budget& budget, int64_t opset);
// One node: its rule, or the function of its model.
Result<std::vector<Item>> run_node(const Node& node, std::vector<Item> inputs, int64_t opset, Budget& budget,
                                   const Scope* scope);
// evaluate_graph for values that are not tensors too.
Result<std::vector<Item>> evaluate_items(const Graph& graph, ItemMap inputs, const EvaluateOptions& options);

// --- helpers shared by rules
Result<Tensor> concat_tensors(Call& c, const std::vector<const Tensor*>& parts, int64_t axis);
// Joined along a new axis. take_slice: x at `index` of the axis, without it; the index is inside.
Result<Tensor> stack_tensors(Call& c, const std::vector<Item>& parts, int64_t axis);
Result<Tensor> take_slice(Call& c, const Tensor& x, int64_t axis, int64_t index);
Result<std::vector<Tensor>> split_tensor(Call& c, const Tensor& x, int64_t axis, const Dims& sizes);
// Indices along an axis of n elements; negative ones count from the end. False when one is outside.
bool fix_indices(const Tensor& t, int64_t n, std::vector<int64_t>& out);
Result<Tensor> cast_tensor(Call& c, const Tensor& x, DType to);
// Sets an output from numbers, rounded to its type.
Status give_doubles(Call& c, size_t output, DType dtype, const Dims& dims, const std::vector<double>& values);
Result<Tensor> densify(const SparseTensor& sparse, Budget& budget);
std::string dims_text(const Dims& dims);
// Axis in [0, rank); false when it is out of range.
bool fix_axis(int64_t& axis, size_t rank);
// All of them, without repetition.
bool fix_axes(Dims& axes, size_t rank);
// Product of dims[from, to); saturates. The dims are not negative.
int64_t span_count(const Dims& dims, size_t from, size_t to);
Dims row_strides(const Dims& dims);  // in elements, row-major
// Multidirectional broadcasting (ONNX docs/Broadcasting.md); false when they do not fit.
bool broadcast_dims(const Dims& a, const Dims& b, Dims& out);

}  // namespace jetline::calc
