// Any bytes as a SavedModel, a frozen graph, a function and a constant: reading ends with a result or a
// Status, and everything in the result can be looked at.
#include "jetline/importers/tensorflow/proto.h"
#include "jetline/importers/tensorflow/saved_model_folder.h"
#include "jetline/importers/tensorflow/variables.h"

namespace {
namespace tf = jetline::tf;

size_t look(const tf::Attr& a) {
  size_t n = a.kind() == tf::Attr::Kind::kNone ? 0 : 1;
  n += a.as_shape().dims.size() + a.as_func().name.size() + a.as_string().size();
  n += a.ints().size() + a.floats().size() + a.bools().size() + a.strings().size() + a.types().size();
  n += a.shapes().size() + a.funcs().size() + a.tensors().size();
  const auto t = a.as_tensor();
  return n + (t.ok() ? t->bytes().size() : 0);
}

size_t look(const std::vector<tf::NodeDef>& nodes, bool in_function) {
  size_t n = 0;
  for (const tf::NodeDef& node : nodes) {
    for (std::string_view input : node.inputs) n += tf::parse_input(input, in_function).node.size();
    for (const auto& [key, attr] : node.attrs) n += look(attr);
  }
  return n;
}

size_t look(const tf::MetaGraph& meta) {
  size_t n = look(meta.graph.nodes, false);
  for (std::string_view name : meta.library.names()) {
    const auto f = meta.library.find(name);
    if (f.ok()) n += look((*f)->nodes, true);
  }
  auto variables = tf::VariableSource::make(meta, std::nullopt);
  if (!variables.ok()) return n;
  for (const tf::NodeDef& node : meta.graph.nodes) {
    jetline::Tensor keys, values;
    n += variables->checkpoint_key(node).size() + variables->initial_value(node).size();
    (void)variables->table(node, keys, values);
  }
  return n;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const jetline::ByteView bytes(data, size);
  size_t n = 0;
  if (const auto model = tf::parse_saved_model(bytes, nullptr); model.ok()) {
    for (const tf::MetaGraph& meta : model->metas) n += look(meta);
  }
  if (const auto graph = tf::parse_graph_def(bytes, nullptr); graph.ok()) n += look(*graph);
  if (const auto function = tf::parse_function(bytes, nullptr); function.ok())
    n += look(function->nodes, true);
  (void)tf::parse_tensor(bytes, nullptr);
  if (const auto debug = tf::DebugInfo::parse(bytes, nullptr); debug.ok()) n += debug->stack("n", "f").size();
  return n == static_cast<size_t>(-1) ? 1 : 0;
}
