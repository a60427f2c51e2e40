// Making a model smaller and faster without changing what it says: runs the registered passes (pass.h) in
// their order, again and again until nothing changes any more.
//
//   passes::OptimizeReport report;
//   Status s = passes::optimize(model, {}, &report);
//
// It ends: every pass only ever lowers its own measure (stated in its header), rounds are bounded by
// max_rounds, and a round without a change is the last. Weights are shared or viewed, never copied unless
// changed. Threads: as the Model. Ids: passes.unknown-pass (a name in `only` or `skip`), passes.broken-graph
// (with verify_each: a pass left an invalid graph; our bug).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/graph/graph.h"

namespace jetline::passes {

struct OptimizeOptions {
  std::vector<std::string> only;  // names of passes; empty: all
  std::vector<std::string> skip;
  std::vector<std::string> also;   // passes that run on request only ("narrow-integers")
  bool reorder_arithmetic = true;  // false: only passes whose results are exactly equal
  int max_rounds = 20;
  // A folded constant may be this many bytes larger than the constants that it replaces; what would grow more
  // (Tile, Expand, ConstantOfShape, …) stays a node.
  int64_t fold_growth_bytes = int64_t{1} << 20;
  int64_t fold_growth_total_bytes = int64_t{16} << 20;  // all of them together (or 5 % of all constants)
  int64_t fold_work = int64_t{1} << 31;  // elements written and products summed by one folded node
  int64_t unroll_nodes = 64;  // all turns of an unrolled Loop together; one turn is always unrolled
  bool verify_each = false;   // Graph::verify after every pass
};

struct PassStatistics {
  std::string name;
  int changes = 0;
  int runs = 0;
  double seconds = 0;  // wall time
};

struct OptimizeReport {
  int nodes_before = 0, nodes_after = 0;            // main graph and subgraphs
  int transposes_before = 0, transposes_after = 0;  // of these
  int rounds = 0;
  bool at_rest = false;  // false: max_rounds ended it
  std::vector<PassStatistics> passes;
};

// `report` may be null. On failure the model is valid but may be half optimised.
Status optimize(Model& model, const OptimizeOptions& options, OptimizeReport* report);

// Nodes of the main graph and its subgraphs; with `op` only those of that ai.onnx operator.
int count_nodes(const Model& model, const char* op = nullptr);

}  // namespace jetline::passes
