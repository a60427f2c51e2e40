#include "jetline/passes/optimize.h"

#include <algorithm>
#include <chrono>

#include "jetline/graph/graph_walk.h"
#include "jetline/passes/edit.h"
#include "jetline/passes/node_names.h"

namespace jetline::passes {
namespace {

bool optimize_listed(const std::vector<std::string>& list, const char* name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Status optimize_check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!find_pass(name)) {
      std::string known;
      for (const Pass& p : all_passes()) known += (known.empty() ? "" : ", ") + std::string(p.name);
      return Status::usage("passes.unknown-pass", "there is no pass named '" + name + "'",
                           "passes: " + known);
    }
  }
  return Status();
}

class OptimizeRun {
 public:
  OptimizeRun(Model& model, const OptimizeOptions& options, OptimizeReport& report)
      : model_(model), options_(options), report_(report) {
    for (const Pass& p : all_passes()) {
      const bool wanted = options.only.empty() || optimize_listed(options.only, p.name);
      if (!wanted || optimize_listed(options.skip, p.name)) continue;
      if (p.reorders && !options.reorder_arithmetic) continue;
      if (p.on_request && options.only.empty() && !optimize_listed(options.also, p.name)) continue;
      passes_.push_back(&p);
      report.passes.push_back({p.name, 0, 0, 0});
    }
  }

  // Every pass of the kind once; how much they changed.
  Result<int> round(bool last) {
    PassContext context(model_, options_);
    context.inference.graph(model_.graph());
    int changes = 0;
    for (size_t i = 0; i < passes_.size(); ++i) {
      if (passes_[i]->once != last) continue;
      JETLINE_ASSIGN_OR_RETURN(const int n, run_pass(i, context));
      changes += n;
    }
    return changes;
  }

 private:
  Result<int> run_pass(size_t i, PassContext& context) {
    const auto start = std::chrono::steady_clock::now();
    JETLINE_ASSIGN_OR_RETURN(const int n, passes_[i]->run(model_, context));
    PassStatistics& s = report_.passes[i];
    s.changes += n;
    ++s.runs;
    s.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (options_.verify_each) {
      const Status ok = model_.graph().verify();
      if (!ok.ok()) {
        return Status::internal("passes.broken-graph",
                                "pass '" + std::string(passes_[i]->name) + "': " + ok.message());
      }
    }
    return n;
  }

  Model& model_;
  const OptimizeOptions& options_;
  OptimizeReport& report_;
  std::vector<const Pass*> passes_;
};

}  // namespace

PassContext::PassContext(Model& model, const OptimizeOptions& o)
    : options(o), opset(model.opset()), inference(model) {}

int count_nodes(const Model& model, const char* op) {
  int n = 0;
  for_each_graph(model.graph(), [&](const Graph& g) {
    for (const auto& node : g.nodes()) n += !op || node->is(op);
  });
  return n;
}

Status optimize(Model& model, const OptimizeOptions& options, OptimizeReport* report) {
  JETLINE_RETURN_IF_ERROR(optimize_check_names(options.only));
  JETLINE_RETURN_IF_ERROR(optimize_check_names(options.skip));
  JETLINE_RETURN_IF_ERROR(optimize_check_names(options.also));
  OptimizeReport local;
  OptimizeReport& r = report ? *report : local;
  r = OptimizeReport();
  r.nodes_before = count_nodes(model);
  r.transposes_before = count_nodes(model, "Transpose");
  OptimizeRun run(model, options, r);
  while (!r.at_rest && r.rounds < options.max_rounds) {
    ++r.rounds;
    JETLINE_ASSIGN_OR_RETURN(const int changes, run.round(false));
    if (changes > 0) continue;
    // The passes that wait for the others may give those something to do again.
    JETLINE_ASSIGN_OR_RETURN(const int late, run.round(true));
    r.at_rest = late == 0;
  }
  if (!r.at_rest) JETLINE_RETURN_IF_ERROR(run.round(true).status());
  make_node_names_unique(model.graph(), false);
  r.nodes_after = count_nodes(model);
  r.transposes_after = count_nodes(model, "Transpose");
  return Status();
}

}  // namespace jetline::passes
