// One node at one step between two versions of the operator set, and the table of what happens there. A rule
// looks at its node, changes it in place or puts others in its place, and returns an empty text; or it
// returns why the other version cannot express the node.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/inference.h"
#include "jetline/passes/opset.h"

namespace jetline::passes::opset {

// Constants that conversion adds, shared within a graph.
using SharedInts = std::map<std::pair<Graph*, std::vector<int64_t>>, Value*>;

class Step {
 public:
  Step(Model& model, ShapeInference& infer, SharedInts& shared, Node& node)
      : model_(model), infer_(infer), shared_(shared), node_(&node), graph_(*node.graph()) {}

  Node& node() { return *node_; }
  const Node& node() const { return *node_; }
  Value* in(size_t i) const { return node_->input(i); }
  Value* out(size_t i = 0) const { return node_->output(i); }
  bool used(size_t output) const;  // an output that something takes

  // --- what is known
  static DType dtype(const Value* v) { return v ? v->type.dtype : DType::kUndefined; }
  static int rank(const Value* v) {
    return v && v->type.has_shape ? static_cast<int>(v->type.shape.size()) : -1;
  }
  // Dimension i (negative from the end); -1 when it has no number.
  static int64_t dim(const Value* v, int i);
  static bool is_static(const Value* v) { return v && v->type.is_static(); }
  static std::vector<int64_t> dims(const Value* v) { return v->type.dims(); }
  // Content of an integer input of which every element is known.
  bool ints(size_t input, std::vector<int64_t>& out) const { return ints_of(in(input), out); }
  bool ints_of(const Value* v, std::vector<int64_t>& out) const;
  // Content of a constant of any numeric type.
  static bool numbers_of(const Value* v, std::vector<double>& out);

  // --- writing, before the node
  Value* emit(const char* op, std::vector<Value*> inputs, const std::vector<AttrArg>& attributes = {});
  std::vector<Value*> emit_many(const char* op, std::vector<Value*> inputs, size_t outputs,
                                const std::vector<AttrArg>& attributes = {});
  Value* constant(Tensor t);
  Value* int_list(const std::vector<int64_t>& values);  // int64 [n]
  Value* floats(const std::vector<float>& values);      // float [n]
  // [] of that type; the number must be one of the type.
  Value* scalar(double value, DType t);
  Value* number(double value, const Value* like) { return scalar(value, dtype(like)); }
  Value* cast(Value* v, DType to);
  // Constant bool, float or integer tensor of dims from numbers.
  Value* tensor(DType t, std::vector<int64_t> dims, const std::vector<double>& values);

  // --- changing the node
  // Output `i` becomes `with`, which takes over its public name.
  void replace(size_t i, Value* with);
  // Output 0 becomes `with` and the node goes.
  std::string become(Value* with);
  void remove();                  // after replace() of every used output
  void infer();                   // after a change in place
  void drop_inputs(size_t keep);  // leaves the first `keep` inputs
  bool removed() const { return node_ == nullptr; }
  // A constant could not be made because its element type is not known: what was written is then no good.
  bool failed() const { return failed_; }
  Model& model() { return model_; }

 private:
  Model& model_;
  ShapeInference& infer_;
  SharedInts& shared_;
  Node* node_;
  Graph& graph_;
  bool failed_ = false;
};

// Empty: done. Otherwise why not (the model is then given up).
using Rule = std::string (*)(Step&);

// What happens to an operator between `version` - 1 and `version`; null: nothing.
struct Change {
  const char* op;
  int64_t version;
  Rule up, down;
};

// The first version that has an operator (from 10 on).
struct Begin {
  const char* op;
  int64_t version;
};
// At `version` input `input` of the operator took more element types than those in `before` (bits by number).
struct Gain {
  const char* op;
  int64_t version;
  size_t input;
  uint32_t before;
};

// Tables of the files in this folder.
Span<const Begin> begins();
Span<const Gain> gains();
Span<const Change> activation_changes();
Span<const Change> arithmetic_changes();
Span<const Change> axes_changes();
Span<const Change> einsum_changes();
Span<const Change> gather_changes();
Span<const Change> misc_changes();
Span<const Change> normalization_changes();
Span<const Change> pooling_changes();
Span<const Change> quantize_changes();
Span<const Change> resize_changes();
Span<const Change> shape_changes();
Span<const Change> slice_changes();
Span<const Change> softmax_changes();

// A type in which the operator's lower version computes the same for elements of type t; kUndefined: none.
DType wider_type(const std::string& op, DType t, uint32_t allowed);

}  // namespace jetline::passes::opset
