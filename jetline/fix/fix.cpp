// The chooser: check, apply the first rewrite in the registry's order that an obstacle names, compare, check
// again. Every change is made on a copy first; the caller's model gets all of them at the end, or none.
#include "jetline/fix/fix.h"

#include <algorithm>
#include <set>

#include "jetline/fix/compare.h"
#include "jetline/fix/rewrite.h"

namespace jetline::fix {
namespace {

constexpr int kMaxSteps = 64;

// What is asked of one rewrite: by which findings, at which places (empty: wherever it applies).
struct Wish {
  std::vector<std::string> findings;
  std::set<std::string> places;
};

// A change that was made, so that it can be made again without the others.
struct Made {
  FixStep step;
  std::set<std::string> places;
};

class Chooser {
 public:
  Chooser(const targets::Catalog& catalog, const FixOptions& options) : catalog_(catalog), options_(options) {
    const targets::Release* release = catalog.find_release(options.target.tensorrt);
    max_opset_ = release ? release->max_opset : 0;
    for (const targets::Plugin& p : catalog.plugins()) {
      if (p.trt.holds(options.target.tensorrt)) plugins_.insert(p.name);
    }
  }

  check::Report check(const Model& model) const {
    // Checking writes inferred types into the model: a copy keeps what the file said.
    const auto copy = model.clone();
    return check::Checker(*copy, catalog_).check(options_.target);
  }

  Result<FixReport> run(Model& model) {
    FixReport report;
    report.before = check(model);
    std::unique_ptr<Model> work = model.clone();
    JETLINE_RETURN_IF_ERROR(asked_for(*work));
    check::Report now = made_.empty() ? report.before : check(*work);
    for (int i = 0; i < kMaxSteps && !check::is_yes(now.verdict); ++i) {
      JETLINE_ASSIGN_OR_RETURN(const bool moved, step(work, now));
      if (!moved) break;
      now = check(*work);
    }
    if (options_.simplest && check::is_yes(now.verdict)) {
      JETLINE_RETURN_IF_ERROR(simplify(model, work));
      now = check(*work);
    }
    report.after = std::move(now);
    report.reached = check::is_yes(report.after.verdict);
    for (Made& m : made_) report.steps.push_back(std::move(m.step));
    if (!report.reached) report.refusals = std::move(refusals_);
    report.notes = std::move(notes_);
    if (options_.compare && !report.steps.empty()) {
      JETLINE_ASSIGN_OR_RETURN(report.overall, options_.compare(model, *work));
      if (report.overall.compared && !(report.overall.largest <= options_.tolerance))
        return differs("all changes together", report.overall);
    }
    if (!options_.dry_run && (report.reached || options_.partial)) model.swap(*work);
    return report;
  }

 private:
  static Status differs(const std::string& what, const Difference& d) {
    return Status::internal("fix.not-equal",
                            "'" + what + "' would change '" + d.output + "' by " + std::to_string(d.largest) +
                                " of its range; nothing was changed",
                            "please report this model");
  }

  bool skipped(const std::string& name) const {
    return std::find(options_.skip.begin(), options_.skip.end(), name) != options_.skip.end();
  }

  // What the caller asks for whatever the checker says.
  Status asked_for(Model& work) {
    std::unique_ptr<Model> model = work.clone();
    if (!options_.batch.empty() || !options_.shapes.empty()) {
      JETLINE_ASSIGN_OR_RETURN(const bool done, apply(model, "static-shapes", {{"asked for"}, {}}));
      (void)done;
    }
    if (options_.tail == Tail::kCut || options_.tail == Tail::kEfficientNms ||
        options_.tail == Tail::kBatchedNms) {
      JETLINE_ASSIGN_OR_RETURN(const bool done, apply(model, tail_rewrite(), {{"asked for"}, {}}));
      if (!done)
        return Status::negative("fix.no-tail",
                                "there is no detector tail that can be replaced this way" + last_reason());
    }
    work.swap(*model);
    return Status();
  }

  static std::vector<std::string> all_obstacles(const check::Report& report) {
    std::vector<std::string> ids;
    for (const check::Finding& f : report.findings) {
      if (is_obstacle(f) && std::find(ids.begin(), ids.end(), f.id) == ids.end()) ids.push_back(f.id);
    }
    return ids;
  }

  std::string last_reason() const { return refusals_.empty() ? "" : ": " + refusals_.back().reason; }

  std::string tail_rewrite() const {
    if (options_.tail == Tail::kCut) return "tail-cut";
    if (options_.tail == Tail::kBatchedNms) return "tail-batched-nms";
    if (options_.tail == Tail::kEfficientNms) return "tail-efficient-nms";
    return plugins_.count("EfficientNMS_TRT") ? "tail-efficient-nms" : "tail-cut";
  }

  // Rewrites that obstacles ask for. Tails become the kind that is wanted; where it does not fit, they are
  // cut.
  std::map<std::string, Wish> wishes(const check::Report& report) const {
    std::map<std::string, Wish> all;
    const auto wish = [&](const std::string& name, const check::Finding& f) {
      if (name.empty() || skipped(name)) return;
      Wish& w = all[name];
      if (std::find(w.findings.begin(), w.findings.end(), f.id) == w.findings.end())
        w.findings.push_back(f.id);
      w.places.insert(f.nodes.begin(), f.nodes.end());
    };
    for (const check::Finding& f : report.findings) {
      if (!is_obstacle(f)) continue;
      if (f.fix.rfind("tail-", 0) != 0) {
        wish(f.fix, f);
      } else if (options_.tail != Tail::kKeepIfRuns) {
        wish(tail_rewrite(), f);
        wish("tail-cut", f);
      }
      // What is not decided, or has no rewrite of its own, may be once shapes and constants are known.
      if (f.unknown || f.fix.empty()) wish("fold-constants", f);
      if (f.unknown) wish("static-shapes", f);
      if (f.fix.empty()) wish("opset-down", f);
    }
    // Of these the whole model is the place.
    for (const char* name : {"fold-constants", "static-shapes", "opset-down", "reduce-axes-to-attribute",
                             "inline-constant-if", "unroll-loop", "uint8-input", "double-to-float"}) {
      const auto at = all.find(name);
      if (at != all.end()) at->second.places.clear();
    }
    return all;
  }

  // One rewrite that changes something; false: none does.
  Result<bool> step(std::unique_ptr<Model>& work, const check::Report& now) {
    const auto wanted = wishes(now);
    refusals_.clear();
    for (const Rewrite& r : all_rewrites()) {
      const auto at = wanted.find(r.name);
      if (at == wanted.end()) continue;
      if (std::find(idle_.begin(), idle_.end(), std::make_pair(at->first, at->second.places)) != idle_.end())
        continue;
      // Twice the same wish at the same places: the rewrite does not take the obstacle away.
      int& times = tried_[{at->first, at->second.places}];
      if (times >= 2) continue;
      JETLINE_ASSIGN_OR_RETURN(const bool changed, apply(work, at->first, at->second));
      if (changed) return ++times, true;
    }
    // What is left may hang on sizes that are open.
    for (const char* name : {"static-shapes", "fold-constants", "inline-constant-if", "unroll-loop"}) {
      int& times = tried_[{std::string("last: ") + name, {}}];
      if (times >= 2) continue;
      JETLINE_ASSIGN_OR_RETURN(const bool changed, apply(work, name, {all_obstacles(now), {}}));
      if (changed) return ++times, true;
    }
    // Obstacles behind a suppression go with it.
    const bool tail = std::any_of(work->graph().nodes().begin(), work->graph().nodes().end(),
                                  [](const auto& n) { return n->is("NonMaxSuppression"); });
    if (!tail || options_.tail == Tail::kKeepIfRuns) return false;
    for (const std::string& name : {tail_rewrite(), std::string("tail-cut")}) {
      JETLINE_ASSIGN_OR_RETURN(const bool changed, apply(work, name, {all_obstacles(now), {}}));
      if (changed) return true;
    }
    return false;
  }

  Result<bool> apply(std::unique_ptr<Model>& work, const std::string& name, const Wish& wish) {
    const Rewrite* rewrite = find_rewrite(name);
    if (!rewrite) return Status::usage("fix.unknown-rewrite", "there is no rewrite '" + name + "'");
    if (skipped(name)) return false;
    std::unique_ptr<Model> trial = work->clone();
    FixContext c(*trial, options_, max_opset_);
    c.rewrite = rewrite->name;
    c.places = wish.places;
    c.plugins = plugins_;
    JETLINE_ASSIGN_OR_RETURN(const int changes, rewrite->run(*trial, c));
    refusals_.insert(refusals_.end(), c.refusals.begin(), c.refusals.end());
    notes_.insert(notes_.end(), c.notes.begin(), c.notes.end());
    if (changes == 0) {
      idle_.emplace_back(name, wish.places);
      return false;
    }
    // Types that inference wrote between stay out of the file; inputs and outputs keep theirs.
    JETLINE_RETURN_IF_ERROR(trial->graph().verify());
    Made made;
    made.places = wish.places;
    Difference d = c.proof ? c.proof(*work, *trial) : compare_pieces(*work, *trial);
    if (!c.proof && !(d.compared && d.largest <= options_.tolerance)) {
      // Pieces may differ where a name means something else now: the outputs decide.
      if (options_.compare) {
        JETLINE_ASSIGN_OR_RETURN(d, options_.compare(*work, *trial));
      } else {
        d = compare_pieces(*work, *trial, true);
      }
    }
    if (d.compared && !(d.largest <= options_.tolerance)) return differs(name, d);
    made.step = {name, wish.findings, changes, d};
    made_.push_back(std::move(made));
    work = std::move(trial);
    idle_.clear();  // what could not be done before may be possible now
    return true;
  }

  // Leaves out one change after another as long as the rest still reaches the target.
  Status simplify(const Model& model, std::unique_ptr<Model>& work) {
    for (size_t i = made_.size(); i-- > 0;) {
      if (made_[i].step.findings == std::vector<std::string>{"asked for"}) continue;
      const std::vector<Made> all = std::move(made_);
      made_.clear();
      std::unique_ptr<Model> trial = model.clone();
      for (size_t k = 0; k < all.size(); ++k) {
        if (k == i) continue;
        JETLINE_ASSIGN_OR_RETURN(const bool done,
                                 apply(trial, all[k].step.rewrite, {all[k].step.findings, all[k].places}));
        (void)done;
      }
      if (check::is_yes(check(*trial).verdict)) {
        work = std::move(trial);
        i = std::min(i, made_.size());
      } else {
        made_ = all;
      }
    }
    return Status();
  }

  const targets::Catalog& catalog_;
  const FixOptions& options_;
  int64_t max_opset_ = 0;
  std::set<std::string> plugins_;
  std::vector<Made> made_;
  std::vector<std::pair<std::string, std::set<std::string>>> idle_;  // changed nothing as things are
  std::map<std::pair<std::string, std::set<std::string>>, int> tried_;
  std::vector<Refusal> refusals_;
  std::vector<std::string> notes_;
};

}  // namespace

bool is_obstacle(const check::Finding& f) {
  return f.unknown || f.effect == targets::Effect::kRefused || f.effect == targets::Effect::kWrong;
}

Result<FixReport> fix_model(Model& model, const targets::Catalog& catalog, const FixOptions& options) {
  for (const std::string& name : options.skip) {
    if (!find_rewrite(name))
      return Status::usage("fix.unknown-rewrite", "there is no rewrite '" + name + "'",
                           "docs/fix.md lists them");
  }
  return Chooser(catalog, options).run(model);
}

}  // namespace jetline::fix
