// Whether a model gives what somebody has stored: inputs.npz and outputs.npz of a folder, as exporters and
// converters keep them beside a model. What `jetline convert --verify` does.
//
// Thread rules: a free function, no shared state. Ids: verify.no-stored-outputs (no such files, or none of
// the stored outputs is one of the model's), those of infer.h and npy.h.
#pragma once

#include <string>
#include <vector>

#include "jetline/engine/infer.h"

namespace jetline {

struct StoredComparison {
  struct Output {
    std::string name;
    double max_abs = 0;   // infinity when shapes differ or one side is not finite
    double relative = 0;  // of that to the largest stored number (at least 1e-6)
  };
  std::vector<Output> outputs;    // stored ones that the model has
  std::vector<std::string> left;  // stored ones that it has not
  double worst = 0;               // largest relative difference
  std::map<std::string, std::string> conditions;
};

// Stored inputs go to the model's inputs of the same name; a single one to a single input.
Result<StoredComparison> compare_with_stored(const std::string& model, const std::string& folder,
                                             const EngineOptions& engine = {});

}  // namespace jetline
