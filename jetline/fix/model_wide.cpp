// Rewrites of the model as a whole that the passes room does: operator sets, constants, branches, loops.
#include <algorithm>

#include "jetline/fix/rewrite.h"
#include "jetline/passes/opset.h"
#include "jetline/passes/pass.h"

namespace jetline::fix {
namespace {

Result<int> model_passes(FixContext& c, std::initializer_list<const char*> names) {
  passes::OptimizeOptions options;
  for (const char* name : names) options.only.emplace_back(name);
  options.reorder_arithmetic = false;
  passes::OptimizeReport report;
  JETLINE_RETURN_IF_ERROR(passes::optimize(c.model, options, &report));
  c.refresh();
  int changes = 0;
  for (const auto& p : report.passes) changes += p.changes;
  return changes;
}

Result<int> model_opset(FixContext& c, int64_t to) {
  to = std::clamp(to, passes::kLowestOpset, passes::kHighestOpset);
  if (c.opset <= to) return 0;
  std::vector<passes::OpsetProblem> problems;
  const Status done = passes::convert_opset(c.model, to, &problems);
  for (const auto& p : problems) c.refusals.push_back({c.rewrite, p.node, p.op + " " + p.reason});
  if (!done.ok() && problems.empty()) return done;
  if (!done.ok()) return 0;
  c.refresh();
  return 1;
}

}  // namespace

Result<int> run_opset_down(Model&, FixContext& c) {
  return c.max_opset == 0 ? Result<int>(0) : model_opset(c, c.max_opset);
}

Result<int> run_reduce_axes_to_attribute(Model&, FixContext& c) {
  constexpr int64_t kAttributes = 17;  // the last operator set in which all but ReduceSum have them
  return model_opset(c, kAttributes);
}

Result<int> run_fold_constants(Model&, FixContext& c) {
  return model_passes(c, {"listed-constants", "identities", "constant-folding", "shape-folding",
                          "reshape-chains", "dead-code"});
}

Result<int> run_inline_constant_if(Model&, FixContext& c) {
  return model_passes(c, {"constant-folding", "shape-folding", "constant-branches", "dead-code"});
}

Result<int> run_unroll_loop(Model&, FixContext& c) {
  return model_passes(c, {"constant-folding", "shape-folding", "unroll-loops", "dead-code"});
}

}  // namespace jetline::fix
