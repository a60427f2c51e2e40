#include "jetline/importers/tensorflow/interface.h"

#include "jetline/importers/tensorflow/control/functionalize.h"

#include <algorithm>
#include <set>

namespace jetline::tf {
namespace {

const NodeDef* interface_node(const GraphDef& graph, std::string_view tensor) {
  const std::string_view name = tensor.substr(0, tensor.find(':'));
  for (const NodeDef& n : graph.nodes)
    if (n.name == name) return &n;
  return nullptr;
}

std::string interface_near(const GraphDef& graph, std::string_view name) {
  for (const NodeDef& n : graph.nodes) {
    const std::string_view tail = n.name.substr(n.name.find_last_of('/') + 1);
    if (tail == name || (n.name.size() > name.size() && n.name.find(name) != std::string_view::npos))
      return "did you mean '" + std::string(n.name) + ":0'?";
  }
  return "tensors are named 'node:output', such as 'x:0'";
}

// Whether a node that nobody uses may be what the graph is for: no leftovers of training, no handles, no
// lists.
bool interface_is_end(const NodeDef& n) {
  for (const char* key : {"T", "dtype"}) {
    const Attr* a = n.attr(key);
    const DataType t = a ? a->as_type() : DataType::kInvalid;
    if (t == DataType::kResource || t == DataType::kVariant) return false;
  }
  static const std::set<std::string_view> kAside = {"NoOp",
                                                    "Assert",
                                                    "Placeholder",
                                                    "Const",
                                                    "SaveV2",
                                                    "RestoreV2",
                                                    "Assign",
                                                    "VarHandleOp",
                                                    "VariableV2",
                                                    "AssignVariableOp",
                                                    "ScalarSummary",
                                                    "MergeSummary",
                                                    "HistogramSummary",
                                                    "EmptyTensorList",
                                                    "TensorListReserve",
                                                    "TensorListFromTensor",
                                                    "TensorListSetItem",
                                                    "TensorListPushBack",
                                                    "TensorListResize",
                                                    "TensorListScatterV2",
                                                    "TensorArrayV3",
                                                    "TensorArrayWriteV3",
                                                    "TensorArrayScatterV3",
                                                    "TensorArraySplitV3",
                                                    "TensorArrayCloseV3"};
  return kAside.count(n.op) == 0;
}

int interface_output_index(std::string_view tensor) {
  const size_t colon = tensor.find(':');
  int index = 0;
  if (colon != std::string_view::npos) {
    for (char c : tensor.substr(colon + 1)) {
      if (c < '0' || c > '9' || index > 100000) return 0;
      index = index * 10 + (c - '0');
    }
  }
  return index;
}

}  // namespace

Result<Interface> signature_interface(const MetaGraph& meta, const ImportOptions& options) {
  const SignatureDef* found = nullptr;
  std::vector<const SignatureDef*> usable;
  std::string names;
  for (const SignatureDef& s : meta.signatures) {
    if (s.key == "__saved_model_init_op" || s.key == "__saved_model_train_op") continue;
    usable.push_back(&s);
    names += (names.empty() ? "" : ", ") + std::string(s.key);
    if (s.key == (options.signature.empty() ? std::string_view("serving_default") : options.signature))
      found = &s;
  }
  if (!found && options.signature.empty() && usable.size() == 1) found = usable[0];
  if (!found) {
    return Status::bad_input(
        "tf.no-signature",
        options.signature.empty() ? "the model has no signature 'serving_default'"
                                  : "the model has no signature '" + options.signature + "'",
        names.empty() ? "it has none at all: name tensors with --inputs and --outputs" : "it has: " + names);
  }
  Interface out;
  out.signature = std::string(found->key);
  auto ends = [&](const auto& from, std::vector<End>& to) -> Status {
    for (const auto& [name, info] : from) {
      if (info.composite || info.name.empty()) {
        return Status::bad_input(
            "tf.unsupported-form",
            "'" + std::string(name) + "' of the signature is a sparse or composite tensor",
            "export a signature of dense tensors");
      }
      to.push_back({std::string(name), std::string(info.name), info.dtype, info.shape});
    }
    return Status();
  };
  if (Status s = ends(found->inputs, out.inputs); !s.ok()) return s;
  for (End& e : out.inputs) {  // exporters of TensorFlow 1 left shapes out of signatures; the graph has them
    const NodeDef* n = e.shape.known_rank ? nullptr : interface_node(meta.graph, e.tensor);
    const Attr* shape = n && n->op == "Placeholder" ? n->attr("shape") : nullptr;
    if (shape) e.shape = shape->as_shape();
    const Attr* inferred = n && !e.shape.known_rank ? n->attr("_output_shapes") : nullptr;
    const auto index = static_cast<size_t>(interface_output_index(e.tensor));
    if (inferred && index < inferred->shapes().size()) e.shape = inferred->shapes()[index];
  }
  if (Status s = ends(found->outputs, out.outputs); !s.ok()) return s;
  for (End& e : out.outputs) {  // TensorFlow Hub calls both ends "default"; ONNX has one space of names
    for (const End& in : out.inputs)
      if (in.name == e.name) e.name += "_output";
  }
  if (out.outputs.empty()) {
    return Status::bad_input("tf.no-outputs", "the signature '" + out.signature + "' returns nothing",
                             names.empty() ? "" : "choose another one of: " + names);
  }
  bool one_node = true;
  for (const End& e : out.outputs) {
    one_node = one_node && e.tensor.substr(0, e.tensor.find(':')) ==
                               out.outputs[0].tensor.substr(0, out.outputs[0].tensor.find(':'));
  }
  if (one_node) {
    std::stable_sort(out.outputs.begin(), out.outputs.end(), [](const End& a, const End& b) {
      return interface_output_index(a.tensor) < interface_output_index(b.tensor);
    });
  }
  return out;
}

Result<Interface> tensor_interface(const MetaGraph& meta, const ImportOptions& options) {
  const GraphDef& graph = meta.graph;
  Interface out;
  auto add = [&](const std::string& written, std::vector<End>& to) -> Status {
    const NodeDef* n = interface_node(graph, written);
    if (!n) {
      return Status::bad_input("tf.no-such-tensor",
                               "the graph has no node '" + written.substr(0, written.find(':')) + "'",
                               interface_near(graph, written.substr(0, written.find(':'))));
    }
    End e{written, written.find(':') == std::string::npos ? written + ":0" : written, DataType::kInvalid, {}};
    if (n->op == "Placeholder" || n->op == "PlaceholderV2" || n->op == "PlaceholderWithDefault") {
      if (const Attr* a = n->attr("dtype")) e.dtype = a->as_type();
      if (const Attr* a = n->attr("shape")) e.shape = a->as_shape();
      // TensorFlow before 1.0 wrote a scalar's shape where it knew none.
      if (e.shape.known_rank && e.shape.dims.empty() && graph.producer > 0 && graph.producer < 24)
        e.shape = Shape();
    } else if (const Attr* t = n->attr("T")) {
      e.dtype = t->as_type();
    } else if (const Attr* d = n->attr("dtype")) {
      e.dtype = d->as_type();
    }
    to.push_back(std::move(e));
    return Status();
  };
  for (const std::string& name : options.inputs)
    if (Status s = add(name, out.inputs); !s.ok()) return s;
  for (const std::string& name : options.outputs)
    if (Status s = add(name, out.outputs); !s.ok()) return s;
  if (options.inputs.empty()) {
    for (const NodeDef& n : graph.nodes)
      if (n.op == "Placeholder" || n.op == "PlaceholderV2")
        if (Status s = add(std::string(n.name), out.inputs); !s.ok()) return s;
  }
  if (options.outputs.empty()) {
    std::set<std::string_view> used;
    for (const NodeDef& n : graph.nodes)
      for (std::string_view input : n.inputs) used.insert(parse_input(input, false).node);
    const std::vector<bool> in_loop = inside_frames(graph.nodes);
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const NodeDef& n = graph.nodes[i];
      if (!used.count(n.name) && interface_is_end(n) && !in_loop[i])
        if (Status s = add(std::string(n.name), out.outputs); !s.ok()) return s;
    }
  }
  if (out.outputs.empty())
    return Status::bad_input("tf.no-outputs", "no node of the graph is an output",
                             "name them with --outputs node:0");
  return out;
}

}  // namespace jetline::tf
