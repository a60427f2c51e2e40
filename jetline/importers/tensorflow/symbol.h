// What an edge of a TensorFlow graph carries while the graph is converted. Conversion is partial evaluation:
// what can be known now (shapes, constants, which branch is taken, how often a loop turns, what a tensor list
// holds) is known, and only the rest becomes ONNX nodes.
//
// Ownership: tensors are values of the ONNX model under construction; everything else is shared and
// immutable, so that a symbol can be copied freely and two branches cannot disturb each other. Threads: one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jetline/graph/graph.h"
#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf {

class Symbol;

// A variable, hash table or other handle. Handles are equal when they are the same object.
struct Resource {
  enum class Kind { kVariable, kTable, kOther };
  Kind kind = Kind::kOther;
  std::string node;         // the node that made it
  std::string shared_name;  // VarHandleOp's
  DataType dtype = DataType::kInvalid;
  Shape shape;
  Tensor keys, values;  // a constant table
};

struct LoopList;  // control/list.h

// TensorList and TensorArray, in one of four forms:
//   elements   the length is known; null where nothing has been written
//   stacked    one tensor [n, …]
//   length     a length known only when the model runs, and nothing written yet
//   loop       a list that a Loop under construction carries: what is written is noted in `writes`
struct ListState {
  DType dtype = DType::kUndefined;
  Shape element_shape;
  std::vector<Value*> elements;
  Value* stacked = nullptr;
  Value* length = nullptr;  // int64 []
  std::shared_ptr<LoopList> loop;
  std::vector<std::pair<Value*, Value*>> writes;  // index (null: appended), item
};

class Symbol {
 public:
  enum class Kind {
    kNone,      // could not be converted (already reported); what uses it is skipped in silence
    kTensor,    // value(): an ONNX value; a constant is an initialiser
    kStrings,   // strings(): a constant string tensor
    kResource,  // resource()
    kList,      // list()
    kDead,      // the output of a branch not taken (Switch)
    kUnwanted,  // an argument that nothing needs; never looked at
    kToken,     // control, flow and sequence tokens
  };
  Symbol() = default;
  Symbol(Value* v) : kind_(v ? Kind::kTensor : Kind::kNone), value_(v) {}  // NOLINT: a value is a symbol
  static Symbol strings(Tensor t);
  static Symbol unknown_strings();  // a string input: strings() is null
  static Symbol of(std::shared_ptr<const Resource> r);
  static Symbol of(std::shared_ptr<const ListState> l);
  static Symbol dead();
  static Symbol unwanted();
  static Symbol token();

  Kind kind() const { return kind_; }
  bool is_tensor() const { return kind_ == Kind::kTensor; }
  Value* value() const { return value_; }
  const Tensor* strings() const {
    return static_cast<const Tensor*>(kind_ == Kind::kStrings ? object_.get() : nullptr);
  }
  std::shared_ptr<const Resource> resource() const;
  std::shared_ptr<const ListState> list() const;

 private:
  Kind kind_ = Kind::kNone;
  Value* value_ = nullptr;
  std::shared_ptr<const void> object_;
};

}  // namespace jetline::tf
