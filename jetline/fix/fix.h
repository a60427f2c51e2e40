// Making a model run on a target: applies the rewrites that the target's findings name, each only where it is
// needed, each checked numerically against the model before it, until the checker says that the model runs.
//
//   fix::FixOptions options;  options.target = target;  options.compare = compare_on_cpu;
//   Result<fix::FixReport> done = fix::fix_model(model, catalog, options);
//
// On failure the model is left as it was. Threads: as the Model. Ids: fix.not-equal (a rewrite changed the
// outputs: our bug, nothing is written), fix.no-way (findings without a rewrite are left; the report says
// which), fix.unknown-rewrite.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/check/check.h"

namespace jetline::fix {

// How far two models' outputs are apart on the same inputs; made by the caller's engine.
struct Difference {
  bool compared = false;  // false: not comparable, `why` says so
  double largest = 0;     // relative to the range of the output
  std::string output, why;
};
// A place that a rewrite left as it was, and why.
struct Refusal {
  std::string rewrite, node, reason;
};

using Compare = std::function<Result<Difference>(const Model& before, const Model& after)>;

// What to do with a detector's tail (NonMaxSuppression and its gathers).
enum class Tail { kKeepIfRuns, kCut, kEfficientNms, kBatchedNms, kBest };

struct FixOptions {
  targets::Target target;
  Compare compare;          // of whole models, where the evaluator cannot; empty: the evaluator alone
  double tolerance = 1e-4;  // the largest difference that a rewrite may make, relative to the output's range
  Tail tail = Tail::kBest;
  std::string batch;  // "", "1", "4" or "1:4:8" (profile: min:optimal:max)
  std::map<std::string, std::vector<int64_t>>
      shapes;                     // of inputs, for dimensions that are open; <= 0: not said
  bool dry_run = false;           // the model stays as it was, the report says what would be done
  bool partial = false;           // the model keeps what was done although the target is not reached
  bool simplest = false;          // stop at the smallest set of changes that reaches `runs`
  std::vector<std::string> skip;  // rewrites not to use
};

struct FixContext;  // model, inference, target, catalog: fix/rewrite.h

struct Rewrite {
  const char* name;  // "resize-cubic": what Finding::fix names
  const char* law;   // one line for docs/check.md: what it does and why the outputs stay
  bool exact;        // results stay the same bit for bit
  Result<int> (*run)(Model&, FixContext&);  // number of places changed
};

Span<const Rewrite> all_rewrites();
const Rewrite* find_rewrite(std::string_view name);

struct FixStep {
  std::string rewrite;
  std::vector<std::string> findings;  // ids that asked for it
  int changes = 0;
  Difference difference;  // against the model before this step
};

struct FixReport {
  check::Report before, after;
  std::vector<FixStep> steps;
  std::vector<Refusal> refusals;   // of the last attempt, where something is left
  std::vector<std::string> notes;  // for people: a profile to build with, inputs that changed their type
  Difference overall;              // of the whole model, by FixOptions::compare
  bool reached = false;            // `after` is runs or runs with plugin
};

// Findings that stand between the model and `runs`.
bool is_obstacle(const check::Finding& f);

Result<FixReport> fix_model(Model& model, const targets::Catalog& catalog, const FixOptions& options);

}  // namespace jetline::fix
