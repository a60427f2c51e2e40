#include "jetline/check/estimate/estimator.h"

#include <algorithm>

#include "jetline/check/estimate/roofline.h"
#include "jetline/check/facts.h"

namespace jetline::check {
namespace {

// Bytes as a number that fits; a hostile shape may say more than there are.
int64_t estimator_bytes(double bytes) {
  return static_cast<int64_t>(std::min(bytes, 4e18));
}

// Stored tensors of a graph and its subgraphs, Constants included, each once.
template <typename F>
void estimator_weights(const Graph& g, const F& each) {
  for (const Value* v : g.initializers()) {
    if (v->initializer()) each(*v->initializer());
  }
  for (const auto& n : g.nodes()) {
    if (n->is("Constant")) {
      if (const Attribute* a = n->attribute("value"); a && a->as_tensor()) each(*a->as_tensor());
    }
    for (const Graph* body : n->subgraphs()) estimator_weights(*body, each);
  }
}

}  // namespace

Estimator::Estimator(const Model& model, const std::vector<Subject>& subjects)
    : model_(model), subjects_(subjects), macs_(count_macs(model)), plan_(plan_kernels(model)) {
  estimator_weights(model.graph(), [this](const Tensor& t) {
    const auto size =
        size_of(ValueType::tensor(t.dtype(), std::vector<Dim>(t.dims().begin(), t.dims().end())));
    if (!size) return;
    parameters_ += size->elements;
    if (size->is_float) {
      float_weights_ += static_cast<double>(size->elements);
    } else {
      other_weight_bytes_ += estimator_bytes(size->bytes(1));
    }
  });
}

const ActivationPeak& Estimator::peak(double bytes) {
  const auto [at, fresh] = peaks_.try_emplace(bytes);
  if (fresh) at->second = activation_peak(model_.graph(), bytes);
  return at->second;
}

// Nodes in the order of the file; those that compute nothing stay where their neighbours are.
Estimate::Dla Estimator::dla(const std::vector<bool>& off_dla) const {
  Estimate::Dla d;
  int before = -1;
  for (size_t i = 0; i < subjects_.size(); ++i) {
    const Subject& s = subjects_[i];
    if (!s.node || s.nested > 0 || s.node->is("Constant")) continue;
    const int now = off_dla[i] ? 0 : 1;
    (now ? d.nodes_on_dla : d.nodes_on_gpu) += 1;
    d.switches += before >= 0 && before != now ? 1 : 0;
    before = now;
  }
  return d;
}

Estimate Estimator::estimate(const targets::Target& target, const std::vector<bool>& off_dla) {
  Estimate e;
  e.estimated = true;
  const double width = float_bytes(target.precision);
  e.parameters = parameters_;
  e.weight_bytes = estimator_bytes(float_weights_ * width) + other_weight_bytes_;
  e.macs = macs_.macs;
  e.macs_known = macs_.exact;
  const ActivationPeak& p = peak(width);
  e.activation_peak_node = p.node;
  if (p.bytes) {
    e.activation_bytes = estimator_bytes(*p.bytes);
    e.engine_bytes = e.weight_bytes + *e.activation_bytes + kContextBytesLow;
    e.engine_bytes_high = e.weight_bytes + *e.activation_bytes + kContextBytesHigh;
  }
  e.batch_as_one = p.batch_as_one || plan_.batch_as_one;
  if (!off_dla.empty()) e.dla = dla(off_dla);
  if (target.dla) {
    e.latency_note = "no estimate: how DLA and GPU overlap is not known";
    return e;
  }
  const LatencyRange range = latency_range(plan_, target.board, target.precision, target.jetpack);
  if (range.known) {
    e.latency_low_ms = range.low_ms;
    e.latency_high_ms = range.high_ms;
  }
  e.latency_note = range.note;
  return e;
}

}  // namespace jetline::check
