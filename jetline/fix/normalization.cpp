// Normalisations written out: InstanceNormalization, MeanVarianceNormalization, LpNormalization, and
// BatchNormalization that uses the statistics of its own batch.
#include "jetline/fix/place.h"

namespace jetline::fix {
namespace {

struct NormParts {
  Value *mean = nullptr, *centred = nullptr, *variance = nullptr;
};

NormParts norm_parts(Place& p, Value* x, const std::vector<int64_t>& axes) {
  NormParts n;
  n.mean = p.reduce("ReduceMean", x, axes, true);
  n.centred = p.sub(x, n.mean);
  n.variance = p.reduce("ReduceMean", p.mul(n.centred, n.centred), axes, true);
  return n;
}

// One number a channel, brought to where it broadcasts against a tensor of that rank: [C, 1, 1].
Value* norm_by_channel(Place& p, Value* v, int rank) {
  std::vector<int64_t> dims(static_cast<size_t>(rank) - 1, 1);
  dims[0] = -1;
  return p.reshape(v, dims);
}

Value* norm_scaled(Place& p, const NormParts& n, Value* scale, Value* bias, int rank) {
  Value* epsilon = p.number(static_cast<double>(p.node().float_or("epsilon", 1e-5f)), n.centred);
  Value* y = p.div(n.centred, p.emit("Sqrt", {p.add(n.variance, epsilon)}));
  return p.add(p.mul(y, norm_by_channel(p, scale, rank)), norm_by_channel(p, bias, rank));
}

Outcome norm_instance(Place& p) {
  const int rank = Place::rank(p.in(0));
  if (rank < 3) return Outcome::refused("of unknown rank");
  std::vector<int64_t> axes = iota(rank);
  axes.erase(axes.begin(), axes.begin() + 2);
  return p.done(norm_scaled(p, norm_parts(p, p.in(0), axes), p.in(1), p.in(2), rank));
}

Outcome norm_mean_variance(Place& p) {
  const auto axes = p.node().ints_or("axes", {0, 2, 3});
  const NormParts n = norm_parts(p, p.in(0), axes);
  return p.done(p.div(n.centred, p.add(p.emit("Sqrt", {n.variance}), p.number(1e-9, n.centred))));
}

Outcome norm_lp(Place& p) {
  const int64_t order = p.node().int_or("p", 2);
  if (order != 1 && order != 2) return Outcome::refused("of order " + std::to_string(order));
  const int64_t axis = p.node().int_or("axis", -1);
  return p.done(p.div(p.in(0), p.reduce(order == 1 ? "ReduceL1" : "ReduceL2", p.in(0), {axis}, true)));
}

// Running statistics are outputs too: old * momentum + new * (1 - momentum).
Outcome norm_batch_training(Place& p) {
  Node& n = p.node();
  if (n.int_or("training_mode", 0) == 0) return Outcome::skipped();
  const int rank = Place::rank(p.in(0));
  if (rank < 2) return Outcome::refused("of unknown rank");
  std::vector<int64_t> axes = iota(rank);
  axes.erase(axes.begin() + 1);
  const NormParts parts = norm_parts(p, p.in(0), axes);
  const auto momentum = static_cast<double>(n.float_or("momentum", 0.9f));
  for (size_t i = 1; i < 3; ++i) {
    if (!p.used(i)) continue;
    Value* now = p.reshape(i == 1 ? parts.mean : parts.variance, {-1});
    Value* old = p.in(i + 2);
    p.replace(i, p.add(p.mul(old, p.number(momentum, old)), p.mul(now, p.number(1 - momentum, now))));
  }
  return p.done(norm_scaled(p, parts, p.in(1), p.in(2), rank));
}

// A reduction over no axes: the operator applied to every element by itself.
Outcome norm_noop_reduction(Place& p) {
  Node& n = p.node();
  std::vector<int64_t> axes;
  const Attribute* given = n.attribute("axes");
  const bool none = given && given->as_ints() ? given->as_ints()->empty()
                    : p.in(1)                 ? p.ints(1, axes) && axes.empty()
                                              : true;
  if (n.int_or("noop_with_empty_axes", 0) == 0 || !none) return Outcome::skipped();
  Value* x = p.in(0);
  const std::string& op = n.op();
  if (op == "ReduceL1" || op == "ReduceL2") return p.done(p.emit("Abs", {x}));
  if (op == "ReduceSumSquare") return p.done(p.mul(x, x));
  if (op == "ReduceLogSum") return p.done(p.emit("Log", {x}));
  return p.done(x);
}

}  // namespace

Result<int> run_instance_normalization(Model&, FixContext& c) {
  return rewrite_places(c, {"InstanceNormalization"}, norm_instance);
}
Result<int> run_mean_variance_normalization(Model&, FixContext& c) {
  return rewrite_places(c, {"MeanVarianceNormalization"}, norm_mean_variance);
}
Result<int> run_lp_normalization(Model&, FixContext& c) {
  return rewrite_places(c, {"LpNormalization"}, norm_lp);
}
Result<int> run_batch_normalization_training(Model&, FixContext& c) {
  return rewrite_places(c, {"BatchNormalization"}, norm_batch_training);
}
Result<int> run_noop_reduction(Model&, FixContext& c) {
  return rewrite_places(c,
                        {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
                         "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"},
                        norm_noop_reduction);
}

}  // namespace jetline::fix
