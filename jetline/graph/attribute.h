// A node's attribute: one of the fourteen kinds of ONNX (onnx.proto AttributeProto.AttributeType), or, inside
// a model function, a reference to an attribute of the calling node. Owns its tensors (which share their
// bytes) and its subgraphs. Move-only, because graphs have identity; Graph::clone_node copies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "jetline/graph/tensor.h"
#include "jetline/graph/value_type.h"

namespace jetline {

class Graph;

class Attribute {
 public:
  // Numbered as in onnx.proto.
  enum class Kind : uint8_t {
    kUndefined = 0,
    kFloat = 1,
    kInt = 2,
    kString = 3,
    kTensor = 4,
    kGraph = 5,
    kFloats = 6,
    kInts = 7,
    kStrings = 8,
    kTensors = 9,
    kGraphs = 10,
    kSparseTensor = 11,
    kSparseTensors = 12,
    kTypeProto = 13,
    kTypeProtos = 14,
  };
  using GraphPtr = std::unique_ptr<Graph>;
  using Storage =
      std::variant<std::monostate, float, int64_t, std::string, Tensor, GraphPtr, std::vector<float>,
                   std::vector<int64_t>, std::vector<std::string>, std::vector<Tensor>, std::vector<GraphPtr>,
                   SparseTensor, std::vector<SparseTensor>, ValueType, std::vector<ValueType>>;

  Attribute(std::string name, Storage value);
  // A reference to attribute `referred` of the caller; only in the body of a ModelFunction.
  static Attribute reference(std::string name, std::string referred, Kind kind);
  Attribute(Attribute&&) noexcept;
  Attribute& operator=(Attribute&&) noexcept;
  ~Attribute();

  const std::string& name() const { return name_; }
  Kind kind() const { return kind_; }
  bool is_reference() const { return !referred_.empty(); }
  const std::string& referred() const { return referred_; }

  // Null when the attribute is of another kind.
  const float* as_float() const { return std::get_if<float>(&value_); }
  const int64_t* as_int() const { return std::get_if<int64_t>(&value_); }
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const Tensor* as_tensor() const { return std::get_if<Tensor>(&value_); }
  const std::vector<float>* as_floats() const { return std::get_if<std::vector<float>>(&value_); }
  const std::vector<int64_t>* as_ints() const { return std::get_if<std::vector<int64_t>>(&value_); }
  const std::vector<std::string>* as_strings() const {
    return std::get_if<std::vector<std::string>>(&value_);
  }
  Graph* as_graph() const;
  const Storage& storage() const { return value_; }
  // Subgraphs of kGraph and kGraphs, in order; empty for other kinds.
  std::vector<Graph*> graphs() const;

  std::string doc;
  std::string unknown;  // unmodelled protobuf fields

 private:
  std::string name_, referred_;
  Kind kind_;
  Storage value_;
};

}  // namespace jetline
