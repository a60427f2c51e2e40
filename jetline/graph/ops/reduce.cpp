// Reductions, arg-reductions, TopK, and operators whose result size depends on the data.
#include "jetline/graph/ops/rules.h"

namespace jetline::ops {
namespace {

void reduce_infer(Context& c) {
  const auto* x = c.shape(0);
  std::vector<int64_t> axes;
  bool given = false;
  if (!x) return c.set_dtype(0, c.dtype(0));
  const bool keep = c.node().int_or("keepdims", 1) != 0;
  if (!axes_from(c, "axes", 1, axes, given)) {
    if (keep) return c.set(0, c.dtype(0), std::vector<Dim>(x->size()));
    return c.set_dtype(0, c.dtype(0));
  }
  if (axes.empty() && c.node().int_or("noop_with_empty_axes", 0) != 0) return c.set(0, c.dtype(0), *x);
  std::vector<bool> reduced(x->size(), axes.empty());
  for (int64_t a : axes) {
    if (!normalize_axis(a, x->size())) return c.set_dtype(0, c.dtype(0));
    reduced[static_cast<size_t>(a)] = true;
  }
  std::vector<Dim> out;
  for (size_t i = 0; i < x->size(); ++i) {
    if (!reduced[i])
      out.push_back((*x)[i]);
    else if (keep)
      out.push_back(Dim(1));
  }
  c.set(0, c.dtype(0), std::move(out));
}

void arg_infer(Context& c) {
  const auto* x = c.shape(0);
  int64_t axis = c.node().int_or("axis", 0);
  if (!x || !normalize_axis(axis, x->size())) return c.set_dtype(0, DType::kI64);
  std::vector<Dim> out = *x;
  if (c.node().int_or("keepdims", 1) != 0)
    out[static_cast<size_t>(axis)] = Dim(1);
  else
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(axis));
  c.set(0, DType::kI64, std::move(out));
}

void topk_infer(Context& c) {
  const auto* x = c.shape(0);
  int64_t axis = c.node().int_or("axis", -1);
  if (!x || !normalize_axis(axis, x->size())) {
    c.set_dtype(1, DType::kI64);
    return c.set_dtype(0, c.dtype(0));
  }
  std::vector<Dim> out = *x;
  const KnownInts* k = c.ints(1);
  const Attribute* old = c.node().attribute("k");  // before opset 10
  Dim count = k && k->elements.size() == 1 ? k->elements[0] : Dim();
  if (old && old->as_int() && *old->as_int() >= 0) count = Dim(*old->as_int());
  out[static_cast<size_t>(axis)] = count;
  c.set(1, DType::kI64, out);
  c.set(0, c.dtype(0), std::move(out));
}

void non_zero_infer(Context& c) {
  const auto* x = c.shape(0);
  c.set(0, DType::kI64, {x ? Dim(static_cast<int64_t>(x->size())) : Dim(), Dim()});
}

void non_max_suppression_infer(Context& c) {
  c.set(0, DType::kI64, {Dim(), Dim(3)});
}

const Rule kReduceRules[] = {
    {"", "ReduceSum", reduce_infer},
    {"", "ReduceMean", reduce_infer},
    {"", "ReduceMax", reduce_infer},
    {"", "ReduceMin", reduce_infer},
    {"", "ReduceProd", reduce_infer},
    {"", "ReduceL1", reduce_infer},
    {"", "ReduceL2", reduce_infer},
    {"", "ReduceLogSum", reduce_infer},
    {"", "ReduceLogSumExp", reduce_infer},
    {"", "ReduceSumSquare", reduce_infer},
    {"", "ArgMax", arg_infer},
    {"", "ArgMin", arg_infer},
    {"", "TopK", topk_infer},
    {"", "NonZero", non_zero_infer},
    {"", "NonMaxSuppression", non_max_suppression_infer},
};
}  // namespace

Span<const Rule> reduce_rules() {
  return {kReduceRules, sizeof(kReduceRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
