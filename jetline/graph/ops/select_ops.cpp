// Operators whose result depends on the data, and losses: Compress, Unique, Det, ReverseSequence, the losses.
#include <algorithm>

#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

void compress_infer(Context& c) {
  const auto* x = c.shape(0);
  const Attribute* a = c.node().attribute("axis");
  std::vector<int64_t> keep;
  Dim count;
  if (c.all_ints(1, keep))
    count = Dim(static_cast<int64_t>(std::count_if(keep.begin(), keep.end(), [](int64_t v) { return v; })));
  if (!a || !a->as_int()) return c.set(0, c.dtype(0), {count});
  int64_t axis = *a->as_int();
  if (!x || !normalize_axis(axis, x->size())) return c.set_dtype(0, c.dtype(0));
  std::vector<Dim> out = *x;
  out[static_cast<size_t>(axis)] = count;
  c.set(0, c.dtype(0), std::move(out));
}

void unique_infer(Context& c) {
  const auto* x = c.shape(0);
  const Attribute* a = c.node().attribute("axis");
  for (size_t i = 1; i < 4; ++i) c.set(i, DType::kI64, {Dim()});
  if (!a || !a->as_int()) {
    Dim count(1);
    for (size_t i = 0; x && i < x->size(); ++i)
      count = (*x)[i].known() ? dim_mul(count, (*x)[i].value) : Dim();
    c.set(2, DType::kI64, {x ? count : Dim()});
    return c.set(0, c.dtype(0), {Dim()});
  }
  int64_t axis = *a->as_int();
  if (!x || !normalize_axis(axis, x->size())) return c.set_dtype(0, c.dtype(0));
  c.set(2, DType::kI64, {(*x)[static_cast<size_t>(axis)]});
  std::vector<Dim> out = *x;
  out[static_cast<size_t>(axis)] = Dim();
  c.set(0, c.dtype(0), std::move(out));
}

void det_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x || x->size() < 2) return c.set_dtype(0, c.dtype(0));
  c.set(0, c.dtype(0), std::vector<Dim>(x->begin(), x->end() - 2));
}

// scores [N, C, d1 …], labels [N, d1 …]: without reduction the loss has the labels' shape.
void loss_infer(Context& c) {
  if (c.node().string_or("reduction", "mean") == "none")
    shape_of_input(c, 0, 1, c.dtype(0));
  else
    c.set(0, c.dtype(0), {});
}

void bit_cast_infer(Context& c) {
  shape_of_input(c, 0, 0, dtype_attribute(c, "to", DType::kUndefined));
}

void select_same_infer(Context& c) {
  copy_input(c, 0, 0);
}

const Rule kSelectRules[] = {
    {"", "Compress", compress_infer},
    {"", "Unique", unique_infer, nullptr, true},
    {"", "Det", det_infer},
    {"", "ReverseSequence", select_same_infer},
    {"", "CumProd", select_same_infer},
    {"", "BitCast", bit_cast_infer},
    {"", "NegativeLogLikelihoodLoss", loss_infer},
    {"", "SoftmaxCrossEntropyLoss",
     [](Context& c) {
       loss_infer(c);
       copy_input(c, 1, 0);
     }},
};
}  // namespace

Span<const Rule> select_rules() {
  return {kSelectRules, sizeof(kSelectRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
