// Poolings over windows and over everything.
#include "jetline/graph/ops/window.h"

namespace jetline::ops {
namespace {

void pool_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x || x->size() < 3) return c.set_dtype(0, c.dtype(0));
  const Window window = Window::of(c.node(), x->size() - 2);
  std::vector<Dim> out = {(*x)[0], (*x)[1]};
  for (size_t i = 2; i < x->size(); ++i) out.push_back(window.output((*x)[i], i - 2));
  c.set(1, DType::kI64, out);  // MaxPool's indices
  c.set(0, c.dtype(0), std::move(out));
}

void global_pool_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x || x->size() < 2) return c.set_dtype(0, c.dtype(0));
  std::vector<Dim> out(x->size(), Dim(1));
  out[0] = (*x)[0];
  out[1] = (*x)[1];
  c.set(0, c.dtype(0), std::move(out));
}

// The size that a pooling with this window came from, or the one given.
void max_unpool_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x || x->size() < 3) return c.set_dtype(0, c.dtype(0));
  if (const KnownInts* given = c.ints(2)) return c.set(0, c.dtype(0), given->elements);
  const Window window = Window::of(c.node(), x->size() - 2);
  std::vector<Dim> out = {(*x)[0], (*x)[1]};
  for (size_t i = 2; i < x->size(); ++i)
    out.push_back(c.has(2) ? Dim() : window.transposed_output((*x)[i], i - 2, 0));
  c.set(0, c.dtype(0), std::move(out));
}

const Rule kPoolRules[] = {
    {"", "MaxPool", pool_infer},
    {"", "AveragePool", pool_infer},
    {"", "MaxUnpool", max_unpool_infer},
    {"", "LpPool", pool_infer},
    {"", "GlobalMaxPool", global_pool_infer},
    {"", "GlobalAveragePool", global_pool_infer},
    {"", "GlobalLpPool", global_pool_infer},
};
}  // namespace

Span<const Rule> pool_rules() {
  return {kPoolRules, sizeof(kPoolRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
