// Will this model run on that board? Applies what targets/ knows to a model: one verdict per target with its
// proof, findings grouped by rule, estimates of memory and time. Reads no weights.
//
//   check::Checker checker(model, catalog);      // types and shapes inferred once
//   check::Report report = checker.check(target);
//
// Checking many targets shares everything that does not depend on them; findings depend only on the TensorRT
// release, precision, DLA and typing, so boards with the same software share one evaluation. Ownership:
// refers to model and catalog. The model gets inferred types written into its values. Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jetline/graph/graph.h"
#include "jetline/targets/catalog.h"

namespace jetline::check {

// Best first. `no` as an exit code begins at kRunsAfterFix.
enum class Verdict {
  kRuns,
  kRunsWithPlugin,
  kRunsAfterFix,
  kWrongNumbers,
  kUnknown,
  kWillNotFit,
  kWillNotParse
};
const char* to_string(
    Verdict v);  // "runs", "runs with plugin", "runs after fix", "parses but gives wrong numbers", …
bool is_yes(Verdict v);  // runs, runs with plugin

// One rule that holds for one or more nodes.
struct Finding {
  std::string id;  // "trt.resize.cubic"; stable, `check --explain ID` has a page on it
  targets::Effect effect = targets::Effect::kNote;
  bool unknown = false;            // the rule could not be decided (a dynamic shape, an unknown rank)
  std::string op;                  // "Resize"; empty for the model as a whole
  std::vector<std::string> nodes;  // names (or "Resize producing 'x'") of all of them, in graph order
  std::string message, hint;
  std::string fix;     // a rewrite of the fix room; empty: none
  std::string plugin;  // for effect plugin
  targets::Proof proof = targets::Proof::kDocumented;
  std::string source;  // the row of the tables
};

struct Estimate {
  bool estimated = false;                    // false: CheckOptions asked for none
  int64_t parameters = 0, weight_bytes = 0;  // at the target's precision
  int64_t macs = 0;                          // of one inference; 0 with `macs_known` false
  bool macs_known = false;
  std::optional<int64_t>
      activation_bytes;              // peak by liveness at the target's precision; none: a shape is not known
  std::string activation_peak_node;  // where it is reached
  std::optional<int64_t> engine_bytes;       // weights + activations + the least context: must fit
  std::optional<int64_t> engine_bytes_high;  // the same with the libraries that are usually loaded
  bool batch_as_one = false;                 // a leading dimension without a number counted as one
  std::optional<double> latency_low_ms, latency_high_ms;
  std::string latency_note;  // what bounds it, or why there is no estimate
  struct Dla {
    int nodes_on_dla = 0, nodes_on_gpu = 0, switches = 0;
  };
  std::optional<Dla> dla;
};

struct Report {
  targets::Target target;
  Verdict verdict = Verdict::kUnknown;
  targets::Proof proof = targets::Proof::kInferred;  // the weakest among what the verdict rests on
  std::string reason;                                // one line: why this verdict
  std::vector<std::string> plugins;                  // needed ones
  std::vector<Finding> findings;                     // worst first
  Estimate estimate;
};

struct CheckOptions {
  bool estimates = true;
};

class Checker {
 public:
  Checker(Model& model, const targets::Catalog& catalog, const CheckOptions& options = {});
  ~Checker();
  Report check(const targets::Target& target);

 private:
  struct View;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace jetline::check
