#include <algorithm>
#include <cstdlib>
#include <optional>

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
  std::vector<StreamPiece> pieces;
  for (const auto& block : sink.blocks) {
    pieces.push_back({ByteView(zeros.data(), static_cast<size_t>(block.padding))});
    pieces.push_back(block.piece);
  }
  return append_pieces(file, pieces);
}

std::string save_real_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  std::string out = real ? real : "";
  std::free(real);
  return out;
}

// The name of the data file beside the model; never that of a file whose weights stay in it.
std::string save_data_name(const Model& model, const std::string& path, const OnnxSaveOptions& options) {
  std::string name = file_name(path) + ".data";
  const auto taken = [&] {
    const std::string real = save_real_path(join_path(parent_path(path), name));
    return std::any_of(model.external_files.begin(), model.external_files.end(), [&](const ExternalFile& f) {
      return f.location == name || (!real.empty() && f.path == real);
    });
  };
  for (int i = 1; options.keep_external && taken(); ++i) {
    name = file_name(path) + "." + std::to_string(i) + ".data";
  }
  return name;
}

// Whether the files that tensors stay in are found from the folder of `path` by the names they have.
Status save_in_reach(const onnx::KeptFiles& kept, const std::string& path) {
  const std::string folder = parent_path(path);
  for (const ExternalFile* f : kept.used()) {
    if (save_real_path(path) == f->path) {
      return Status::usage("onnx.external-elsewhere", "weights of the model stay in " + path,
                           "write the model to a file of another name", path);
    }
    if (save_real_path(join_path(folder.empty() ? "." : folder, f->location)) == f->path) continue;
    return Status::usage(
        "onnx.external-elsewhere", "weights stay in '" + f->location + "', which is not beside " + path,
        "write the model into the folder that it was read from, or take the weights along", path);
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

Status save_onnx(const Model& model, const std::string& path, FileSystem& fs, const OnnxSaveOptions& options,
                 OnnxSaveReport* report) {
  JETLINE_RETURN_IF_ERROR(save_check(model));
  onnx::ExternalSink sink;
  sink.apart = options.external == OnnxSaveOptions::External::kAlways;
  sink.location = save_data_name(model, path, options);
  sink.threshold = options.external_threshold;
  std::optional<onnx::KeptFiles> kept;
  wire::Writer inside;
  for (bool again = true; again;) {
    again = false;
    if (options.keep_external) sink.kept = &kept.emplace(model.external_files);
    inside = onnx::write_model(model, &sink);
    if (inside.size() <= onnx::kMaxProtobufBytes) break;
    if (sink.apart || options.external == OnnxSaveOptions::External::kNever)
      return save_too_large(inside.size()).at(path);
    sink.apart = again = true;
  }
  if (kept) JETLINE_RETURN_IF_ERROR(save_in_reach(*kept, path));
  // Both files are complete before either gets its name; the model, which refers to the data, comes last.
  JETLINE_ASSIGN_OR_RETURN(auto file, AtomicFile::create(path, fs, options.durability));
  JETLINE_RETURN_IF_ERROR(inside.write_to(*file));
  if (!sink.blocks.empty()) {
    JETLINE_ASSIGN_OR_RETURN(
        auto data, AtomicFile::create(join_path(parent_path(path), sink.location), fs, options.durability));
    JETLINE_RETURN_IF_ERROR(save_external(sink, *data));
    JETLINE_RETURN_IF_ERROR(data->commit());
  }
  if (report) *report = {static_cast<int64_t>(inside.size()), sink.size, kept ? kept->bytes() : 0};
  return file->commit();
}

}  // namespace jetline
