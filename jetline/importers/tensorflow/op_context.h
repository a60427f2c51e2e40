// What the rule of one TensorFlow operator sees of its node, and what it writes ONNX with. A rule reads
// inputs and attributes, emits nodes, and sets outputs; emission folds at once what is constant and infers
// the type and shape of the rest, so that a rule always knows as much as can be known.
//
//   Status convert_l2_loss(OpContext& c) {                    // ops/l2_loss.cpp
//     Value* x = c.tensor(0);
//     Value* sum = c.emit("ReduceSum", {c.emit("Mul", {x, x}), c.ints(c.all_axes(x))}, {{"keepdims", 0}});
//     return c.set(0, c.emit("Mul", {sum, c.scalar(0.5, x)}));
//   }
//
// Rules emit operators in the form of opset 13; where a later operator is needed they ask for it with
// needs_opset(n) and fall back when it says no. Versions are then converted as a whole. Everything is NHWC or
// NCHW as TensorFlow says, with Transpose nodes around operators that want the other; a pass removes them.
//
// Ids a rule returns: tf.unsupported-form (through unsupported(): this operator with these attributes or
// types cannot be expressed; the message says which), tf.malformed (an input that is missing or of a wrong
// kind).
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "jetline/graph/builder.h"
#include "jetline/importers/tensorflow/symbol.h"

namespace jetline::tf {

class Converter;

class OpContext {
 public:
  OpContext(Converter& converter, const NodeDef& node, const std::vector<Symbol>& inputs,
            std::string scope_name);

  // --- the node
  const NodeDef& node() const { return node_; }
  std::string_view op() const { return node_.op; }
  const std::string& name() const { return name_; }  // with the scope of the calls it was inlined through
  Converter& converter() { return converter_; }

  // --- attributes (placeholders of a function's attributes already replaced)
  const Attr* attr(std::string_view key) const { return node_.attr(key); }
  int64_t int_attr(std::string_view key, int64_t other = 0) const;
  float float_attr(std::string_view key, float other = 0) const;
  bool bool_attr(std::string_view key, bool other = false) const;
  std::string string_attr(std::string_view key, std::string_view other = {}) const;
  std::vector<int64_t> ints_attr(std::string_view key) const;
  DType dtype_attr(std::string_view key, DType other = DType::kUndefined) const;  // DT_… as an ONNX type

  // --- inputs (data inputs only, flattened: input lists are laid end to end)
  size_t inputs() const { return inputs_.size(); }
  const Symbol& in(size_t i) const;  // kNone past the end
  // Input i as an ONNX value that can be computed with; null when it is none of that (the rule is never
  // called with a kNone input, so null means: wrong kind, or complex numbers and the like; return
  // wrong_input(i)).
  Value* tensor(size_t i) const;
  // What is known of a value. `constant`: its content; null when it is not constant. `known_ints`: content of
  // an integer or bool tensor as far as followed through shapes, true only when every element is known.
  static const Tensor* constant(const Value* v) { return v && v->is_constant() ? v->initializer() : nullptr; }
  bool known_ints(const Value* v, std::vector<int64_t>& out) const;
  bool known_int(const Value* v, int64_t& out) const;  // one element
  bool known_floats(const Value* v, std::vector<double>& out) const;
  static DType dtype(const Value* v) { return v ? v->type.dtype : DType::kUndefined; }
  static int rank(const Value* v) {
    return v && v->type.has_shape ? static_cast<int>(v->type.shape.size()) : -1;
  }
  // Dimension i (negative from the end); -1 when not known.
  static int64_t dim(const Value* v, int i);
  static std::vector<int64_t> dims(const Value* v) {  // -1 for what is not known
    return v ? v->type.dims() : std::vector<int64_t>();
  }
  static bool is_static(const Value* v) { return v && v->type.is_static(); }
  static std::vector<int64_t> all_axes(const Value* v);  // 0 … rank-1

  // --- emission
  // One ONNX node (opset-13 form) with one output; constant inputs of an operator that can be evaluated give
  // a constant. Null inputs are left-out optional ones. `suffix` joins the TensorFlow name in the new names.
  Value* emit(const char* op, std::vector<Value*> inputs, const std::vector<AttrArg>& attributes = {},
              std::string_view suffix = {});
  std::vector<Value*> emit_many(const char* op, std::vector<Value*> inputs, size_t outputs,
                                const std::vector<AttrArg>& attributes = {}, std::string_view suffix = {});
  // False when the asked-for opset is below n; the rule then finds another way or returns unsupported().
  bool needs_opset(int n);
  // Constants; equal ones are shared.
  Value* ints(const std::vector<int64_t>& values);              // int64 [n]
  Value* int_scalar(int64_t value, DType dtype = DType::kI64);  // []
  Value* scalar(double value, const Value* like);               // [] of the element type of `like`
  Value* scalar(double value, DType dtype);
  Value* floats(std::vector<int64_t> dims, const std::vector<float>& values);
  Value* constant(Tensor t);
  // Shorthands; each returns its input unchanged where there is nothing to do.
  Value* cast(Value* v, DType to);
  Value* transpose(Value* v, const std::vector<int64_t>& perm);
  Value* reshape(Value* v, const std::vector<int64_t>& dims);  // -1 and 0 as ONNX Reshape
  Value* reshape_to(Value* v, Value* dims);                    // dims: any integer vector
  Value* squeeze(Value* v, const std::vector<int64_t>& axes);
  Value* unsqueeze(Value* v, const std::vector<int64_t>& axes);
  Value* shape_of(Value* v, DType dtype = DType::kI64);  // known dimensions fold
  Value* to_i64(Value* v) { return cast(v, DType::kI64); }
  // Computes fn on v cast to `compute` where v's type is not in `supported` (types that ONNX or common
  // runtimes lack for an operator), and casts back.
  template <typename Fn>
  Value* via(Value* v, std::initializer_list<DType> supported, DType compute, const Fn& fn) {
    for (DType t : supported)
      if (dtype(v) == t) return fn(v);
    return cast(fn(cast(v, compute)), dtype(v));
  }

  // --- outputs
  // Sets flattened output i. For chaining: returns OK, or tf.unsupported-form when v is null.
  Status set(size_t i, Value* v);
  Status set(size_t i, Symbol s);
  size_t outputs_set() const { return outputs_.size(); }
  // Whether something needs output i; a rule may leave the others unset.
  bool wanted(size_t i) const { return !wanted_ || (i < wanted_->size() && (*wanted_)[i]); }
  const std::vector<bool>* wanted() const { return wanted_; }  // null: all
  void set_wanted(const std::vector<bool>* wanted) { wanted_ = wanted; }
  std::vector<Symbol>& results() { return outputs_; }

  // --- failure
  Status unsupported(const std::string& why, const std::string& hint = {}) const;
  Status wrong_input(size_t i) const;
  // Nothing comes out, and why has been reported already (by something that the rule converted in turn).
  Status poisoned() const;
  void warn(std::string_view id, const std::string& text);

 private:
  Converter& converter_;
  const NodeDef& node_;
  const std::vector<Symbol>& inputs_;
  std::string name_;
  std::vector<Symbol> outputs_;
  const std::vector<bool>* wanted_ = nullptr;
};

}  // namespace jetline::tf
