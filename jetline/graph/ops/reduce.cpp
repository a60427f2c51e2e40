// Reductions, arg-reductions, TopK, and operators whose result size depends on the data.
#include <algorithm>

#include "jetline/graph/ops/follow.h"

namespace jetline::ops {
namespace {

Dim reduce_step(const std::string& op, const Dim& a, const Dim& b) {
  int64_t v = 0;
  if (op == "ReduceProd") {
    if ((a.known() && a.value == 0) || (b.known() && b.value == 0)) return Dim(0);
    if (a.known() && a.value == 1) return b;
    if (b.known() && b.value == 1) return a;
  }
  if (!a.known() || !b.known()) return Dim();
  if (op == "ReduceProd") return __builtin_mul_overflow(a.value, b.value, &v) ? Dim() : Dim(v);
  if (op == "ReduceSum") return __builtin_add_overflow(a.value, b.value, &v) ? Dim() : Dim(v);
  return Dim(op == "ReduceMax" ? std::max(a.value, b.value) : std::min(a.value, b.value));
}

// Sums, products, least and greatest of followed integers (of bool: any and all).
void reduce_follow(Context& c, const std::vector<bool>& reduced, const std::vector<Dim>& shape) {
  const std::string& op = c.node().op();
  if (op != "ReduceProd" && op != "ReduceSum" && op != "ReduceMax" && op != "ReduceMin") return;
  const KnownInts* k = c.ints(0);
  if (!k || k->dims.size() != reduced.size() || k->elements.empty()) return;
  KnownInts out;
  for (const Dim& d : shape) {
    if (!d.known()) return;
    out.dims.push_back(d.value);
  }
  std::vector<bool> started(static_cast<size_t>(element_count(out.dims)), false);
  out.elements.resize(started.size());
  for (size_t i = 0; i < k->elements.size(); ++i) {
    int64_t rest = static_cast<int64_t>(i), at = 0, stride = 1;
    for (size_t axis = reduced.size(); axis-- > 0;) {
      if (!reduced[axis]) {
        at += rest % k->dims[axis] * stride;
        stride *= k->dims[axis];
      }
      rest /= k->dims[axis];
    }
    const auto to = static_cast<size_t>(at);
    out.elements[to] = started[to] ? reduce_step(op, out.elements[to], k->elements[i]) : k->elements[i];
    started[to] = true;
  }
  for (Dim& d : out.elements) d = fit_int(d, c.dtype(0));
  c.set_ints(0, std::move(out));
}

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
  c.set(0, c.dtype(0), out);
  reduce_follow(c, reduced, out);
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
  const KnownInts* k = c.ints(0);
  std::vector<int64_t> all;
  if (!k || !c.all_ints(0, all))
    return c.set(0, DType::kI64, {x ? Dim(static_cast<int64_t>(x->size())) : Dim(), Dim()});
  std::vector<int64_t> found;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] != 0) found.push_back(static_cast<int64_t>(i));
  }
  KnownInts out;
  out.dims = {static_cast<int64_t>(k->dims.size()), static_cast<int64_t>(found.size())};
  for (size_t axis = 0; axis < k->dims.size(); ++axis) {
    int64_t stride = 1;
    for (size_t later = axis + 1; later < k->dims.size(); ++later) stride *= k->dims[later];
    for (int64_t i : found) out.elements.push_back(Dim(i / stride % k->dims[axis]));
  }
  c.set(0, DType::kI64, {Dim(out.dims[0]), Dim(out.dims[1])});
  c.set_ints(0, std::move(out));
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
    {"", "NonZero", non_zero_infer, nullptr, true},
    {"", "NonMaxSuppression", non_max_suppression_infer, nullptr, true},
};
}  // namespace

Span<const Rule> reduce_rules() {
  return {kReduceRules, sizeof(kReduceRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
