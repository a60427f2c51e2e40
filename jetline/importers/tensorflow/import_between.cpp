// From the ends of a TensorFlow graph to an ONNX model.
#include <chrono>
#include <set>

#include "jetline/importers/tensorflow/interface.h"

namespace jetline::tf {
namespace {

// The type of a graph input: the signature's shape, then what the caller fixes.
// The leading dimension is called "batch" when it is the only open one of its kind: one name for several
// inputs would say that they are equal.
Result<ValueType> between_type(const End& end, const ImportOptions& options, bool only) {
  ValueType t = ValueType::tensor(to_dtype(end.dtype));
  auto given = options.shapes.find(end.name);
  if (given == options.shapes.end()) given = options.shapes.find(end.tensor);
  if (given == options.shapes.end()) given = options.shapes.find(end.tensor.substr(0, end.tensor.find(':')));
  std::vector<int64_t> dims = end.shape.dims;
  bool known = end.shape.known_rank;
  if (given != options.shapes.end()) {
    if (known && dims.size() != given->second.size()) {
      return Status::usage("tf.shape", "'" + end.name + "' has " + std::to_string(dims.size()) +
                                           " dimensions and --shape gives " +
                                           std::to_string(given->second.size()));
    }
    for (size_t i = 0; known && i < dims.size(); ++i) {
      if (dims[i] >= 0 && given->second[i] >= 0 && dims[i] != given->second[i] && i > 0) {
        return Status::usage("tf.shape", "dimension " + std::to_string(i) + " of '" + end.name + "' is " +
                                             std::to_string(dims[i]) + " in the model; --shape says " +
                                             std::to_string(given->second[i]));
      }
    }
    dims = given->second;
    known = true;
  }
  if (!known) return t;
  if (options.batch && !dims.empty() && (dims[0] < 0 || *options.batch < 0)) dims[0] = *options.batch;
  t.has_shape = true;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] >= 0) {
      t.shape.emplace_back(dims[i]);
    } else {
      t.shape.push_back(Dim::named(i == 0 && only ? "batch" : end.name + "_dim" + std::to_string(i)));
    }
  }
  return t;
}

// Gives `v` the public name of an output; through an Identity where the value has a name of its own to keep.
Status between_output(Model& model, Converter& converter, Value* v, const std::string& name) {
  Graph& g = model.graph();
  if (v->is_input() || v->initializer() || v->is_output() || v->graph() != &g)
    v = converter.emit(name, "Identity", {v}, 1, {})[0];
  if (v->initializer()) {  // folded: constants are no outputs in ONNX
    Node* n = g.add_node("Identity", {v});
    n->name = g.unique_name(name);
    Value* out = n->add_output(g.unique_name(name));
    out->type = v->type;
    v = out;
  }
  if (v->name() != name) {
    if (Value* taken = g.find(name)) {
      if (taken->is_input()) {
        return Status::bad_input("tf.duplicate-name",
                                 "'" + name + "' is the name of an input and of an output",
                                 "give one of them another name with --rename");
      }
      if (Status s = g.rename(taken, g.unique_name(name + "/inner")); !s.ok()) return s;
    }
    if (Status s = g.rename(v, name); !s.ok()) return s;
  }
  g.add_output(v);
  return Status();
}

}  // namespace

Result<Imported> import_between(const MetaGraph& meta, const Interface& interface, StateSource state,
                                const ImportOptions& options, ImportReport& report) {
  const auto started = std::chrono::steady_clock::now();
  Imported out;
  out.model = std::make_unique<Model>();
  out.signature = interface.signature;
  out.tensorflow_version = std::string(meta.tensorflow_version);
  Model& model = *out.model;
  model.set_opset("", 13);  // the form that rules emit; convert_opset takes it further
  model.producer_name = "jetline";
  model.graph().name = interface.signature.empty() ? "graph" : interface.signature;

  std::unordered_map<std::string_view, Symbol> fed;
  Converter converter(model, meta.library, std::move(state), options, report);
  for (const End& e : interface.inputs) {
    const std::string_view node = std::string_view(e.tensor).substr(0, e.tensor.find(':'));
    if (to_dtype(e.dtype) == DType::kUndefined || to_dtype(e.dtype) == DType::kString) {
      // What computes with it is refused; nothing else knows of it.
      report.warnings.push_back({"tf.input-dropped", "the input '" + e.name + "' is of type " +
                                                         std::string(data_type_name(e.dtype)) +
                                                         " and was left out"});
      fed.emplace(node, to_dtype(e.dtype) == DType::kString ? Symbol::unknown_strings() : Symbol::token());
      continue;
    }
    Result<ValueType> type = between_type(e, options, interface.inputs.size() == 1);
    if (!type.ok()) return type.status();
    Value* v = model.graph().add_input(e.name, std::move(type).value());
    if (!v) return Status::bad_input("tf.duplicate-name", "two inputs are called '" + e.name + "'");
    fed.emplace(node, Symbol(v));
    out.inputs.emplace_back(e.name, e.tensor);
  }
  std::vector<std::string> fetches;
  for (const End& e : interface.outputs) fetches.push_back(e.tensor);
  const std::vector<Symbol> got = converter.run(meta.graph, fetches, fed);
  if (converter.stopped()) return out;
  converter.finish();
  if (!converter.failure().ok()) return converter.failure();
  for (size_t i = 0; i < interface.outputs.size(); ++i) {
    const End& e = interface.outputs[i];
    const Symbol s = i < got.size() ? got[i] : Symbol();
    if (s.is_tensor()) {
      if (Status st = between_output(model, converter, s.value(), e.name); !st.ok()) return st;
      out.outputs.emplace_back(e.name, e.tensor);
    } else if (s.kind() != Symbol::Kind::kNone) {
      report.unsupported.push_back({"output '" + e.name + "'",
                                    s.kind() == Symbol::Kind::kStrings ? "is a string"
                                    : s.kind() == Symbol::Kind::kDead
                                        ? "is made by a branch that is never taken"
                                        : "is a handle or list, no tensor",
                                    "choose other outputs with --outputs",
                                    {e.tensor},
                                    {}});
    }
  }
  if (!report.unsupported.empty() || out.outputs.size() != interface.outputs.size()) {
    std::string names;
    for (const Unsupported& u : report.unsupported) names += (names.empty() ? "" : ", ") + u.op;
    return Status::bad_input("tf.unsupported-op", "the model needs what ONNX cannot say: " + names,
                             report.unsupported.empty() ? "" : report.unsupported[0].reason);
  }
  if (Status s = model.graph().topological_sort(); !s.ok()) return s;
  report.seconds.emplace_back(
      "convert", std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  return out;
}

Result<Imported> import_graph_def(ByteView graph_def, std::shared_ptr<const void> owner,
                                  const ImportOptions& options, ImportReport* report) {
  ImportReport own;
  if (!report) report = &own;
  Result<MetaGraph> meta = parse_graph_def(graph_def, std::move(owner));
  if (!meta.ok()) return meta.status();
  Result<Interface> interface = tensor_interface(*meta, options);
  if (!interface.ok()) return interface.status();
  return import_between(*meta, *interface, {}, options, *report);
}

}  // namespace jetline::tf
