// Model: what stands around the main graph.
#include "jetline/graph/graph.h"

#include <utility>

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

void Model::swap(Model& other) {
  std::swap(ir_version, other.ir_version);
  std::swap(opsets, other.opsets);
  std::swap(producer_name, other.producer_name);
  std::swap(producer_version, other.producer_version);
  std::swap(domain, other.domain);
  std::swap(doc, other.doc);
  std::swap(model_version, other.model_version);
  std::swap(metadata, other.metadata);
  std::swap(functions, other.functions);
  std::swap(external_files, other.external_files);
  std::swap(unknown, other.unknown);
  std::swap(graph_, other.graph_);
  for (Model* m : {this, &other}) {
    m->graph_->set_model(m);
    for (const auto& f : m->functions) {
      if (f->body) f->body->set_model(m);
    }
  }
}

}  // namespace jetline
