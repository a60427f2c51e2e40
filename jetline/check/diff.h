// What changed between two models: interface, operators, sizes, work, and what the checker says of each on
// given targets. Ownership: values. Threads: as the Models.
#pragma once

#include <string>
#include <vector>

#include "jetline/check/check.h"
#include "jetline/check/report/text.h"

namespace jetline::check {

struct PortChange {
  std::string name, before, after;  // types as text; empty: not there
};
struct CountChange {
  std::string name;
  int64_t before = 0, after = 0;
};

struct TargetDiff {
  Report before, after;
  std::vector<Finding> gone, fresh;  // by id, operator and message; what stayed is in neither
};

struct ModelDiff {
  std::string before, after;  // as given: paths
  std::vector<PortChange> inputs, outputs;
  std::vector<CountChange> opsets, ops, sizes;  // sizes: nodes, parameters, weight bytes, macs
  std::vector<TargetDiff> targets;
};

// Only what differs is listed; `targets` always.
ModelDiff diff_models(Model& before, Model& after, const targets::Catalog& catalog,
                      const std::vector<targets::Target>& targets);
std::string diff_text(const ModelDiff& diff, const TextStyle& style = {});

}  // namespace jetline::check
