// passes/opset.h with a report: which operators were rewritten on the way to another opset, and another IR
// version where one is asked for. Threads: as the Model. Ids: graph.opset-inexpressible and graph.opset-range
// of passes/opset.h; surgery.ir (usage: an IR version that cannot hold the model).
#pragma once

#include <string>
#include <vector>

#include "jetline/passes/opset.h"

namespace jetline::surgery {

struct SetOpsetOptions {
  int64_t opset = 0;  // 0: as it is
  int64_t ir = 0;     // 0: the one that belongs to the opset
};

struct OpsetChange {
  std::string op;
  int before = 0, after = 0;  // nodes, subgraphs included
  int rewritten = 0;          // of those that stayed: with other attributes or another number of inputs
};

struct SetOpsetResult {
  int64_t opset_before = 0, opset_after = 0, ir_before = 0, ir_after = 0;
  std::vector<OpsetChange> changes;  // only operators that changed, by name
};

// `problems` (may be null) is filled on graph.opset-inexpressible.
Result<SetOpsetResult> set_opset(Model& model, const SetOpsetOptions& options,
                                 std::vector<passes::OpsetProblem>* problems);

}  // namespace jetline::surgery
