// How an operator tells its output types and its work. A rule is a pair of plain functions in a table; a
// family of operators is one file in this folder that returns its rules, and one line in rules.cpp.
#pragma once

#include <unordered_map>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/graph/graph.h"

namespace jetline::ops {

// The content of a small integer tensor as far as known. Elements may be negative (a Dim used as a number).
struct KnownInts {
  std::vector<int64_t> dims;  // rank 0 or 1 in practice
  std::vector<Dim> elements;  // row-major
};
// The same of a small tensor of float16, bfloat16, float or double, each rounded to its type. NaN: not known.
struct KnownFloats {
  std::vector<int64_t> dims;
  std::vector<double> elements;
};
constexpr size_t kMaxKnownInts = 1024;  // longer tensors are data, not shapes

// Facts of one inference run that do not live in the graph.
struct Facts {
  std::unordered_map<const Value*, KnownInts> ints;
  std::unordered_map<const Value*, KnownFloats> floats;
  std::unordered_map<const Value*, std::vector<ValueType>> elements;  // of sequences, one by one
  const std::vector<OpsetImport>* opsets = nullptr;  // of the function being walked; null: the model's
};

// What a rule sees of its node. Inputs that are left out and facts that are not known come as null or false.
class Context {
 public:
  Context(const Node& node, const Model& model, Facts& facts, std::vector<ValueType>* results)
      : node_(node), model_(model), facts_(facts), results_(results) {}

  const Node& node() const { return node_; }
  int64_t opset() const;  // version of the node's domain
  bool has(size_t input) const { return node_.input(input) != nullptr; }
  const ValueType* type(size_t input) const;                     // null: left out
  DType dtype(size_t input) const;                               // kUndefined when not known
  const std::vector<Dim>* shape(size_t input) const;             // null: rank not known
  const std::vector<Dim>* output_shape(size_t output) const;     // of the graph, for counting work
  const KnownInts* ints(size_t input) const;                     // integer content
  bool all_ints(size_t input, std::vector<int64_t>& out) const;  // the same when every element is a number
  const KnownFloats* known_floats(size_t input) const;           // content of float and double
  const std::vector<ValueType>* elements(size_t input) const;    // of a sequence, where each is known
  bool floats(size_t input, std::vector<double>& out) const;     // content of any numeric type, all known

  void set(size_t output, DType dtype, std::vector<Dim> shape);
  void set_dtype(size_t output, DType dtype);    // rank not known
  void set_type(size_t output, ValueType type);  // sequences, optionals, …
  void set_ints(size_t output, KnownInts ints);
  void set_floats(size_t output, KnownFloats floats);
  void set_elements(size_t output, std::vector<ValueType> elements);

 private:
  const Node& node_;
  const Model& model_;
  Facts& facts_;
  std::vector<ValueType>* results_;  // one an output; null while counting
};

// Multiply-accumulates of one node: `value` is meaningless when not known.
struct Macs {
  bool known = false;
  bool batch_as_one = false;
  int64_t value = 0;
};

struct Rule {
  const char* domain;  // "" is ai.onnx
  const char* op;
  void (*infer)(Context&);
  Macs (*macs)(const Context&) = nullptr;  // null: the operator multiplies nothing that is counted
  // The size of the result depends on the data; where the inputs are constants it is computed.
  bool by_content = false;
};

const Rule* find_rule(const Node& node);
// Content of a small integer constant or a followed value; null when not known. Kept in `facts`.
const KnownInts* known_ints(const Value* v, Facts& facts);
const KnownFloats* known_floats(const Value* v, Facts& facts);

// --- helpers shared by rules
// Product of dims, the first one counted as 1 when it has no number (and then batch_as_one).
Macs dims_product(const std::vector<Dim>& dims);
Macs times(Macs a, int64_t factor);  // saturates
// Multidirectional broadcasting (ONNX docs/Broadcasting.md); unknown dims give unknown where that is honest.
std::vector<Dim> broadcast(const std::vector<Dim>& a, const std::vector<Dim>& b);
// Axis in [0, rank); false when it is out of range.
bool normalize_axis(int64_t& axis, size_t rank);
// The list from attribute `name` or, in newer opsets, from input `input`; false when not known. `given` tells
// whether it is there at all.
bool axes_from(const Context& c, const char* name, size_t input, std::vector<int64_t>& axes, bool& given);
// a op b for numbers; unknown else.
Dim dim_add(const Dim& a, int64_t b);
Dim dim_mul(const Dim& a, int64_t b);

}  // namespace jetline::ops
