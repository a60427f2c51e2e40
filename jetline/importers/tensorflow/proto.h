// TensorFlow's protocol buffers as far as an importer needs them: SavedModel, MetaGraphDef, GraphDef,
// NodeDef, AttrValue, FunctionDef, SignatureDef, TensorProto, SaverDef. Read with graph/wire.h, lazily: a
// library of functions is an index from name to bytes, and a function body is decoded when somebody asks for
// it, because of a thousand functions in an object detector a handful is reachable.
//
// Field numbers: tensorflow/core/protobuf/{saved_model,meta_graph,saver}.proto and
// tensorflow/core/framework/{graph,node_def,attr_value,function,op_def,tensor,tensor_shape,types}.proto.
// Ownership: every view points into the bytes given to the parser, kept alive by the `owner` beside them.
// Threads: immutable once parsed, except FunctionLibrary::find, which decodes on first use (one thread).
// Ids: tf.malformed (bytes that are no such message), tf.too-deep, tf.too-many, tf.bad-tensor.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jetline/graph/tensor.h"
#include "jetline/graph/wire.h"

namespace jetline::tf {

// tensorflow/core/framework/types.proto; a reference type (x + 100) is read as x.
enum class DataType : int32_t {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQint8 = 11,
  kQuint8 = 12,
  kQint32 = 13,
  kBfloat16 = 14,
  kQint16 = 15,
  kQuint16 = 16,
  kUint16 = 17,
  kComplex128 = 18,
  kHalf = 19,
  kResource = 20,
  kVariant = 21,
  kUint32 = 22,
  kUint64 = 23,
  kFloat8e5m2 = 24,
  kFloat8e4m3fn = 25,
  kInt4 = 29,
  kUint4 = 30,
};
// The ONNX element type; quantized types map to their plain integers; kUndefined for resource and variant.
DType to_dtype(DataType t);
std::string_view data_type_name(DataType t);  // "float", "int32", ... as in types.pbtxt

// -1 is an unknown dimension.
struct Shape {
  bool known_rank = false;
  std::vector<int64_t> dims;
};

struct FunctionRef {  // attr kind "func" (NameAttrList)
  std::string_view name;
  ByteView raw;  // the NameAttrList, for its attributes
};

// One attribute, decoded on demand from its bytes. Wrong kinds give the default.
class Attr {
 public:
  Attr() = default;
  explicit Attr(ByteView raw, std::shared_ptr<const void> owner = nullptr)
      : raw_(raw), owner_(std::move(owner)) {}
  enum class Kind { kNone, kString, kInt, kFloat, kBool, kType, kShape, kTensor, kList, kFunc, kPlaceholder };
  Kind kind() const;
  int64_t as_int(int64_t other = 0) const;
  float as_float(float other = 0) const;
  bool as_bool(bool other = false) const;
  std::string_view as_string(std::string_view other = {}) const;
  DataType as_type(DataType other = DataType::kInvalid) const;
  Shape as_shape() const;
  Result<Tensor> as_tensor() const;  // strings included (DType::kString)
  FunctionRef as_func() const;
  std::string_view as_placeholder() const;
  std::vector<int64_t> ints() const;
  std::vector<float> floats() const;
  std::vector<bool> bools() const;
  std::vector<std::string_view> strings() const;
  std::vector<DataType> types() const;
  std::vector<Shape> shapes() const;
  std::vector<Tensor> tensors() const;
  std::vector<FunctionRef> funcs() const;
  ByteView raw() const { return raw_; }

 private:
  ByteView raw_;
  std::shared_ptr<const void> owner_;
};

// One input of a node as written. In a GraphDef: "name", "name:2", "^name". In a function body: "arg" for an
// argument, "name:output_name:index", "^name".
struct InputRef {
  std::string_view node;         // without ^ and suffixes
  std::string_view output_name;  // only in function bodies; empty else
  int index = 0;
  bool control = false;
};
InputRef parse_input(std::string_view text, bool in_function);

struct NodeDef {
  std::string_view name, op, device;
  std::vector<std::string_view> inputs;  // as written
  std::vector<std::pair<std::string_view, Attr>> attrs;
  std::vector<std::string_view> original_nodes, original_functions;  // experimental_debug_info

  const Attr* attr(std::string_view key) const;  // null when absent
};

struct GraphDef {
  std::vector<NodeDef> nodes;
  int producer = 0;  // versions.producer
};

struct ArgDef {  // OpDef.ArgDef
  std::string_view name;
  DataType type = DataType::kInvalid;
  std::string_view type_attr, number_attr, type_list_attr;
};

struct FunctionDef {
  std::string_view name;
  std::vector<ArgDef> inputs, outputs;
  std::vector<NodeDef> nodes;
  std::unordered_map<std::string_view, std::string_view> ret;             // output arg -> "node:out:index"
  std::vector<std::pair<std::string_view, Attr>> attrs;                   // api_implements, ...
  std::vector<std::vector<std::pair<std::string_view, Attr>>> arg_attrs;  // by argument index
  const Attr* attr(std::string_view key) const;
};

class FunctionLibrary {
 public:
  // Index of `library` (FunctionDefLibrary bytes) without decoding bodies. Of two functions with one name the
  // first counts; duplicates() names the others.
  static Result<FunctionLibrary> index(ByteView library, std::shared_ptr<const void> owner);
  // Null when there is none. Decoded once and kept.
  Result<const FunctionDef*> find(std::string_view name) const;
  bool has(std::string_view name) const { return bytes_.count(name) > 0; }
  size_t size() const { return bytes_.size(); }
  std::vector<std::string_view> names() const;
  const std::vector<std::string>& duplicates() const { return duplicates_; }
  // Synthetic functions (loops made from TF1 frames) join under a name that must be free.
  // Null when it is not. The function's views, its name included, must outlive the library.
  const FunctionDef* add(std::unique_ptr<FunctionDef> function);
  // Another piece of the library; offsets in messages count from `file`.
  Status append(ByteView library, const uint8_t* file);

 private:
  std::unordered_map<std::string_view, ByteView> bytes_;
  mutable std::unordered_map<std::string_view, std::unique_ptr<FunctionDef>> decoded_;
  std::vector<std::string> duplicates_;
  std::shared_ptr<const void> owner_;
  const uint8_t* file_ = nullptr;
};

struct TensorInfo {
  std::string_view name;  // "serving_default_x:0"; empty for composite or sparse encodings
  DataType dtype = DataType::kInvalid;
  Shape shape;
  bool composite = false;
};

struct SignatureDef {
  std::string_view key, method;
  std::vector<std::pair<std::string_view, TensorInfo>> inputs, outputs;  // sorted by key
};

struct MetaGraph {
  std::vector<std::string_view> tags;
  std::string_view tensorflow_version;
  GraphDef graph;
  FunctionLibrary library;
  std::vector<SignatureDef> signatures;  // sorted by key
  std::string_view restore_op;           // SaverDef.restore_op_name; empty if none
  std::string_view filename_tensor;      // SaverDef.filename_tensor_name
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>>
      node_collections;  // CollectionDef node_list
  std::vector<std::pair<std::string_view, std::vector<ByteView>>>
      bytes_collections;  // bytes_list (VariableDef, ...)
  struct Asset {
    std::string_view tensor, filename;
  };
  std::vector<Asset> asset_files;  // AssetFileDef; file names are as written, to be checked before use
  ByteView object_graph;           // SavedObjectGraph, undecoded
  std::vector<std::shared_ptr<const void>> owners;  // what every view above points into
  void keep(std::shared_ptr<const void> more);
};

struct SavedModel {
  int64_t schema_version = 0;
  std::vector<MetaGraph> metas;
  std::shared_ptr<const void> owner;  // the file's bytes
};

// tf.malformed names the offset. Nothing of function bodies is read.
Result<SavedModel> parse_saved_model(ByteView bytes, std::shared_ptr<const void> owner);
// A frozen graph: a MetaGraph without signatures.
Result<MetaGraph> parse_graph_def(ByteView bytes, std::shared_ptr<const void> owner);
Result<FunctionDef> parse_function(ByteView bytes, const std::shared_ptr<const void>& owner);
// TensorProto; tensor_content as a view with `owner`, the typed lists expanded (last value repeated).
// tf.bad-tensor, and tf.unsupported-type for resource and variant.
Result<Tensor> parse_tensor(ByteView bytes, const std::shared_ptr<const void>& owner);

}  // namespace jetline::tf
