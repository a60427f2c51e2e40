// Inside of load_onnx: one object reads one model. Each message of onnx.proto has a function; field numbers
// stand in onnx_fields.h. Private to the room.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jetline/graph/onnx_file.h"
#include "jetline/graph/wire.h"

namespace jetline::onnx {

// Nesting of subgraphs and of types. Real models stay under ten.
constexpr int kMaxDepth = 64;
// Nodes, values, attributes, tensors and dimensions together: bounds memory whatever the file says. The
// largest published models have some hundred thousand; a million nodes in a row are three million.
constexpr int64_t kMaxObjects = int64_t{1} << 22;
constexpr size_t kMaxAttributes = 4096;  // of one node

// External data files of one model: opened once, ranges checked against each other at the end.
class ExternalData {
 public:
  explicit ExternalData(std::string base_dir) : base_dir_(std::move(base_dir)) {}
  // A view of `length` bytes (must be `need`; -1: not given) at `offset`. Ids onnx.external-*.
  Status open(const std::string& location, int64_t offset, int64_t length, int64_t need,
              const std::string& tensor, ByteView& bytes, std::shared_ptr<const void>& owner);
  // onnx.external-overlap when two tensors share some of their bytes but not all.
  Status check_overlap() const;
  std::vector<ExternalFile> opened() const;

 private:
  struct Range {
    int64_t begin, end;
    std::string tensor;
  };
  struct File {
    std::shared_ptr<const MappedFile> map;
    std::string path;  // links resolved
    std::vector<Range> ranges;
  };
  std::string base_dir_;
  std::map<std::string, File> files_;
};

class OnnxReader {
 public:
  OnnxReader(std::shared_ptr<const void> owner, const std::string& base_dir, LoadReport& report)
      : owner_(std::move(owner)), external_(base_dir), report_(report) {}
  Status read(ByteView bytes, Model& model);

 private:
  struct NodeParts;  // what a node says of its surroundings, kept until all values have names
  using Views = std::vector<ByteView>;

  Status model_fields(ByteView bytes, Model& model, ByteView& graph, Views& functions);
  Status opset(const wire::Field& field, std::vector<OpsetImport>& out);
  Status function(ByteView bytes, Model& model);
  Status graph(ByteView bytes, Graph& graph, int depth);
  Status nodes(const Views& views, Graph& graph, int depth);
  Status node_shell(ByteView bytes, Graph& graph, NodeParts& parts);
  Status node_rest(NodeParts& parts, Graph& graph, int depth);
  Status initializer(ByteView bytes, Graph& graph);
  Status sparse_initializer(ByteView bytes, Graph& graph);
  Status annotation(ByteView bytes, Graph& graph);
  // A ValueInfo; its name, type, doc and metadata land in `into` (a value that belongs to no graph).
  Status value_info(ByteView bytes, std::string& name, Value& into);
  Status input(ByteView bytes, Graph& graph);
  Status output(ByteView bytes, Graph& graph);
  Status known_value(ByteView bytes, Graph& graph);
  Status attribute(ByteView bytes, Node* node, Graph& graph, int depth, std::vector<Attribute>& out);
  Status attribute_value(const wire::Field& field, Attribute::Kind kind, Node* node, Graph& graph, int depth,
                         Attribute::Storage& out);
  Status tensor(ByteView bytes, Tensor& out);
  Status sparse_tensor(ByteView bytes, SparseTensor& out);
  Status type(ByteView bytes, ValueType& out, int depth);
  Status tensor_type(ByteView bytes, ValueType& out);
  Status container_type(ByteView bytes, ValueType& out, int depth);
  Status shape(ByteView bytes, ValueType& out);
  Status dimension(ByteView bytes, Dim& out);
  Status metadata(const wire::Field& field, Metadata& out);

  // Helpers: a field of the wanted wire type, or onnx.malformed.
  Status text(const wire::Field& field, std::string& out);
  Status integer(const wire::Field& field, int64_t& out);
  Status bytes(const wire::Field& field, ByteView& out);
  void keep(const wire::Field& field, std::string& unknown);
  Status done(const wire::Reader& reader, const char* what);
  Status spend(int64_t n = 1);
  void note(const std::string& sentence);

  std::shared_ptr<const void> owner_;
  ExternalData external_;
  LoadReport& report_;
  int64_t objects_ = 0;
};

}  // namespace jetline::onnx
