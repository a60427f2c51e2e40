#include <algorithm>

#include "jetline/graph/onnx_fields.h"
#include "jetline/graph/onnx_reader.h"

namespace jetline::onnx {
namespace {
using Kind = Attribute::Kind;

// The kind whose value stands in a field of AttributeProto; kUndefined for the other fields.
Kind attribute_kind_of_field(uint32_t number) {
  switch (number) {
    case attribute_field::kF:
      return Kind::kFloat;
    case attribute_field::kI:
      return Kind::kInt;
    case attribute_field::kS:
      return Kind::kString;
    case attribute_field::kT:
      return Kind::kTensor;
    case attribute_field::kG:
      return Kind::kGraph;
    case attribute_field::kFloats:
      return Kind::kFloats;
    case attribute_field::kInts:
      return Kind::kInts;
    case attribute_field::kStrings:
      return Kind::kStrings;
    case attribute_field::kTensors:
      return Kind::kTensors;
    case attribute_field::kGraphs:
      return Kind::kGraphs;
    case attribute_field::kTypeProto:
      return Kind::kTypeProto;
    case attribute_field::kTypeProtos:
      return Kind::kTypeProtos;
    case attribute_field::kSparseTensor:
      return Kind::kSparseTensor;
    case attribute_field::kSparseTensors:
      return Kind::kSparseTensors;
    default:
      return Kind::kUndefined;
  }
}

// The value of an attribute whose field is absent: zero, empty text or an empty list. False for kinds that
// have none (a tensor, graph, or type must be there).
bool attribute_default(Kind kind, Attribute::Storage& out) {
  switch (kind) {
    case Kind::kFloat:
      out = 0.0f;
      return true;
    case Kind::kInt:
      out = int64_t{0};
      return true;
    case Kind::kString:
      out = std::string();
      return true;
    case Kind::kFloats:
      out = std::vector<float>();
      return true;
    case Kind::kInts:
      out = std::vector<int64_t>();
      return true;
    case Kind::kStrings:
      out = std::vector<std::string>();
      return true;
    case Kind::kTensors:
      out = std::vector<Tensor>();
      return true;
    case Kind::kGraphs:
      out = std::vector<Attribute::GraphPtr>();
      return true;
    case Kind::kSparseTensors:
      out = std::vector<SparseTensor>();
      return true;
    case Kind::kTypeProtos:
      out = std::vector<ValueType>();
      return true;
    default:
      return false;
  }
}

Status attribute_bad(const std::string& name, const std::string& what) {
  return Status::bad_input("onnx.bad-attribute", "attribute '" + name + "' " + what);
}
}  // namespace

Status OnnxReader::attribute_value(const wire::Field& f, Kind kind, Node* node, Graph& graph, int depth,
                                   Attribute::Storage& out) {
  ByteView view;
  std::string word;
  const bool scalar = kind == Kind::kFloat || kind == Kind::kInt;
  const bool numbers = kind == Kind::kFloats || kind == Kind::kInts;
  if (!scalar && !numbers) JETLINE_RETURN_IF_ERROR(bytes(f, view));
  switch (kind) {
    case Kind::kFloat:
      if (f.type != wire::Type::kFixed32)
        return Status::bad_input("onnx.malformed", "a float has the wrong encoding");
      out = f.float32();
      return Status();
    case Kind::kInt: {
      int64_t v = 0;
      JETLINE_RETURN_IF_ERROR(integer(f, v));
      out = v;
      return Status();
    }
    case Kind::kString:
      out = std::string(f.text());
      return Status();
    case Kind::kFloats:
      if (append_floats(f, std::get<std::vector<float>>(out))) return Status();
      return Status::bad_input("onnx.malformed", "a list of floats has the wrong encoding");
    case Kind::kInts:
      if (append_int64s(f, std::get<std::vector<int64_t>>(out))) return Status();
      return Status::bad_input("onnx.malformed", "a list of integers has the wrong encoding");
    case Kind::kStrings:
      JETLINE_RETURN_IF_ERROR(spend());
      std::get<std::vector<std::string>>(out).emplace_back(f.text());
      return Status();
    case Kind::kTensor:
      out = Tensor();
      return tensor(view, std::get<Tensor>(out));
    case Kind::kTensors: {
      auto& list = std::get<std::vector<Tensor>>(out);
      list.emplace_back();
      return tensor(view, list.back());
    }
    case Kind::kSparseTensor:
      out = SparseTensor();
      return sparse_tensor(view, std::get<SparseTensor>(out));
    case Kind::kSparseTensors: {
      auto& list = std::get<std::vector<SparseTensor>>(out);
      list.emplace_back();
      return sparse_tensor(view, list.back());
    }
    case Kind::kTypeProto:
      out = ValueType();
      return type(view, std::get<ValueType>(out), 0);
    case Kind::kTypeProtos: {
      auto& list = std::get<std::vector<ValueType>>(out);
      list.emplace_back();
      return type(view, list.back(), 0);
    }
    case Kind::kGraph:
    case Kind::kGraphs: {
      if (!node)
        return Status::bad_input("onnx.bad-attribute", "a default of a function cannot hold a graph");
      JETLINE_RETURN_IF_ERROR(spend());
      auto sub = std::make_unique<Graph>(graph.model(), node);
      JETLINE_RETURN_IF_ERROR(this->graph(view, *sub, depth + 1));
      if (kind == Kind::kGraph)
        out = std::move(sub);
      else
        std::get<std::vector<Attribute::GraphPtr>>(out).push_back(std::move(sub));
      return Status();
    }
    case Kind::kUndefined:
      break;
  }
  return Status();
}

Status OnnxReader::attribute(ByteView all, Node* node, Graph& graph, int depth, std::vector<Attribute>& out) {
  std::string name, doc, referred, unknown;
  int64_t declared = 0;
  std::vector<wire::Field> values;
  wire::Reader reader(all);
  wire::Field f;
  Kind found = Kind::kUndefined;
  bool mixed = false;
  while (reader.next(f)) {
    const Kind of_field = attribute_kind_of_field(f.number);
    if (of_field != Kind::kUndefined) {
      mixed = mixed || (found != Kind::kUndefined && found != of_field);
      found = of_field;
      values.push_back(f);
      continue;
    }
    switch (f.number) {
      case attribute_field::kName:
        JETLINE_RETURN_IF_ERROR(text(f, name));
        break;
      case attribute_field::kDoc:
        JETLINE_RETURN_IF_ERROR(text(f, doc));
        break;
      case attribute_field::kRefAttrName:
        JETLINE_RETURN_IF_ERROR(text(f, referred));
        break;
      case attribute_field::kType:
        JETLINE_RETURN_IF_ERROR(integer(f, declared));
        break;
      default:
        keep(f, unknown);
    }
  }
  JETLINE_RETURN_IF_ERROR(done(reader, "an attribute"));
  if (name.empty()) return attribute_bad(name, "has no name");
  if (declared < 0 || declared > static_cast<int64_t>(Kind::kTypeProtos)) {
    return attribute_bad(name, "is of unknown kind " + std::to_string(declared));
  }
  if (mixed && declared == 0) return attribute_bad(name, "has values of two kinds");
  // The oldest files leave the kind out; the field that is there tells it.
  const Kind kind = declared ? static_cast<Kind>(declared) : found;
  if (!referred.empty()) {
    out.push_back(Attribute::reference(name, std::move(referred), kind));
  } else {
    if (kind == Kind::kUndefined) return attribute_bad(name, "has no value");
    Attribute::Storage value;
    bool have = attribute_default(kind, value);
    for (const wire::Field& v : values) {
      // Some writers fill every scalar field with its zero; only the declared one counts.
      if (attribute_kind_of_field(v.number) != kind) {
        if (v.type != wire::Type::kBytes && v.value == 0) continue;
        if (v.type == wire::Type::kBytes && v.bytes.empty()) continue;
        return attribute_bad(name, "has a value of another kind than it declares");
      }
      Status s = attribute_value(v, kind, node, graph, depth, value);
      if (!s.ok()) return s;
      have = true;
    }
    if (!have) return attribute_bad(name, "has no value");
    out.emplace_back(std::move(name), std::move(value));
  }
  out.back().doc = std::move(doc);
  out.back().unknown = std::move(unknown);
  return Status();
}

}  // namespace jetline::onnx
