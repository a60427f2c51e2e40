// Which content a variable or lookup table of a graph has.
//
// A variable node (VarHandleOp, VariableV2, Variable, …) and the key of its tensor in the checkpoint have
// different names; what ties them is, in this order:
//   1. the restore graph that SaverDef names: assignments of RestoreV2's outputs, through functions and what
//      only passes values on, whose tensor names are constants (the slice they name is cut out);
//   2. the checkpoint's object graph (_CHECKPOINTABLE_OBJECT_GRAPH): the variable's full name;
//   3. the plain name: shared_name, then the node's;
//   4. without any of them, a constant that the model assigns when it is loaded (main_op and its likes).
// Tables get their keys and values from the import or initialisation nodes, wherever in the graph they are.
//
// Ownership: shares what the MetaGraph and Bundle keep; the MetaGraph must outlive it. Threads: one (function
// bodies are decoded on use). Ids: tf.variable-missing, tf.bad-variable (shape or type that does not fit the
// node), and the ids of bundle.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "jetline/importers/tensorflow/bundle.h"
#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {

class VariableSource {
 public:
  // The path of an asset file by its name; tables made from text files need it.
  using AssetPath = std::function<Result<std::string>(std::string_view filename)>;
  static Result<VariableSource> make(const MetaGraph& meta, std::optional<Bundle> bundle,
                                     AssetPath asset = nullptr);

  // The content of a variable node, of the main graph or of a function (then found by its shared_name).
  Result<Tensor> value(const NodeDef& variable) const;
  // Empty when there is none.
  std::string checkpoint_key(const NodeDef& variable) const;
  // For variables without a checkpoint tensor: the main graph's tensor ("node:0") that an initialiser
  // assigns; empty when there is none or more than one. It may need converting to be known.
  std::string initial_value(const NodeDef& variable) const;

  // Keys and values of a constant hash table, from its node (HashTableV2, …). False: not constant, or not
  // found. A failure is a file that cannot be read.
  Result<bool> table(const NodeDef& table, Tensor& keys, Tensor& values) const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace jetline::tf
