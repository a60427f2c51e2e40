#include "jetline/graph/onnx_writer.h"

#include <unordered_set>

#include "jetline/graph/onnx_fields.h"

namespace jetline::onnx {
namespace {
using wire::Writer;

constexpr int64_t kExternalAlignment = 64;  // a cache line; enough for any vector load from the mapped file

struct OnnxWriter {
  ExternalSink* sink;
  int64_t ir_version;

  Writer tensor(const Tensor& t, std::string_view name, bool may_leave);
  Writer sparse(const SparseTensor& t, std::string_view name);
  Writer type(const ValueType& t);
  Writer shape(const ValueType& t);
  Writer attribute(const Attribute& a);
  void value_of(const Attribute& a, Writer& w);
  Writer value_info(const Value& v);
  Writer node(const Node& n);
  Writer graph(const Graph& g);
  Writer function(const ModelFunction& f);
  Writer opset(const OpsetImport& o);
  void metadata(Writer& w, uint32_t number, const Metadata& entries);
  void text(Writer& w, uint32_t number, const std::string& value) {
    if (!value.empty()) w.text(number, value);
  }
};

void OnnxWriter::metadata(Writer& w, uint32_t number, const Metadata& entries) {
  for (const auto& [key, value] : entries) {
    Writer e;
    e.text(entry_field::kKey, key);
    e.text(entry_field::kValue, value);
    w.message(number, std::move(e));
  }
}

Writer OnnxWriter::tensor(const Tensor& t, std::string_view name, bool may_leave) {
  Writer w;
  w.int64s(tensor_field::kDims, t.dims());
  w.varint(tensor_field::kDataType, static_cast<uint64_t>(t.dtype()));
  for (const std::string& s : t.strings()) w.text(tensor_field::kStringData, s);
  if (!name.empty()) w.text(tensor_field::kName, name);
  const StreamPiece piece = {t.deferred() ? ByteView() : t.bytes(), t.deferred().get()};
  const int64_t size = t.byte_count();
  int64_t kept_at = 0;
  const ExternalFile* kept = sink && sink->kept && may_leave && !piece.bytes.empty()
                                 ? sink->kept->place(piece.bytes, kept_at)
                                 : nullptr;
  const bool moves = sink && sink->apart && may_leave && !kept && size >= sink->threshold && size > 0;
  const bool leaves = kept || moves;
  // A tensor without elements must have no data field at all (onnx.checker).
  if (!leaves && piece.later) w.bytes_later(tensor_field::kRawData, t.deferred());
  if (!leaves && !piece.bytes.empty()) w.bytes_view(tensor_field::kRawData, piece.bytes);
  text(w, tensor_field::kDoc, t.doc);
  if (kept) {
    metadata(w, tensor_field::kExternalData,
             {{"location", kept->location},
              {"offset", std::to_string(kept_at)},
              {"length", std::to_string(size)}});
  }
  if (moves) {
    const int64_t padding = (kExternalAlignment - sink->size % kExternalAlignment) % kExternalAlignment;
    const int64_t offset = sink->size + padding;
    sink->blocks.push_back({padding, piece});
    sink->size = offset + size;
    metadata(
        w, tensor_field::kExternalData,
        {{"location", sink->location}, {"offset", std::to_string(offset)}, {"length", std::to_string(size)}});
  }
  if (leaves) w.varint(tensor_field::kDataLocation, 1);
  metadata(w, tensor_field::kMetadata, t.metadata);
  w.raw(t.unknown);
  return w;
}

Writer OnnxWriter::sparse(const SparseTensor& t, std::string_view name) {
  Writer w;
  w.message(sparse_field::kValues, tensor(t.values, name, false));
  w.message(sparse_field::kIndices, tensor(t.indices, t.indices.name, false));
  w.int64s(sparse_field::kDims, t.dims);
  w.raw(t.unknown);
  return w;
}

Writer OnnxWriter::shape(const ValueType& t) {
  Writer w;
  for (const Dim& d : t.shape) {
    Writer dim;
    if (d.kind == Dim::Kind::kValue) dim.int64(dimension_field::kValue, d.value);
    if (d.kind == Dim::Kind::kParam) dim.text(dimension_field::kParam, d.param);
    text(dim, dimension_field::kDenotation, d.denotation);
    w.message(1, std::move(dim));
  }
  return w;
}

Writer OnnxWriter::type(const ValueType& t) {
  Writer w, inner;
  switch (t.kind) {
    case ValueType::Kind::kTensor:
    case ValueType::Kind::kSparseTensor:
      inner.varint(tensor_type_field::kElemType, static_cast<uint64_t>(t.dtype));
      if (t.has_shape) inner.message(tensor_type_field::kShape, shape(t));
      break;
    case ValueType::Kind::kSequence:
    case ValueType::Kind::kOptional:
      if (t.element) inner.message(1, type(*t.element));
      break;
    case ValueType::Kind::kMap:
      inner.varint(map_field::kKeyType, static_cast<uint64_t>(t.dtype));
      if (t.element) inner.message(map_field::kValueType, type(*t.element));
      break;
    case ValueType::Kind::kOpaque:
      text(inner, opaque_field::kDomain, t.opaque_domain);
      text(inner, opaque_field::kName, t.opaque_name);
      break;
    case ValueType::Kind::kUnknown:
      break;
  }
  const uint32_t number = t.kind == ValueType::Kind::kTensor         ? type_field::kTensor
                          : t.kind == ValueType::Kind::kSparseTensor ? type_field::kSparse
                          : t.kind == ValueType::Kind::kSequence     ? type_field::kSequence
                          : t.kind == ValueType::Kind::kOptional     ? type_field::kOptional
                          : t.kind == ValueType::Kind::kMap          ? type_field::kMap
                                                                     : type_field::kOpaque;
  if (t.kind != ValueType::Kind::kUnknown) w.message(number, std::move(inner));
  text(w, type_field::kDenotation, t.denotation);
  w.raw(t.unknown);
  return w;
}

void OnnxWriter::value_of(const Attribute& a, Writer& w) {
  namespace F = attribute_field;
  const Attribute::Storage& s = a.storage();
  switch (a.kind()) {
    case Attribute::Kind::kUndefined:
      break;
    case Attribute::Kind::kFloat:
      w.float32(F::kF, std::get<float>(s));
      break;
    case Attribute::Kind::kInt:
      w.int64(F::kI, std::get<int64_t>(s));
      break;
    case Attribute::Kind::kString:
      w.text(F::kS, std::get<std::string>(s));
      break;
    case Attribute::Kind::kTensor: {
      const Tensor& t = std::get<Tensor>(s);
      w.message(F::kT, tensor(t, t.name, false));
      break;
    }
    case Attribute::Kind::kGraph:
      w.message(F::kG, graph(*a.as_graph()));
      break;
    case Attribute::Kind::kFloats:
      w.floats(F::kFloats, std::get<std::vector<float>>(s));
      break;
    case Attribute::Kind::kInts:
      w.int64s(F::kInts, std::get<std::vector<int64_t>>(s));
      break;
    case Attribute::Kind::kStrings:
      for (const std::string& one : std::get<std::vector<std::string>>(s)) w.text(F::kStrings, one);
      break;
    case Attribute::Kind::kTensors:
      for (const Tensor& t : std::get<std::vector<Tensor>>(s))
        w.message(F::kTensors, tensor(t, t.name, false));
      break;
    case Attribute::Kind::kGraphs:
      for (const Graph* g : a.graphs()) w.message(F::kGraphs, graph(*g));
      break;
    case Attribute::Kind::kSparseTensor: {
      const SparseTensor& t = std::get<SparseTensor>(s);
      w.message(F::kSparseTensor, sparse(t, t.values.name));
      break;
    }
    case Attribute::Kind::kSparseTensors:
      for (const SparseTensor& t : std::get<std::vector<SparseTensor>>(s)) {
        w.message(F::kSparseTensors, sparse(t, t.values.name));
      }
      break;
    case Attribute::Kind::kTypeProto:
      w.message(F::kTypeProto, type(std::get<ValueType>(s)));
      break;
    case Attribute::Kind::kTypeProtos:
      for (const ValueType& t : std::get<std::vector<ValueType>>(s)) w.message(F::kTypeProtos, type(t));
      break;
  }
}

Writer OnnxWriter::attribute(const Attribute& a) {
  Writer w;
  w.text(attribute_field::kName, a.name());
  if (!a.is_reference()) value_of(a, w);
  text(w, attribute_field::kDoc, a.doc);
  w.varint(attribute_field::kType, static_cast<uint64_t>(a.kind()));
  text(w, attribute_field::kRefAttrName, a.referred());
  w.raw(a.unknown);
  return w;
}

Writer OnnxWriter::value_info(const Value& v) {
  Writer w;
  w.text(value_info_field::kName, v.name());
  if (v.type.kind != ValueType::Kind::kUnknown || !v.type.unknown.empty() || !v.type.denotation.empty()) {
    w.message(value_info_field::kType, type(v.type));
  }
  text(w, value_info_field::kDoc, v.doc);
  metadata(w, value_info_field::kMetadata, v.metadata);
  w.raw(v.unknown);
  return w;
}

Writer OnnxWriter::node(const Node& n) {
  Writer w;
  for (const Value* v : n.inputs()) w.text(node_field::kInput, v ? v->name() : "");
  for (const Value* v : n.outputs()) w.text(node_field::kOutput, v ? v->name() : "");
  text(w, node_field::kName, n.name);
  w.text(node_field::kOpType, n.op());
  for (const Attribute& a : n.attributes()) w.message(node_field::kAttribute, attribute(a));
  text(w, node_field::kDoc, n.doc);
  text(w, node_field::kDomain, n.domain());
  text(w, node_field::kOverload, n.overload);
  metadata(w, node_field::kMetadata, n.metadata);
  w.raw(n.unknown);
  return w;
}

// Values whose type stands in value_info: what nodes make and the graph does not return, and described
// constants.
bool writer_needs_info(const Value& v, const std::unordered_set<const Value*>& listed) {
  if (v.is_input() || listed.count(&v)) return false;
  const bool described = !v.doc.empty() || !v.metadata.empty() || !v.unknown.empty();
  return described || (v.producer() && v.type.kind != ValueType::Kind::kUnknown);
}

Writer OnnxWriter::graph(const Graph& g) {
  Writer w;
  for (const auto& n : g.nodes()) w.message(graph_field::kNode, node(*n));
  text(w, graph_field::kName, g.name);
  for (const Value* v : g.initializers()) {
    if (v->initializer()) w.message(graph_field::kInitializer, tensor(*v->initializer(), v->name(), true));
  }
  text(w, graph_field::kDoc, g.doc);
  for (const Value* v : g.inputs()) w.message(graph_field::kInput, value_info(*v));
  if (ir_version < 4) {  // there every initialiser must be listed as an input too
    for (const Value* v : g.initializers()) {
      if (!v->is_input()) w.message(graph_field::kInput, value_info(*v));
    }
  }
  std::unordered_set<const Value*> listed;
  for (const Value* v : g.outputs()) {
    w.message(graph_field::kOutput, value_info(*v));
    listed.insert(v);
  }
  for (const auto& v : g.values()) {
    if (ir_version < 4 && !v->producer()) continue;
    if (writer_needs_info(*v, listed)) w.message(graph_field::kValueInfo, value_info(*v));
  }
  for (const QuantizationAnnotation& a : g.quantization) {
    Writer q;
    q.text(annotation_field::kTensorName, a.tensor);
    metadata(q, annotation_field::kParameters, a.parameters);
    q.raw(a.unknown);
    w.message(graph_field::kQuantization, std::move(q));
  }
  for (const Value* v : g.initializers()) {
    if (v->sparse_initializer())
      w.message(graph_field::kSparseInitializer, sparse(*v->sparse_initializer(), v->name()));
  }
  metadata(w, graph_field::kMetadata, g.metadata);
  w.raw(g.unknown);
  return w;
}

Writer OnnxWriter::opset(const OpsetImport& o) {
  Writer w;
  text(w, opset_field::kDomain, o.domain);
  w.int64(opset_field::kVersion, o.version);
  w.raw(o.unknown);
  return w;
}

Writer OnnxWriter::function(const ModelFunction& f) {
  Writer w;
  w.text(function_field::kName, f.name);
  for (const Value* v : f.body->inputs()) w.text(function_field::kInput, v->name());
  for (const Value* v : f.body->outputs()) w.text(function_field::kOutput, v->name());
  for (const std::string& a : f.attributes) w.text(function_field::kAttribute, a);
  for (const auto& n : f.body->nodes()) w.message(function_field::kNode, node(*n));
  text(w, function_field::kDoc, f.doc);
  for (const OpsetImport& o : f.opsets) w.message(function_field::kOpset, opset(o));
  text(w, function_field::kDomain, f.domain);
  for (const Attribute& a : f.attribute_defaults) w.message(function_field::kAttributeProto, attribute(a));
  if (ir_version >= 10) {  // the field came with IR version 10
    for (const auto& v : f.body->values()) {
      if (v->type.kind != ValueType::Kind::kUnknown) w.message(function_field::kValueInfo, value_info(*v));
    }
  }
  text(w, function_field::kOverload, f.overload);
  metadata(w, function_field::kMetadata, f.metadata);
  w.raw(f.unknown);
  return w;
}

}  // namespace

const ExternalFile* KeptFiles::place(ByteView bytes, int64_t& offset) {
  const uintptr_t from = reinterpret_cast<uintptr_t>(bytes.data()), to = from + bytes.size();
  for (const ExternalFile& f : files_) {
    const uintptr_t begin = reinterpret_cast<uintptr_t>(f.bytes.data());
    if (from < begin || to > begin + f.bytes.size()) continue;
    const auto next = taken_.lower_bound(from);
    const bool same = next != taken_.end() && next->first == from && next->second == to;
    if (!same) {
      if (next != taken_.end() && next->first < to) return nullptr;
      if (next != taken_.begin() && std::prev(next)->second > from) return nullptr;
      taken_.emplace(from, to);
    }
    offset = static_cast<int64_t>(from - begin);
    bytes_ += static_cast<int64_t>(bytes.size());
    used_.insert(&f);
    return &f;
  }
  return nullptr;
}

Writer write_model(const Model& m, ExternalSink* sink) {
  OnnxWriter o{sink, m.ir_version};
  Writer w;
  w.int64(model_field::kIrVersion, m.ir_version);
  o.text(w, model_field::kProducerName, m.producer_name);
  o.text(w, model_field::kProducerVersion, m.producer_version);
  o.text(w, model_field::kDomain, m.domain);
  if (m.model_version != 0) w.int64(model_field::kModelVersion, m.model_version);
  o.text(w, model_field::kDoc, m.doc);
  w.message(model_field::kGraph, o.graph(m.graph()));
  for (const OpsetImport& i : m.opsets) w.message(model_field::kOpset, o.opset(i));
  o.metadata(w, model_field::kMetadata, m.metadata);
  for (const auto& f : m.functions) w.message(model_field::kFunctions, o.function(*f));
  w.raw(m.unknown);
  return w;
}

}  // namespace jetline::onnx
