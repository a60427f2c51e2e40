#include "jetline/fix/rewrite.h"

namespace jetline::fix {

FixContext::FixContext(Model& m, const FixOptions& o, int64_t max) : model(m), options(o), max_opset(max) {
  refresh();
}

std::string node_label(const Node& n) {
  if (!n.name.empty()) return n.name;
  const Value* first = nullptr;
  for (const Value* v : n.outputs()) first = first ? first : v;
  return first ? n.op() + " producing '" + first->name() + "'" : n.op();
}

bool FixContext::wanted(const Node& n) const {
  return places.empty() || places.count(node_label(n)) > 0;
}

void FixContext::refuse(const Node& n, std::string reason) {
  refusals.push_back({rewrite, node_label(n), std::move(reason)});
}

void FixContext::refresh() {
  opset = model.opset();
  shared.clear();
  inference = std::make_unique<ShapeInference>(model);
  inference->graph(model.graph());
}

}  // namespace jetline::fix
