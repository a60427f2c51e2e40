#include "jetline/check/estimate.h"

namespace jetline::check {

Estimator::Estimator(const Model& model, const std::vector<Subject>& subjects)
    : model_(model), subjects_(subjects), macs_(count_macs(model)) {}

Estimate Estimator::estimate(const targets::Target&, const std::vector<bool>&) const {
  Estimate e;
  e.macs = macs_.macs;
  e.macs_known = macs_.exact;
  e.latency_note = "no estimate";
  return e;
}

}  // namespace jetline::check
