#include <map>
#include <memory>

#include "jetline/check/check.h"
#include "jetline/check/estimate/estimator.h"
#include "jetline/check/inline_calls.h"
#include "jetline/check/judge.h"
#include "jetline/check/verdict.h"

namespace jetline::check {
namespace {

Model& checker_inferred(Model& model, ShapeInference& inference) {
  inference.graph(model.graph());
  return model;
}

// Findings depend on nothing else of a target.
std::string checker_key(const Software& s) {
  return s.tensorrt.to_string() + ' ' + targets::to_string(s.precision) + (s.dla ? " dla" : "") +
         (s.strongly_typed ? " strong" : "");
}

}  // namespace

// A model with everything that does not depend on the target.
struct Checker::View {
  View(Model& m, const targets::Catalog& catalog, const NodeOpsets& opsets = {})
      : inference(m),
        model(checker_inferred(m, inference)),
        facts(model, inference),
        subjects(collect_subjects(model, catalog, opsets)),
        judge(subjects, facts, model, catalog),
        estimator(model, subjects) {}

  const Judgement& judgement(const Software& software) {
    const auto [at, fresh] = judgements.try_emplace(checker_key(software));
    if (fresh) at->second = judge.judge(software);
    return at->second;
  }

  ShapeInference inference;
  Model& model;
  ModelFacts facts;
  std::vector<Subject> subjects;
  Judge judge;
  Estimator estimator;
  std::map<std::string, Judgement> judgements;
};

struct Checker::State {
  State(Model& m, const targets::Catalog& c, const CheckOptions& o)
      : catalog(c), options(o), plain(m, c), inlined(inline_calls(m, c)) {
    if (inlined.model) unfolded = std::make_unique<View>(*inlined.model, c, inlined.opsets);
  }
  View& view(const targets::Version& tensorrt) {
    return unfolded && !(tensorrt < kFunctionsFrom) ? *unfolded : plain;
  }

  const targets::Catalog& catalog;
  CheckOptions options;
  View plain;                      // calls of model functions as they are
  InlinedModel inlined;            // their bodies in their place
  std::unique_ptr<View> unfolded;  // of `inlined`; null without functions
};

Checker::Checker(Model& model, const targets::Catalog& catalog, const CheckOptions& options)
    : state_(std::make_unique<State>(model, catalog, options)) {}
Checker::~Checker() = default;

Report Checker::check(const targets::Target& target) {
  Report r;
  r.target = target;
  Software software;
  software.tensorrt = target.tensorrt;
  software.precision = target.precision;
  software.dla = target.dla;
  const targets::Release* release = state_->catalog.find_release(target.tensorrt);
  software.strongly_typed = target.strongly_typed || (release && release->strongly_typed_only);
  View& view = state_->view(target.tensorrt);
  const Judgement& judgement = view.judgement(software);
  if (state_->options.estimates) r.estimate = view.estimator.estimate(target, judgement.off_dla);
  decide(judgement, r);
  return r;
}

}  // namespace jetline::check
