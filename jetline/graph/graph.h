// The ONNX model in memory, as an intermediate representation made for rewriting: values know their producer
// and every use (in subgraphs too), nodes stand in a list that can be edited anywhere, weights are views on
// the file. Importers build it, passes change it, checkers read it; onnx_file.h loads and saves it, builder.h
// builds small graphs with little text.
//
// Ownership: Model owns its main Graph and functions; a Graph owns its Nodes and Values; a Node owns its
// attributes and with them its subgraphs. Node* and Value* stay valid until that thing is removed. A node in
// a subgraph may take a Value of an enclosing graph as input directly: outer scope is a pointer, not a name.
// Names: a Value's name is unique in its graph and never empty; an optional input or output that is left out
// is a null Value*. Node names may be empty and need not be unique (as in ONNX). Threads: one writer, or many
// readers. Ids: graph.duplicate-name, graph.in-use (removing what is still used), graph.cycle, graph.scope
// (use of a value that is not visible from there).
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jetline/graph/attribute.h"

namespace jetline {

class Model;
class Node;
class Value;

// One place where a value is used: input `index` of `node`, or (node null) output `index` of `graph`.
struct Use {
  Node* node = nullptr;
  Graph* graph = nullptr;  // the graph the use stands in
  int index = 0;
};

class Value {
 public:
  const std::string& name() const { return name_; }
  Graph* graph() const { return graph_; }
  Node* producer() const { return producer_; }  // null for graph inputs and initialisers
  int producer_output() const { return producer_output_; }
  const std::vector<Use>& uses() const { return uses_; }  // in no particular order
  bool is_input() const { return is_input_; }             // listed among the graph's inputs
  bool is_output() const;                                 // used as an output of some graph
  // The constant stored in the model for this value; null if none. With is_input() it is a default that a
  // caller may override (and every initialiser of IR version 3 is such).
  const Tensor* initializer() const { return initializer_.get(); }
  const SparseTensor* sparse_initializer() const { return sparse_.get(); }
  bool is_constant() const { return initializer_ && !is_input_; }

  ValueType type;
  std::string doc;
  Metadata metadata;
  std::string unknown;  // unmodelled protobuf fields of its ValueInfo

 private:
  friend class Graph;
  friend class Node;
  std::string name_;
  Graph* graph_ = nullptr;
  Node* producer_ = nullptr;
  int producer_output_ = 0;
  bool is_input_ = false;
  std::vector<Use> uses_;
  std::unique_ptr<const Tensor> initializer_;
  std::unique_ptr<const SparseTensor> sparse_;
  std::list<std::unique_ptr<Value>>::iterator where_;
};

class Node {
 public:
  ~Node();
  const std::string& op() const { return op_; }          // "Conv"
  const std::string& domain() const { return domain_; }  // "" is ai.onnx (that spelling is normalised to "")
  bool is(std::string_view op) const { return op_ == op && domain_.empty(); }
  Graph* graph() const { return graph_; }

  const std::vector<Value*>& inputs() const { return inputs_; }
  const std::vector<Value*>& outputs() const { return outputs_; }
  // Null past the end or where an optional one is left out.
  Value* input(size_t i) const { return i < inputs_.size() ? inputs_[i] : nullptr; }
  Value* output(size_t i) const { return i < outputs_.size() ? outputs_[i] : nullptr; }
  void set_input(size_t i, Value* value);  // grows the list with left-out inputs as needed
  void resize_inputs(size_t n);
  // A further output named `name` (must be free; see Graph::unique_name). Empty: left out, returns null.
  Value* add_output(const std::string& name);

  const std::vector<Attribute>& attributes() const { return attributes_; }
  const Attribute* attribute(std::string_view name) const;
  void set_attribute(Attribute attribute);  // replaces one of the same name
  bool remove_attribute(std::string_view name);
  // Typed reads with the operator's default; also the default when the attribute has another kind.
  int64_t int_or(std::string_view name, int64_t other) const;
  float float_or(std::string_view name, float other) const;
  std::string string_or(std::string_view name, const std::string& other) const;
  std::vector<int64_t> ints_or(std::string_view name, std::vector<int64_t> other) const;
  std::vector<Graph*> subgraphs() const;  // of all attributes, in order

  void set_op(std::string op, std::string domain = "");
  std::string name;
  std::string overload;  // picks one of several functions of one name (IR version 10)
  std::string doc;
  Metadata metadata;
  std::string unknown;  // unmodelled protobuf fields (device configurations)

 private:
  friend class Graph;
  Node() = default;
  std::string op_, domain_;
  Graph* graph_ = nullptr;
  std::list<std::unique_ptr<Node>>::iterator where_;
  std::vector<Value*> inputs_, outputs_;
  std::vector<Attribute> attributes_;
};

// Which tensors hold scale and zero point of a value (GraphProto.quantization_annotation).
struct QuantizationAnnotation {
  std::string tensor;
  Metadata parameters;  // "SCALE_TENSOR" -> value name
  std::string unknown;
};

class Graph {
 public:
  using NodeList = std::list<std::unique_ptr<Node>>;
  // `model` may be null for a free-standing graph; `parent` is the node whose attribute will own this graph.
  explicit Graph(Model* model = nullptr, Node* parent = nullptr);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  Model* model() const { return model_; }
  Node* parent() const { return parent_; }  // null for a main graph and function bodies
  Graph* outer() const { return parent_ ? parent_->graph() : nullptr; }

  // --- values
  // All values of this graph in order of creation.
  using ValueList = std::list<std::unique_ptr<Value>>;
  const ValueList& values() const { return values_; }
  const std::vector<Value*>& inputs() const { return inputs_; }  // as listed, initialisers of IR 3 included
  std::vector<Value*> free_inputs() const;                       // those without an initialiser
  const std::vector<Value*>& outputs() const { return outputs_; }
  const std::vector<Value*>& initializers() const { return initializers_; }  // dense and sparse, in order
  Value* find(std::string_view name) const;           // in this graph only; null if none
  Value* find_in_scope(std::string_view name) const;  // here, then in enclosing graphs
  // A name no value of the model has: `base`, or `base_1`, `base_2`, … An empty base gives "v".
  std::string unique_name(std::string_view base) const;
  Status rename(Value* value, const std::string& name);  // graph.duplicate-name

  Value* add_input(const std::string& name, ValueType type = {});  // null when the name is taken or empty
  Value* add_initializer(const std::string& name, Tensor tensor);  // null when the name is taken or empty
  Value* add_sparse_initializer(const std::string& name, SparseTensor tensor);
  // Gives an existing value (a graph input, for IR 3) its stored constant; keeps its place in initializers().
  void set_initializer(Value* value, Tensor tensor);
  void set_sparse_initializer(Value* value, SparseTensor tensor);
  void clear_initializer(Value* value);  // the value must be an input or get a producer
  void add_output(Value* value);         // the same value may be listed more than once
  void set_output(size_t i, Value* value);
  void remove_output(size_t i);
  Status remove_input(Value* value);        // graph.in-use
  Status remove_initializer(Value* value);  // graph.in-use; an input stays as input

  // Every use of `from` (other graphs' too, outputs included) becomes a use of `to`. An output of the graph
  // keeps its public name: see replace_and_keep_name.
  void replace_all_uses(Value* from, Value* to);
  // The same, and where `from` is an output of its graph `to` takes over its name and `from` gets a new one.
  // For passes that replace the producer of an output. `to` must be produced in the same graph (graph.scope)
  // and not be an input.
  Status replace_and_keep_name(Value* from, Value* to);

  // --- nodes
  const NodeList& nodes() const { return nodes_; }  // in execution order
  bool has_subgraphs() const { return nested_ > 0; }
  std::vector<Node*> node_list() const;  // a copy, safe to walk while nodes are removed
  size_t node_count() const { return nodes_.size(); }
  // A node without outputs yet, at the end or before `before` (a node of this graph).
  Node* add_node(std::string op, std::vector<Value*> inputs, Node* before = nullptr, std::string domain = "");
  // The same with one output named by unique_name(name).
  Value* add_op(std::string op, std::vector<Value*> inputs, std::string_view name, Node* before = nullptr);
  Status remove(Node* node);                   // graph.in-use while an output has uses
  void move_before(Node* node, Node* before);  // before null: to the end
  // A copy of `node` (of any graph of any model) with its subgraphs, in this graph; inputs are mapped by
  // `map` (those not in it are kept), outputs get unique names.
  Node* clone_node(const Node& node, const std::unordered_map<const Value*, Value*>& map,
                   Node* before = nullptr);
  // Removes nodes (and then initialisers) that nothing uses, here and in subgraphs; returns how many nodes.
  size_t remove_dead();
  // Orders nodes so that producers stand before their users, stable (file order where free). graph.cycle.
  Status topological_sort();

  std::unique_ptr<Graph> clone(Model* model = nullptr) const;  // outer values are referred to as they are
  // Checks the invariants (links both ways, names, scope, order); for tests and after passes. Internal
  // errors.
  Status verify() const;

  std::string name, doc;
  Metadata metadata;
  std::vector<QuantizationAnnotation> quantization;
  std::string unknown;

  void set_model(Model* model);  // here and in subgraphs; used when a free graph joins a model

 private:
  friend class Node;
  Value* new_value(const std::string& name);
  void erase_value(Value* value);
  void add_use(Value* value, Use use);
  void drop_use(Value* value, const Use& use);
  Model* model_;
  Node* parent_;
  NodeList nodes_;
  ValueList values_;
  std::unordered_map<std::string_view, Value*> by_name_;  // keys view the values' own names
  mutable std::unordered_map<std::string, int>
      next_suffix_;  // so that unique_name does not count from 1 each time
  std::vector<Value*> inputs_, outputs_, initializers_;
  size_t nested_ = 0;     // attributes of this graph's nodes that hold subgraphs
  bool closing_ = false;  // being destroyed: uses of its values need no book-keeping

 public:
  void set_parent(Node* parent) { parent_ = parent; }  // by Node::set_attribute
};

struct OpsetImport {
  std::string domain;  // "" is ai.onnx
  int64_t version = 0;
  std::string unknown;
};

// An operator defined in the model itself (FunctionProto). The body's inputs and outputs are values of
// `body`.
struct ModelFunction {
  std::string domain, name, overload, doc;
  std::vector<std::string> attributes;        // required of the caller
  std::vector<Attribute> attribute_defaults;  // optional ones
  std::vector<OpsetImport> opsets;
  Metadata metadata;
  std::unique_ptr<Graph> body;
  std::string unknown;
};

// A file beside the model that holds weights; tensors view it. Saving may refer to it again.
struct ExternalFile {
  std::string location;  // as the model names it, relative to its folder
  std::string path;      // where it was found, links resolved
  ByteView bytes;
  std::shared_ptr<const void> owner;  // of bytes
};

class Model {
 public:
  Model();
  ~Model();
  Graph& graph() { return *graph_; }
  const Graph& graph() const { return *graph_; }

  int64_t ir_version = 8;
  std::vector<OpsetImport> opsets;
  std::string producer_name, producer_version, domain, doc;
  int64_t model_version = 0;
  Metadata metadata;  // metadata_props
  std::vector<std::unique_ptr<ModelFunction>> functions;
  std::vector<ExternalFile> external_files;  // as found by loading
  std::string unknown;  // unmodelled protobuf fields (training_info, device configuration)

  int64_t opset(std::string_view domain = "") const;  // 0 when not imported
  void set_opset(std::string_view domain, int64_t version);
  const ModelFunction* function(const Node& node) const;  // that defines the node's operator; null if none
  const std::string* metadata_value(std::string_view key) const;
  void set_metadata(const std::string& key, std::string value);  // replaces the first, else appends
  std::unique_ptr<Model> clone() const;                          // weights are shared
  void swap(Model& other);                                       // nodes and values keep their addresses

 private:
  std::unique_ptr<Graph> graph_;
};

}  // namespace jetline
