#include "jetline/graph/onnx_fields.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/graph/onnx_writer.h"

namespace jetline {
namespace {

// What cannot be written as a sound file is refused before anything is written.
Status save_check(const Model& model) {
  JETLINE_RETURN_IF_ERROR(model.graph().verify());
  for (const auto& f : model.functions) JETLINE_RETURN_IF_ERROR(f->body->verify());
  return Status();
}

Status save_too_large(uint64_t size) {
  return Status::usage("onnx.too-large",
                       "the model needs " + std::to_string(size) + " bytes; an ONNX file cannot pass 2 GiB",
                       "save it with external data");
}

Status save_external(const onnx::ExternalSink& sink, AtomicFile& file) {
  const std::vector<uint8_t> zeros(64, 0);
  for (const auto& block : sink.blocks) {
    JETLINE_RETURN_IF_ERROR(file.append(ByteView(zeros.data(), static_cast<size_t>(block.padding))));
    JETLINE_RETURN_IF_ERROR(file.append(block.bytes));
  }
  return Status();
}

}  // namespace

Result<std::string> save_onnx_bytes(const Model& model) {
  JETLINE_RETURN_IF_ERROR(save_check(model));
  const wire::Writer w = onnx::write_model(model, nullptr);
  if (w.size() > onnx::kMaxProtobufBytes) return save_too_large(w.size());
  return w.str();
}

Status save_onnx(const Model& model, const std::string& path, FileSystem& fs,
                 const OnnxSaveOptions& options) {
  JETLINE_RETURN_IF_ERROR(save_check(model));
  bool external = options.external == OnnxSaveOptions::External::kAlways;
  wire::Writer inside;
  if (!external) {
    inside = onnx::write_model(model, nullptr);
    if (inside.size() > onnx::kMaxProtobufBytes) {
      if (options.external == OnnxSaveOptions::External::kNever)
        return save_too_large(inside.size()).at(path);
      external = true;
    }
  }
  onnx::ExternalSink sink;
  if (external) {
    sink.location = file_name(path) + ".data";
    sink.threshold = options.external_threshold;
    inside = onnx::write_model(model, &sink);
    if (inside.size() > onnx::kMaxProtobufBytes) return save_too_large(inside.size()).at(path);
  }
  // Both files are complete before either gets its name; the model, which refers to the data, comes last.
  JETLINE_ASSIGN_OR_RETURN(auto file, AtomicFile::create(path, fs));
  JETLINE_RETURN_IF_ERROR(inside.write_to(*file));
  if (!sink.blocks.empty()) {
    JETLINE_ASSIGN_OR_RETURN(auto data, AtomicFile::create(path + ".data", fs));
    JETLINE_RETURN_IF_ERROR(save_external(sink, *data));
    JETLINE_RETURN_IF_ERROR(data->commit());
  }
  return file->commit();
}

}  // namespace jetline
