// Looks at a model file before an engine does.
#include <sys/stat.h>

#include "jetline/base/files.h"
#include "jetline/base/hash.h"
#include "jetline/base/strings.h"
#include "jetline/engine/plan/plan_check.h"
#include "jetline/engine/registry.h"
#include "jetline/graph/onnx_file.h"

namespace jetline {
namespace {

// OpenVINO's own format is XML; an ONNX file begins with a protobuf tag, which is never '<' after white
// space.
bool looks_like_xml(ByteView bytes) {
  size_t i = bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf ? 3 : 0;
  while (i < bytes.size() && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t'))
    ++i;
  return i < bytes.size() && bytes[i] == '<';
}

bool lies_inside(ByteView part, ByteView whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

bool is_plan_file(const std::string& path) {
  const auto file = MappedFile::open(path);
  return file.ok() && looks_like_plan(path, (*file)->bytes());
}

Result<ModelSource> examine_model(const std::string& path, bool with_hash) {
  JETLINE_ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  ModelSource source;
  source.path = path;
  source.plan = looks_like_plan(path, file->bytes());
  source.onnx = !source.plan && !looks_like_xml(file->bytes());
  Sha256 hash;
  if (with_hash) hash.update(file->bytes());
  if (source.onnx) {
    LoadReport report;
    auto model =
        load_onnx_bytes(file->bytes(), file, parent_path(path).empty() ? "." : parent_path(path), &report);
    if (!model.ok()) return model.status().at(path);
    if (with_hash && report.external_bytes > 0) {
      for (const Value* v : model.value()->graph().initializers()) {
        if (v->initializer() && !lies_inside(v->initializer()->bytes(), file->bytes())) {
          hash.update(v->initializer()->bytes());
        }
      }
    }
  } else if (with_hash && !source.plan) {  // the weights of NAME.xml stand in NAME.bin
    const std::string bin = join_path(parent_path(path), file_stem(path) + ".bin");
    if (file_exists(bin)) {
      JETLINE_ASSIGN_OR_RETURN(const auto weights, MappedFile::open(bin));
      hash.update(weights->bytes());
    }
  }
  if (with_hash) source.content_sha256 = hash.hex();
  return source;
}

}  // namespace jetline
