// Compiled models kept on disk. An entry is named by the SHA-256 of everything that decides the result: the
// model's bytes, the runtime's version, the device's name and the options. Entries appear complete or not at
// all, end in a checksum, and a damaged or unreadable one counts as absent. A cache that cannot be written is
// a slower start, not an error.
#pragma once

#include "jetline/base/files.h"
#include "jetline/engine/openvino/ov_common.h"
#include "jetline/engine/registry.h"

namespace jetline::ov_engine {

class BlobCache {
 public:
  static Result<std::unique_ptr<BlobCache>> open(const ModelSource& source, const EngineOptions& options);
  // True when `compiled` was restored.
  bool restore(const ov::AnyMap& config, ov::CompiledModel& compiled);
  void store(const ov::CompiledModel& compiled);
  // "hit", "miss", or why not; part of the conditions.
  const std::string& state() const { return state_; }

 private:
  std::string directory_, entry_, device_, state_ = "miss";
};

}  // namespace jetline::ov_engine
