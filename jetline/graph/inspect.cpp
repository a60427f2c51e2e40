#include "jetline/graph/inspect.h"

#include "jetline/base/strings.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/graph_walk.h"

namespace jetline {
namespace {
bool inspect_is_floating(DType t) {
  switch (t) {
    case DType::kF32:
    case DType::kF64:
    case DType::kF16:
    case DType::kBF16:
    case DType::kF8E4M3FN:
    case DType::kF8E4M3FNUZ:
    case DType::kF8E5M2:
    case DType::kF8E5M2FNUZ:
    case DType::kF4E2M1:
      return true;
    default:
      return false;
  }
}

void inspect_weight(const Tensor& t, ModelSummary& s) {
  s.parameters += t.count();
  s.weight_bytes += t.byte_count();
}
}  // namespace

ModelSummary summarize(Model& model) {
  ModelSummary s;
  s.ir_version = model.ir_version;
  s.producer = model.producer_name + (model.producer_version.empty() ? "" : " " + model.producer_version);
  for (const OpsetImport& o : model.opsets)
    s.opsets.emplace_back(o.domain.empty() ? "ai.onnx" : o.domain, o.version);
  s.functions = static_cast<int64_t>(model.functions.size());
  for (const auto& entry : model.metadata) {
    if (entry.first != kCardKey) s.metadata.push_back(entry);
  }
  s.inference = infer_shapes(model);
  s.macs = count_macs(model);
  for (const Value* v : model.graph().free_inputs()) s.inputs.push_back({v->name(), v->type});
  for (const Value* v : model.graph().outputs()) s.outputs.push_back({v->name(), v->type});
  for_each_graph(model, [&](const Graph& g) {
    for (const Value* v : g.initializers()) {
      if (v->initializer()) inspect_weight(*v->initializer(), s);
      if (v->sparse_initializer()) inspect_weight(v->sparse_initializer()->values, s);
    }
    for (const auto& n : g.nodes()) {
      ++s.nodes;
      ++s.ops[n->domain().empty() ? n->op() : n->domain() + "." + n->op()];
      const Attribute* a = n->is("Constant") ? n->attribute("value") : nullptr;
      if (a && a->as_tensor() && inspect_is_floating(a->as_tensor()->dtype()))
        inspect_weight(*a->as_tensor(), s);
    }
  });
  return s;
}

Status set_input_shapes(Model& model, const InputShapes& shapes) {
  std::map<std::string, int64_t> named;
  for (const auto& [name, dims] : shapes) {
    Value* input = nullptr;
    std::vector<std::string> names;
    for (Value* v : model.graph().free_inputs()) {
      names.push_back(v->name());
      if (v->name() == name) input = v;
    }
    if (!input) {
      const std::string near = nearest_word(name, names);
      return Status::usage(
          "graph.bad-shape", "the model has no input '" + name + "'",
          (near.empty() ? "" : "did you mean " + near + "? ") + "inputs: " + join(names, ", "));
    }
    ValueType wanted = ValueType::tensor(input->type.dtype, {dims.begin(), dims.end()});
    const ValueType& have = input->type;
    bool fits = have.is_tensor() || have.kind == ValueType::Kind::kUnknown;
    fits = fits && (!have.has_shape || have.shape.size() == dims.size());
    for (size_t i = 0; fits && have.has_shape && i < dims.size(); ++i) {
      const Dim& d = have.shape[i];
      if (d.known()) fits = d.value == dims[i];
      // One name stands for one number in all inputs.
      if (d.kind == Dim::Kind::kParam) fits = named.emplace(d.param, dims[i]).first->second == dims[i];
      wanted.shape[i].denotation = d.denotation;
    }
    if (!fits) {
      return Status::usage(
          "graph.bad-shape",
          "input '" + name + "' is " + to_string(have) + " and cannot be " + to_string(wanted),
          "only dimensions that the model leaves open can be chosen");
    }
    input->type = std::move(wanted);
  }
  for (const auto& v : model.graph().values()) {
    for (Dim& d : v->type.shape) {
      const auto number = d.kind == Dim::Kind::kParam ? named.find(d.param) : named.end();
      if (number == named.end()) continue;
      d.kind = Dim::Kind::kValue;
      d.value = number->second;
      d.param.clear();
    }
  }
  return Status();
}

Result<ModelSummary> inspect_model(const std::string& path, std::unique_ptr<Model>* out,
                                   const InputShapes& shapes) {
  LoadReport load;
  JETLINE_ASSIGN_OR_RETURN(auto model, load_onnx(path, &load));
  JETLINE_RETURN_IF_ERROR(set_input_shapes(*model, shapes));
  ModelSummary s = summarize(*model);
  s.file = path;
  s.external_bytes = load.external_bytes;
  s.load = std::move(load);
  const bool sidecar = file_exists(sidecar_path(path));
  Result<Card> card = find_card(*model, path);
  if (card.ok()) {
    s.card = std::move(card).value();
    s.card_from = sidecar ? sidecar_path(path) : "model";
  } else if (card.status().id() != "card.none") {
    s.card_status = card.status();
  }
  if (out) *out = std::move(model);
  return s;
}

}  // namespace jetline
