#include "jetline/graph/onnx_fields.h"
#include "jetline/graph/onnx_reader.h"

namespace jetline::onnx {
namespace {
const char* const kDamagedHint = "the file is damaged or was made by a faulty tool; get a fresh copy";

// Whether the first field can begin a ModelProto; tells other files from damaged models.
bool model_looks_right(ByteView bytes) {
  wire::Reader reader(bytes);
  wire::Field f;
  if (!reader.next(f) && reader.error() != wire::Error::kTruncated) return false;
  switch (f.number) {
    case model_field::kIrVersion:
    case model_field::kModelVersion:
      return f.type == wire::Type::kVarint;
    case model_field::kProducerName:
    case model_field::kProducerVersion:
    case model_field::kDomain:
    case model_field::kDoc:
    case model_field::kGraph:
    case model_field::kOpset:
    case model_field::kMetadata:
    case model_field::kTrainingInfo:
    case model_field::kFunctions:
    case model_field::kConfiguration:
      return f.type == wire::Type::kBytes;
    default:
      return false;
  }
}
}  // namespace

Status OnnxReader::text(const wire::Field& field, std::string& out) {
  if (field.type != wire::Type::kBytes) {
    return Status::bad_input("onnx.malformed", "a text field has the wrong encoding", kDamagedHint);
  }
  out.assign(field.text());
  return Status();
}

Status OnnxReader::integer(const wire::Field& field, int64_t& out) {
  if (field.type != wire::Type::kVarint) {
    return Status::bad_input("onnx.malformed", "an integer field has the wrong encoding", kDamagedHint);
  }
  out = field.int64();
  return Status();
}

Status OnnxReader::bytes(const wire::Field& field, ByteView& out) {
  if (field.type != wire::Type::kBytes) {
    return Status::bad_input("onnx.malformed", "a message field has the wrong encoding", kDamagedHint);
  }
  out = field.bytes;
  return Status();
}

void OnnxReader::keep(const wire::Field& field, std::string& unknown) {
  unknown.append(reinterpret_cast<const char*>(field.raw.data()), field.raw.size());
  ++report_.unknown_fields;
}

Status OnnxReader::done(const wire::Reader& reader, const char* what) {
  if (reader.error() == wire::Error::kNone) return Status();
  return Status::bad_input("onnx.malformed",
                           std::string("the bytes of ") + what + " break off inside a field", kDamagedHint);
}

Status OnnxReader::spend(int64_t n) {
  objects_ += n;
  if (objects_ <= kMaxObjects) return Status();
  return Status::bad_input("onnx.too-many", "the model has more than " + std::to_string(kMaxObjects) +
                                                " nodes, values, attributes and dimensions");
}

void OnnxReader::note(const std::string& sentence) {
  // A hostile file could raise millions.
  if (report_.notes.size() < 100) report_.notes.push_back(sentence);
}

Status OnnxReader::metadata(const wire::Field& field, Metadata& out) {
  ByteView view;
  JETLINE_RETURN_IF_ERROR(bytes(field, view));
  JETLINE_RETURN_IF_ERROR(spend());
  wire::Reader reader(view);
  wire::Field f;
  std::string key, value;
  while (reader.next(f)) {
    if (f.number == entry_field::kKey) JETLINE_RETURN_IF_ERROR(text(f, key));
    if (f.number == entry_field::kValue) JETLINE_RETURN_IF_ERROR(text(f, value));
  }
  out.emplace_back(std::move(key), std::move(value));
  return done(reader, "a metadata entry");
}

Status OnnxReader::opset(const wire::Field& field, std::vector<OpsetImport>& out) {
  ByteView view;
  JETLINE_RETURN_IF_ERROR(bytes(field, view));
  JETLINE_RETURN_IF_ERROR(spend());
  wire::Reader reader(view);
  wire::Field f;
  OpsetImport import;
  while (reader.next(f)) {
    switch (f.number) {
      case opset_field::kDomain:
        JETLINE_RETURN_IF_ERROR(text(f, import.domain));
        break;
      case opset_field::kVersion:
        JETLINE_RETURN_IF_ERROR(integer(f, import.version));
        break;
      default:
        keep(f, import.unknown);
    }
  }
  if (import.domain == "ai.onnx") import.domain.clear();
  out.push_back(std::move(import));
  return done(reader, "an opset import");
}

Status OnnxReader::model_fields(ByteView all, Model& model, ByteView& graph, Views& functions) {
  model.ir_version = 0;
  wire::Reader reader(all);
  wire::Field f;
  bool has_graph = false;
  while (reader.next(f)) {
    ByteView view;
    switch (f.number) {
      case model_field::kIrVersion:
        JETLINE_RETURN_IF_ERROR(integer(f, model.ir_version));
        break;
      case model_field::kProducerName:
        JETLINE_RETURN_IF_ERROR(text(f, model.producer_name));
        break;
      case model_field::kProducerVersion:
        JETLINE_RETURN_IF_ERROR(text(f, model.producer_version));
        break;
      case model_field::kDomain:
        JETLINE_RETURN_IF_ERROR(text(f, model.domain));
        break;
      case model_field::kModelVersion:
        JETLINE_RETURN_IF_ERROR(integer(f, model.model_version));
        break;
      case model_field::kDoc:
        JETLINE_RETURN_IF_ERROR(text(f, model.doc));
        break;
      case model_field::kMetadata:
        JETLINE_RETURN_IF_ERROR(metadata(f, model.metadata));
        break;
      case model_field::kOpset:
        JETLINE_RETURN_IF_ERROR(opset(f, model.opsets));
        break;
      case model_field::kGraph:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        if (has_graph)
          return Status::bad_input("onnx.malformed", "the model has two main graphs", kDamagedHint);
        has_graph = true;
        graph = view;
        break;
      case model_field::kFunctions:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(spend());
        functions.push_back(view);
        break;
      default:
        keep(f, model.unknown);
    }
  }
  if (reader.error() == wire::Error::kTruncated) {
    return Status::bad_input("onnx.truncated",
                             "the file ends in the middle of a field at byte " +
                                 std::to_string(reader.offset()) + " of " + std::to_string(all.size()),
                             "the download or copy was cut short; get the whole file");
  }
  JETLINE_RETURN_IF_ERROR(done(reader, "the model"));
  if (!has_graph) return Status::bad_input("onnx.no-graph", "the model has no graph", kDamagedHint);
  return Status();
}

Status OnnxReader::read(ByteView all, Model& model) {
  if (all.empty() || !model_looks_right(all)) {
    return Status::bad_input("onnx.not-a-model",
                             all.empty() ? "the file is empty" : "this is not an ONNX model",
                             "give the path of an .onnx file");
  }
  ByteView main;
  Views functions;
  const Status fields = model_fields(all, model, main, functions);
  if (!fields.ok() && model.ir_version == 0) {
    // Other files can begin like a model by chance; none gets as far as a version, which every writer puts
    // first.
    return Status::bad_input("onnx.not-a-model",
                             "this is not an ONNX model, or it is damaged at its beginning",
                             "give the path of an .onnx file");
  }
  JETLINE_RETURN_IF_ERROR(fields);
  if (model.ir_version < kMinIrVersion || model.ir_version > kMaxIrVersion) {
    return Status::bad_input("onnx.unsupported-ir",
                             "the model has IR version " + std::to_string(model.ir_version) +
                                 "; jetline reads " + std::to_string(kMinIrVersion) + " to " +
                                 std::to_string(kMaxIrVersion),
                             model.ir_version > kMaxIrVersion ? "export it again for an older ONNX release"
                                                              : "convert it with a newer onnx");
  }
  if (model.opsets.empty()) {
    return Status::bad_input("onnx.no-opset", "the model does not say which operator set it uses",
                             kDamagedHint);
  }
  for (size_t i = 0; i < model.opsets.size(); ++i) {
    const OpsetImport& o = model.opsets[i];
    for (size_t k = 0; k < i && k < 64; ++k) {
      if (model.opsets[k].domain == o.domain && model.opsets[k].version != o.version) {
        return Status::bad_input("onnx.malformed",
                                 "operator set '" + o.domain + "' is imported in two versions");
      }
    }
    if (!o.domain.empty()) continue;
    if (o.version < 1 || o.version > kMaxOpset) {
      return Status::bad_input("onnx.unsupported-opset",
                               "the model uses opset " + std::to_string(o.version) +
                                   "; jetline reads up to " + std::to_string(kMaxOpset),
                               "export it with opset_version=" + std::to_string(kMaxOpset) + " or lower");
    }
    if (o.version < kMinOpset) {
      note("opset " + std::to_string(o.version) + " is older than " + std::to_string(kMinOpset) +
           ": the graph is read as it is, shapes and MACs may be missing");
    }
  }
  JETLINE_RETURN_IF_ERROR(graph(main, model.graph(), 0));
  for (const ByteView& f : functions) JETLINE_RETURN_IF_ERROR(function(f, model));
  model.external_files = external_.opened();
  return external_.check_overlap();
}

Status OnnxReader::function(ByteView all, Model& model) {
  auto fn = std::make_unique<ModelFunction>();
  fn->body = std::make_unique<Graph>(&model);
  Graph& body = *fn->body;
  wire::Reader reader(all);
  wire::Field f;
  Views node_views, info_views, default_views;
  std::vector<std::string> outputs;
  while (reader.next(f)) {
    ByteView view;
    std::string word;
    switch (f.number) {
      case function_field::kName:
        JETLINE_RETURN_IF_ERROR(text(f, fn->name));
        break;
      case function_field::kDomain:
        JETLINE_RETURN_IF_ERROR(text(f, fn->domain));
        break;
      case function_field::kOverload:
        JETLINE_RETURN_IF_ERROR(text(f, fn->overload));
        break;
      case function_field::kDoc:
        JETLINE_RETURN_IF_ERROR(text(f, fn->doc));
        break;
      case function_field::kOpset:
        JETLINE_RETURN_IF_ERROR(opset(f, fn->opsets));
        break;
      case function_field::kMetadata:
        JETLINE_RETURN_IF_ERROR(metadata(f, fn->metadata));
        break;
      case function_field::kInput:
        JETLINE_RETURN_IF_ERROR(text(f, word));
        JETLINE_RETURN_IF_ERROR(spend());
        if (!body.add_input(word)) {
          return Status::bad_input("onnx.duplicate-name",
                                   "function " + fn->name + " has two inputs '" + word + "'");
        }
        break;
      case function_field::kOutput:
      case function_field::kAttribute:
        JETLINE_RETURN_IF_ERROR(text(f, word));
        JETLINE_RETURN_IF_ERROR(spend());
        (f.number == function_field::kOutput ? outputs : fn->attributes).push_back(std::move(word));
        break;
      case function_field::kNode:
      case function_field::kValueInfo:
      case function_field::kAttributeProto:
        JETLINE_RETURN_IF_ERROR(bytes(f, view));
        JETLINE_RETURN_IF_ERROR(spend());
        (f.number == function_field::kNode        ? node_views
         : f.number == function_field::kValueInfo ? info_views
                                                  : default_views)
            .push_back(view);
        break;
      default:
        keep(f, fn->unknown);
    }
  }
  JETLINE_RETURN_IF_ERROR(done(reader, "a function"));
  if (fn->name.empty()) return Status::bad_input("onnx.missing-name", "a function has no name", kDamagedHint);
  body.name = fn->name;
  if (default_views.size() > kMaxAttributes) {
    return Status::bad_input("onnx.too-many", "function " + fn->name + " has too many attributes");
  }
  for (const ByteView& v : default_views) {
    JETLINE_RETURN_IF_ERROR(attribute(v, nullptr, body, 1, fn->attribute_defaults));
  }
  JETLINE_RETURN_IF_ERROR(nodes(node_views, body, 0));
  for (const ByteView& v : info_views) JETLINE_RETURN_IF_ERROR(known_value(v, body));
  for (const std::string& name : outputs) {
    Value* v = body.find(name);
    if (!v) {
      return Status::bad_input("onnx.dangling-output",
                               "output '" + name + "' of function " + fn->name + " is made by no node");
    }
    body.add_output(v);
  }
  model.functions.push_back(std::move(fn));
  return Status();
}

}  // namespace jetline::onnx
