// Whether two models say the same: both run on the same random inputs, and the differences of their outputs.
// What `jetline optimize --prove` does.
//
// Thread rules: a free function, no shared state. Ids: prove.interface (inputs or outputs of other names,
// types or shapes); those of infer.h.
#pragma once

#include "jetline/engine/infer.h"

namespace jetline {

struct ProveOptions {
  EngineOptions engine;
  uint64_t seed = 1;
  int runs = 3;  // with seeds seed, seed + 1, …
  CancelToken* cancel = nullptr;
};

struct ProofOutput {
  std::string name;
  double max_abs = 0;   // largest absolute difference over all runs; infinity where one is not finite alone
  double relative = 0;  // of that to the largest number of the first model's output (at least 1e-6)
};

struct Proof {
  std::vector<ProofOutput> outputs;
  double worst = 0;  // largest relative difference
  std::map<std::string, std::string> conditions;
};

Result<Proof> prove_equal(const std::string& model, const std::string& other, const ProveOptions& options);

}  // namespace jetline
