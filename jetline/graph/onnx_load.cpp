#include "jetline/graph/onnx_file.h"
#include "jetline/graph/onnx_reader.h"

namespace jetline {

Result<std::unique_ptr<Model>> load_onnx_bytes(ByteView bytes, std::shared_ptr<const void> owner,
                                               const std::string& base_dir, LoadReport* report) {
  LoadReport scratch;
  auto model = std::make_unique<Model>();
  onnx::OnnxReader reader(std::move(owner), base_dir, report ? *report : scratch);
  JETLINE_RETURN_IF_ERROR(reader.read(bytes, *model));
  return model;
}

Result<std::unique_ptr<Model>> load_onnx(const std::string& path, LoadReport* report) {
  JETLINE_ASSIGN_OR_RETURN(auto file, MappedFile::open(path));
  const std::string folder = parent_path(path);
  auto model = load_onnx_bytes(file->bytes(), file, folder.empty() ? "." : folder, report);
  if (!model.ok()) return model.status().at(path);
  return model;
}

}  // namespace jetline
