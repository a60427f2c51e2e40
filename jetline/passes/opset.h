// The same model in another version of ONNX's operator set. Each operator that changed between versions has
// a rule for the step across that version, in both directions (folder opset/); what a lower version does not
// have is written with what it has, and what cannot be is refused, all nodes at once.
//
// Outputs stay equal, within rounding where an operator is taken apart. Subgraphs are converted with their
// graph, functions of the model too. Threads: as the Model. Ids: graph.opset-inexpressible (negative; names
// every node that the version cannot express; the model is then unchanged), graph.opset-range (usage).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/graph/graph.h"

namespace jetline::passes {

constexpr int64_t kLowestOpset = 9, kHighestOpset = 21;

struct OpsetProblem {
  std::string node, op;
  int64_t needs = 0;  // the version that has it
  std::string reason;
};

// From whatever the model imports (7 to 24) to `to` (9 to 21); the IR version becomes the one that came with
// that opset, later where functions need it. `problems` may be null; it is filled on
// graph.opset-inexpressible.
Status convert_opset(Model& model, int64_t to, std::vector<OpsetProblem>* problems = nullptr);

// The lowest version from 9 on that convert_opset reaches, at most the model's own. The model is not changed.
int64_t lowest_opset(const Model& model);

}  // namespace jetline::passes
