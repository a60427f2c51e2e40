#include "jetline/eval/verify_hop.h"

#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline {
namespace {

bool is_checkpoint(const std::string& path) {
  if (file_extension_lower(path) == ".ckpt") return true;
  const auto file = MappedFile::open(path);
  if (!file.ok()) return false;
  const ByteView b = file.value()->bytes();
  return b.size() >= 8 && std::string_view(reinterpret_cast<const char*>(b.data()), 8) == "JETLCKPT";
}

bool is_engine_model(const std::string&) {
  return true;
}  // the engine judges what is left

}  // namespace

const std::vector<HopKind>& hop_kinds() {
  static const auto* const kKinds = new std::vector<HopKind>{
      {"checkpoint", is_checkpoint, open_checkpoint_hop},
      {"onnx", is_engine_model, open_engine_hop},
  };
  return *kKinds;
}

Result<std::unique_ptr<Hop>> open_hop(const std::string& path, const HopOptions& options) {
  for (const HopKind& kind : hop_kinds()) {
    if (kind.accepts(path)) return kind.open(path, options);
  }
  return Status::bad_input("verify.unknown-hop", "nothing here can run " + path, "a .ckpt or .onnx file",
                           path);
}

}  // namespace jetline
