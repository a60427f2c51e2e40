#include "jetline/importers/tensorflow/variables.h"

#include "jetline/importers/tensorflow/bundle/slices.h"
#include "jetline/importers/tensorflow/variables/object_graph.h"
#include "jetline/importers/tensorflow/variables/state.h"

namespace jetline::tf {
namespace {

Status variable_bad(const std::string& what) {
  return Status::bad_input("tf.bad-variable", what,
                           "the graph and its variables do not belong together; export the model again");
}

std::string variable_dims(const std::vector<int64_t>& dims) {
  std::string out = "[";
  for (size_t i = 0; i < dims.size(); ++i) out += (i ? "," : "") + std::to_string(dims[i]);
  return out + "]";
}

// The tensor in the type and shape that the node states.
Result<Tensor> variable_fit(const NodeDef& node, Tensor tensor) {
  const Attr* dtype = node.attr("dtype");
  const Attr* shape = node.attr("shape");
  const std::string what = "variable '" + std::string(node.name) + "'";
  const DType wanted = dtype ? to_dtype(dtype->as_type()) : tensor.dtype();
  if (wanted != tensor.dtype()) {
    return variable_bad(what + " is of type " + std::string(dtype_name(wanted)) +
                        " in the graph and of type " + std::string(dtype_name(tensor.dtype())) +
                        " in the file");
  }
  const Shape known = shape ? shape->as_shape() : Shape();
  if (!known.known_rank) return tensor;
  bool same = known.dims.size() == tensor.dims().size();
  for (size_t i = 0; same && i < known.dims.size(); ++i) {
    same = known.dims[i] < 0 || known.dims[i] == tensor.dims()[i];
  }
  if (same) return tensor;
  // A saver may reshape on the way (Saver(reshape=True)).
  if (element_count(known.dims) != tensor.count()) {
    return variable_bad(what + " has shape " + variable_dims(known.dims) + " in the graph and " +
                        variable_dims(tensor.dims()) + " in the file");
  }
  if (tensor.dtype() == DType::kString) return Tensor::of_strings(known.dims, tensor.strings());
  return Tensor::view(tensor.dtype(), known.dims, tensor.bytes(), tensor.owner());
}

}  // namespace

bool is_variable_op(std::string_view op) {
  return op == "VarHandleOp" || op == "VariableV2" || op == "Variable" || op == "AutoReloadVariable";
}

std::string resource_name(const NodeDef& node) {
  const Attr* shared = node.attr("shared_name");
  const std::string_view name = shared ? shared->as_string() : std::string_view();
  return std::string(name.empty() ? node.name : name);
}

Result<VariableSource> VariableSource::make(const MetaGraph& meta, std::optional<Bundle> bundle,
                                            AssetPath asset) {
  VariableSource out;
  out.state_ = std::make_shared<State>(meta);
  out.state_->bundle = std::move(bundle);
  out.state_->asset = std::move(asset);
  out.state_->find_restored();
  out.state_->find_initial_values();
  return out;
}

std::optional<Stored> VariableSource::State::stored(const NodeDef& variable) {
  // A node of that very name and kind in the main graph; one inside a function is known by its shared_name.
  const NodeDef* own = walker.main_node(variable.name);
  if (own && own->op == variable.op && resource_name(*own) == resource_name(variable)) {
    const auto at = by_node.find(std::string(variable.name));
    if (at != by_node.end()) return at->second;
  }
  const std::string name = resource_name(variable);
  const auto shared = by_name.find(name);
  if (shared != by_name.end() && shared->second) return shared->second;
  if (!bundle) return std::nullopt;
  read_object_graph();
  const auto full = full_names.find(name);
  if (full != full_names.end() && full->second && bundle->has(*full->second))
    return Stored{*full->second, ""};
  if (bundle->has(name)) return Stored{name, ""};
  if (bundle->has(variable.name)) return Stored{std::string(variable.name), ""};
  return std::nullopt;
}

std::string VariableSource::checkpoint_key(const NodeDef& variable) const {
  const std::optional<Stored> stored = state_->stored(variable);
  return stored ? stored->key : std::string();
}

Result<Tensor> VariableSource::value(const NodeDef& variable) const {
  State& s = *state_;
  const std::string what = "variable '" + std::string(variable.name) + "'";
  const std::optional<Stored> stored = s.stored(variable);
  if (!stored) {
    // Local variables of TensorFlow 1 are not saved, but set when the model is loaded.
    s.find_loaded();
    const auto loaded = s.loaded.find(resource_name(variable));
    if (loaded != s.loaded.end()) {
      JETLINE_ASSIGN_OR_RETURN(Tensor tensor, loaded->second.as_tensor());
      return variable_fit(variable, std::move(tensor));
    }
  }
  if (!s.bundle) {
    return Status::bad_input(
        "tf.variable-missing", "there is no file with the content of " + what,
        "a SavedModel keeps it in variables/; copy the whole folder, or freeze the graph");
  }
  if (!stored) {
    return Status::bad_input("tf.variable-missing", "the checkpoint has no content for " + what,
                             "the variable was not saved; initialise and save it before exporting");
  }
  if (stored->slice.empty()) {
    JETLINE_ASSIGN_OR_RETURN(Tensor tensor, s.bundle->tensor(stored->key));
    return variable_fit(variable, std::move(tensor));
  }
  if (s.last_key != stored->key) {
    JETLINE_ASSIGN_OR_RETURN(s.last, s.bundle->tensor(stored->key));
    s.last_key = stored->key;
  }
  Slice slice;
  if (!parse_slice(stored->slice, s.last.dims(), slice) || dtype_bits(s.last.dtype()) < 8) {
    return variable_bad(what + " is the part '" + stored->slice + "' of a tensor of shape " +
                        variable_dims(s.last.dims()) + ", which cannot be");
  }
  const size_t width = static_cast<size_t>(dtype_bits(s.last.dtype())) / 8;
  JETLINE_ASSIGN_OR_RETURN(Tensor part, Tensor::own(s.last.dtype(), slice.lengths,
                                                    take_slice(s.last.bytes(), slice, s.last.dims(), width)));
  return variable_fit(variable, std::move(part));
}

std::string VariableSource::initial_value(const NodeDef& variable) const {
  const auto at = state_->initial.find(resource_name(variable));
  return at == state_->initial.end() ? std::string() : at->second.value_or("");
}

void VariableSource::State::read_object_graph() {
  if (object_graph_read) return;
  object_graph_read = true;
  constexpr std::string_view kKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
  if (!bundle || !bundle->has(kKey)) return;
  const Result<Tensor> graph = bundle->tensor(kKey);
  // Without it the plain names are left; a file that is broken shows when its variables are read.
  if (!graph.ok() || graph->strings().size() != 1) return;
  const std::string& bytes = graph->strings()[0];
  read_full_names(ByteView(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), full_names);
}

Result<bool> VariableSource::table(const NodeDef& table, Tensor& keys, Tensor& values) const {
  state_->find_tables();
  const auto at = state_->tables.find(resource_name(table));
  if (at == state_->tables.end()) return false;
  if (!at->second.ok()) return at->second.status();
  if (!at->second->constant) return false;
  keys = at->second->keys;
  values = at->second->values;
  return true;
}

}  // namespace jetline::tf
