// Model: what stands around the main graph.
#include "jetline/graph/graph.h"

namespace jetline {

Model::Model() : graph_(std::make_unique<Graph>(this)) {}
Model::~Model() = default;

int64_t Model::opset(std::string_view domain) const {
  for (const OpsetImport& o : opsets) {
    if (o.domain == domain) return o.version;
  }
  return 0;
}

void Model::set_opset(std::string_view domain, int64_t version) {
  for (OpsetImport& o : opsets) {
    if (o.domain == domain) {
      o.version = version;
      return;
    }
  }
  opsets.push_back({std::string(domain), version, {}});
}

const ModelFunction* Model::function(const Node& node) const {
  for (const auto& f : functions) {
    const bool same_domain = f->domain == node.domain() || (f->domain == "ai.onnx" && node.domain().empty());
    if (f->name == node.op() && same_domain && f->overload == node.overload) return f.get();
  }
  return nullptr;
}

const std::string* Model::metadata_value(std::string_view key) const {
  for (const auto& [k, v] : metadata) {
    if (k == key) return &v;
  }
  return nullptr;
}

void Model::set_metadata(const std::string& key, std::string value) {
  for (auto& [k, v] : metadata) {
    if (k == key) {
      v = std::move(value);
      return;
    }
  }
  metadata.emplace_back(key, std::move(value));
}

}  // namespace jetline
