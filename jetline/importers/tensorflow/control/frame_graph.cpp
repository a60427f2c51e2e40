#include "jetline/importers/tensorflow/control/frame_graph.h"

#include "jetline/graph/wire.h"

namespace jetline::tf::frames {
namespace {

Attr frame_attr(const wire::Writer& w) {
  auto bytes = std::make_shared<const std::string>(w.str());
  const ByteView view(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
  return Attr(view, bytes);
}

}  // namespace

bool is_switch(std::string_view op) {
  return op == "Switch" || op == "RefSwitch";
}
bool is_merge(std::string_view op) {
  return op == "Merge" || op == "RefMerge";
}
bool is_enter(std::string_view op) {
  return op == "Enter" || op == "RefEnter";
}
bool is_exit(std::string_view op) {
  return op == "Exit" || op == "RefExit";
}
bool is_next(std::string_view op) {
  return op == "NextIteration" || op == "RefNextIteration";
}

// tensorflow/core/framework/attr_value.proto: i = 3, func = 10; NameAttrList.name = 1.
Attr function_attr(std::string_view function) {
  wire::Writer name, w;
  name.text(1, function);
  w.message(10, std::move(name));
  return frame_attr(w);
}

Attr int_attr(int64_t value) {
  wire::Writer w;
  w.int64(3, value);
  return frame_attr(w);
}

FrameGraph::FrameGraph(std::vector<NodeDef>& nodes, bool in_function)
    : nodes_(&nodes), in_function_(in_function) {
  index_.reserve(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) index_.emplace(nodes[i].name, static_cast<int>(i));
}

Edge FrameGraph::edge(std::string_view input) const {
  const InputRef ref = parse_input(input, in_function_);
  Edge e;
  e.control = ref.control;
  e.port = ref.index;
  const auto it = index_.find(ref.node);
  if (it == index_.end()) return e;
  e.node = it->second;
  if (ref.output_name == "output_true" || ref.output_name == "value_index") e.port = 1;
  return e;
}

int FrameGraph::add(NodeDef node) {
  const int i = static_cast<int>(nodes_->size());
  nodes_->push_back(std::move(node));
  index_.emplace(nodes_->back().name, i);
  return i;
}

std::string_view FrameGraph::keep(std::string text) {
  names_->push_back(std::move(text));
  return names_->back();
}

}  // namespace jetline::tf::frames
