// Graphs, nodes and values. Two passes over the nodes: first every value gets its name, then inputs are
// looked up and subgraphs are read, so that the order of nodes in the file does not matter.
#include "jetline/graph/onnx_fields.h"
#include "jetline/graph/onnx_reader.h"

namespace jetline::onnx {
namespace {
Status graph_duplicate(const std::string& name) {
  return Status::bad_input("onnx.duplicate-name", "two values of the graph are named '" + name + "'",
                           "every value needs a name of its own; the exporting tool is at fault");
}
std::string graph_node_label(const Node& node) {
  const Value* out = node.output(0);
  return node.op() + " node '" + (node.name.empty() && out ? out->name() : node.name) + "'";
}
}  // namespace

struct OnnxReader::NodeParts {
  Node* node = nullptr;
  std::vector<std::string_view> inputs;
  Views attributes;
};

Status OnnxReader::node_shell(ByteView all, Graph& graph, NodeParts& parts) {
  std::string op, domain;
  std::vector<std::string_view> outputs;
  Node* node = graph.add_node("", {});
  parts.node = node;
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    ByteView view;
    switch (f.number) {
      case node_field::kInput:
      case node_field::kOutput:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(spend());
        (f.number == node_field::kInput ? parts.inputs : outputs).push_back(f.text());
        break;
      case node_field::kName:
        JETLINE_RETURN_IF_ERROR(text(f, node->name));
        break;
      case node_field::kOpType:
        JETLINE_RETURN_IF_ERROR(text(f, op));
        break;
      case node_field::kDomain:
        JETLINE_RETURN_IF_ERROR(text(f, domain));
        break;
      case node_field::kOverload:
        JETLINE_RETURN_IF_ERROR(text(f, node->overload));
        break;
      case node_field::kDoc:
        JETLINE_RETURN_IF_ERROR(text(f, node->doc));
        break;
      case node_field::kMetadata:
        JETLINE_RETURN_IF_ERROR(metadata(f, node->metadata));
        break;
      case node_field::kAttribute:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(spend());
        parts.attributes.push_back(view);
        break;
      default:
        keep(f, node->unknown);
    }
  }
  JETLINE_RETURN_IF_ERROR(done(reader, "a node"));
  if (op.empty()) {
    return Status::bad_input("onnx.missing-name",
                             "node '" + node->name + "' does not say which operator it is");
  }
  if (parts.attributes.size() > kMaxAttributes) {
    return Status::bad_input("onnx.too-many", "node '" + node->name + "' has too many attributes");
  }
  node->set_op(std::move(op), std::move(domain));
  for (std::string_view name : outputs) {
    if (!name.empty() && graph.find(name)) return graph_duplicate(std::string(name));
    node->add_output(std::string(name));
  }
  return Status();
}

Status OnnxReader::node_rest(NodeParts& parts, Graph& graph, int depth) {
  Node* node = parts.node;
  node->resize_inputs(parts.inputs.size());
  for (size_t i = 0; i < parts.inputs.size(); ++i) {
    if (parts.inputs[i].empty()) continue;
    Value* v = graph.find_in_scope(parts.inputs[i]);
    if (!v) {
      return Status::bad_input("onnx.dangling-input",
                               "input '" + std::string(parts.inputs[i]) + "' of " + graph_node_label(*node) +
                                   " is no input, weight or result of any node",
                               "the model was cut or edited badly; export it again");
    }
    node->set_input(i, v);
  }
  std::vector<Attribute> attributes;
  for (const ByteView& view : parts.attributes) {
    Status s = attribute(view, node, graph, depth, attributes);
    if (!s.ok()) return s.at(graph_node_label(*node));
  }
  for (Attribute& a : attributes) {
    if (node->attribute(a.name())) {
      return Status::bad_input("onnx.bad-attribute", "attribute '" + a.name() + "' is given twice", "",
                               graph_node_label(*node));
    }
    node->set_attribute(std::move(a));
  }
  return Status();
}

Status OnnxReader::nodes(const Views& views, Graph& graph, int depth) {
  std::vector<NodeParts> parts(views.size());
  for (size_t i = 0; i < views.size(); ++i) JETLINE_RETURN_IF_ERROR(node_shell(views[i], graph, parts[i]));
  for (NodeParts& p : parts) JETLINE_RETURN_IF_ERROR(node_rest(p, graph, depth));
  if (depth > 0) return Status();  // the outermost call sorts what is inside too
  const Status sorted = graph.topological_sort();
  if (!sorted.ok()) return Status::bad_input("onnx.cycle", sorted.message(), "no order of execution exists");
  size_t i = 0;
  for (const auto& n : graph.nodes()) {
    if (n.get() == parts[i++].node) continue;
    note("the nodes were not in execution order; they are now");
    break;
  }
  return Status();
}

Status OnnxReader::initializer(ByteView all, Graph& graph) {
  Tensor t;
  JETLINE_RETURN_IF_ERROR(tensor(all, t));
  const std::string name = std::move(t.name);
  t.name.clear();
  if (name.empty()) return Status::bad_input("onnx.missing-name", "a weight of the graph has no name");
  if (Value* v = graph.find(name)) {
    if (v->initializer()) return graph_duplicate(name);
    graph.set_initializer(v, std::move(t));
  } else {
    graph.add_initializer(name, std::move(t));
  }
  return Status();
}

Status OnnxReader::sparse_initializer(ByteView all, Graph& graph) {
  SparseTensor t;
  JETLINE_RETURN_IF_ERROR(sparse_tensor(all, t));
  const std::string name = std::move(t.values.name);
  t.values.name.clear();
  if (name.empty()) return Status::bad_input("onnx.missing-name", "a sparse weight of the graph has no name");
  if (Value* v = graph.find(name)) {
    if (v->initializer() || v->sparse_initializer()) return graph_duplicate(name);
    graph.set_sparse_initializer(v, std::move(t));
  } else {
    graph.add_sparse_initializer(name, std::move(t));
  }
  return Status();
}

Status OnnxReader::annotation(ByteView all, Graph& graph) {
  QuantizationAnnotation a;
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    switch (f.number) {
      case annotation_field::kTensorName:
        JETLINE_RETURN_IF_ERROR(text(f, a.tensor));
        break;
      case annotation_field::kParameters:
        JETLINE_RETURN_IF_ERROR(metadata(f, a.parameters));
        break;
      default:
        keep(f, a.unknown);
    }
  }
  graph.quantization.push_back(std::move(a));
  return done(reader, "a quantization annotation");
}

Status OnnxReader::value_info(ByteView all, std::string& name, Value& into) {
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    ByteView view;
    switch (f.number) {
      case value_info_field::kName:
        JETLINE_RETURN_IF_ERROR(text(f, name));
        break;
      case value_info_field::kType:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(type(view, into.type, 0));
        break;
      case value_info_field::kDoc:
        JETLINE_RETURN_IF_ERROR(text(f, into.doc));
        break;
      case value_info_field::kMetadata:
        JETLINE_RETURN_IF_ERROR(metadata(f, into.metadata));
        break;
      default:
        keep(f, into.unknown);
    }
  }
  return done(reader, "a value");
}

namespace {
// A later description of a value adds what the earlier one lacked.
void graph_describe(Value& value, Value& more) {
  const bool fixed = value.initializer() || value.sparse_initializer();
  if (!fixed && (value.type.kind == ValueType::Kind::kUnknown || !value.type.has_shape)) {
    if (more.type.kind != ValueType::Kind::kUnknown) value.type = std::move(more.type);
  }
  if (value.doc.empty()) value.doc = std::move(more.doc);
  if (value.metadata.empty()) value.metadata = std::move(more.metadata);
  if (value.unknown.empty()) value.unknown = std::move(more.unknown);
}
}  // namespace

Status OnnxReader::input(ByteView all, Graph& graph) {
  std::string name;
  Value described;
  JETLINE_RETURN_IF_ERROR(value_info(all, name, described));
  if (name.empty()) return Status::bad_input("onnx.missing-name", "an input of the graph has no name");
  Value* v = graph.add_input(name);
  if (!v) return graph_duplicate(name);
  graph_describe(*v, described);
  return Status();
}

Status OnnxReader::output(ByteView all, Graph& graph) {
  std::string name;
  Value described;
  JETLINE_RETURN_IF_ERROR(value_info(all, name, described));
  if (name.empty()) return Status::bad_input("onnx.missing-name", "an output of the graph has no name");
  Value* v = graph.find_in_scope(name);
  if (!v) {
    return Status::bad_input("onnx.dangling-output", "output '" + name + "' of the graph is made by no node",
                             "the model was cut or edited badly; export it again");
  }
  if (v->graph() == &graph) graph_describe(*v, described);
  graph.add_output(v);
  return Status();
}

Status OnnxReader::known_value(ByteView all, Graph& graph) {
  std::string name;
  Value described;
  JETLINE_RETURN_IF_ERROR(value_info(all, name, described));
  if (Value* v = graph.find(name)) {
    graph_describe(*v, described);
  } else {
    note("a type is given for '" + name + "', which is no value of the graph; dropped");
  }
  return Status();
}

Status OnnxReader::graph(ByteView all, Graph& graph, int depth) {
  if (depth > kMaxDepth) {
    return Status::bad_input("onnx.too-deep",
                             "graphs are nested more than " + std::to_string(kMaxDepth) + " deep");
  }
  Views node_views, inputs, outputs, infos, tensors, sparse;
  wire::Reader reader(all);
  wire::Field f;
  while (reader.next(f)) {
    ByteView view;
    Views* list = f.number == graph_field::kNode                ? &node_views
                  : f.number == graph_field::kInput             ? &inputs
                  : f.number == graph_field::kOutput            ? &outputs
                  : f.number == graph_field::kValueInfo         ? &infos
                  : f.number == graph_field::kInitializer       ? &tensors
                  : f.number == graph_field::kSparseInitializer ? &sparse
                                                                : nullptr;
    if (list) {
      JETLINE_RETURN_IF_ERROR(bytes(f, view));
      JETLINE_RETURN_IF_ERROR(spend());
      list->push_back(view);
      continue;
    }
    switch (f.number) {
      case graph_field::kName:
        JETLINE_RETURN_IF_ERROR(text(f, graph.name));
        break;
      case graph_field::kDoc:
        JETLINE_RETURN_IF_ERROR(text(f, graph.doc));
        break;
      case graph_field::kMetadata:
        JETLINE_RETURN_IF_ERROR(metadata(f, graph.metadata));
        break;
      case graph_field::kQuantization:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(annotation(view, graph));
        break;
      default:
        keep(f, graph.unknown);
    }
  }
  JETLINE_RETURN_IF_ERROR(done(reader, "a graph"));
  for (const ByteView& v : inputs) JETLINE_RETURN_IF_ERROR(input(v, graph));
  for (const ByteView& v : tensors) JETLINE_RETURN_IF_ERROR(initializer(v, graph));
  for (const ByteView& v : sparse) JETLINE_RETURN_IF_ERROR(sparse_initializer(v, graph));
  JETLINE_RETURN_IF_ERROR(nodes(node_views, graph, depth));
  for (const ByteView& v : outputs) JETLINE_RETURN_IF_ERROR(output(v, graph));
  for (const ByteView& v : infos) JETLINE_RETURN_IF_ERROR(known_value(v, graph));
  return Status();
}

}  // namespace jetline::onnx
