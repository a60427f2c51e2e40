// The walk of set_batch: where the pictures of a batch lie in every value, node by node.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "jetline/graph/inference.h"
#include "jetline/surgery/set_batch.h"

namespace jetline::surgery {

class BatchTrace {
 public:
  // `before` has the old size and inferred types; `now` is a copy of it whose inputs have the new one (or a
  // probe, when `symbol` is not empty) and whose other types are not inferred yet.
  BatchTrace(Model& before, Model& now, int64_t old_size, int64_t new_size, std::string symbol);

  void input(Value* v);  // an input of `now` with pictures on axis 0
  Status run();          // surgery.batch with the node's name
  int axis_of(const Value* v) const;
  std::vector<BatchPatch>& patches() { return patches_; }

  // --- for the rules
  struct Place {
    Node* node;            // in `now`
    const Node* old_node;  // in `before`
  };
  int input_axis(const Node& n, size_t i) const { return axis_of(n.input(i)); }
  const ValueType& old_type(const Value* v) const;  // of the same value in `before`
  int64_t opset() const { return now_.opset(); }
  Status refuse(const Node& n, const std::string& why) const;
  void patched(const Node& n, const std::string& what);
  int64_t scaled(int64_t old_count) const { return old_count / old_size_ * new_size_; }
  int64_t old_size() const { return old_size_; }
  // The integer content of an input of a node in `before`, all known.
  bool old_ints(const Node& n, size_t i, std::vector<int64_t>& out);
  bool new_ints(const Node& n, size_t i, std::vector<int64_t>& out);
  // Replaces integer input `i` by `target`, whose element `axis` is scaled: a constant, or, for an open
  // batch, computed from the number of pictures.
  Status set_shape_input(Node& n, size_t i, std::vector<int64_t> target, size_t axis);
  // A constant input that holds one batch along `axis`: stored once for all pictures, or repeated.
  Status spread_constant(Node& n, size_t i, int axis);

 private:
  // The number of pictures as int64 [1], times `factor`, computed before `n`; for an open batch that was 1.
  Value* count_pictures(Node& n, int64_t factor, const std::string& stem);
  Status node(Node& n);
  Status shapes_only(Node& n);
  Status classify(const Node& n, const Value& v, int& axis) const;

  Model& before_;
  Model& now_;
  ShapeInference old_inference_, inference_;
  int64_t old_size_, new_size_;
  std::string symbol_;
  std::unordered_map<const Value*, int> axis_;
  Value* some_input_ = nullptr;  // of `now`, with pictures on axis 0
  std::vector<BatchPatch> patches_;
};

// What an operator may do with batched inputs; patches where it has to. OK: let types decide.
Status check_batch_rule(BatchTrace& trace, Node& n);

// Reshape and its like, in batch_shapes.cpp.
Status batch_reshape(BatchTrace& trace, Node& n);
Status batch_flatten(BatchTrace& trace, Node& n);
Status batch_resize(BatchTrace& trace, Node& n);
Status batch_expand(BatchTrace& trace, Node& n);
// Broadcasting: batched inputs agree on the axis counted from the right, constants are spread.
Status batch_broadcast(BatchTrace& trace, Node& n);

// Gather of picture 0 (or Squeeze) … Unsqueeze with element-wise work between: the axis stays instead.
int keep_single_picture_axis(Model& model, const std::vector<Value*>& inputs);

}  // namespace jetline::surgery
