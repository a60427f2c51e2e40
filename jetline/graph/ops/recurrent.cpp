// LSTM, GRU and RNN: X [seq, batch, in], W [dirs, gates*hidden, in], R [dirs, gates*hidden, hidden] (layout
// 0).
#include "jetline/graph/ops/rules.h"

namespace jetline::ops {
namespace {

void recurrent_infer(Context& c) {
  const auto *x = c.shape(0), *w = c.shape(1), *r = c.shape(2);
  for (size_t i = 0; i < c.node().outputs().size(); ++i) c.set_dtype(i, c.dtype(0));
  if (!x || !w || !r || x->size() != 3 || w->size() != 3 || r->size() != 3) return;
  const Dim directions = (*w)[0], hidden = (*r)[2];
  if (c.node().int_or("layout", 0) == 0) {
    c.set(0, c.dtype(0), {(*x)[0], directions, (*x)[1], hidden});
    for (size_t i = 1; i < 3; ++i) c.set(i, c.dtype(0), {directions, (*x)[1], hidden});
  } else {
    c.set(0, c.dtype(0), {(*x)[0], (*x)[1], directions, hidden});
    for (size_t i = 1; i < 3; ++i) c.set(i, c.dtype(0), {(*x)[0], directions, hidden});
  }
}

// Every step of every sequence passes through all of W and all of R.
Macs recurrent_macs(const Context& c) {
  const auto *x = c.shape(0), *w = c.shape(1), *r = c.shape(2);
  if (!x || !w || !r || x->size() != 3) return {};
  const bool time_first = c.node().int_or("layout", 0) == 0;
  const Dim &steps = (*x)[time_first ? 0 : 1], &batch = (*x)[time_first ? 1 : 0];
  Macs mw = dims_product(*w), mr = dims_product(*r);
  if (!steps.known() || !mw.known || !mr.known || mw.batch_as_one || mr.batch_as_one) return {};
  Macs sum{true, !batch.known(), 0};
  if (__builtin_add_overflow(mw.value, mr.value, &sum.value)) sum.value = INT64_MAX;
  return times(times(sum, steps.value), batch.known() ? batch.value : 1);
}

const Rule kRecurrentRules[] = {
    {"", "LSTM", recurrent_infer, recurrent_macs},
    {"", "GRU", recurrent_infer, recurrent_macs},
    {"", "RNN", recurrent_infer, recurrent_macs},
};
}  // namespace

Span<const Rule> recurrent_rules() {
  return {kRecurrentRules, sizeof(kRecurrentRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
