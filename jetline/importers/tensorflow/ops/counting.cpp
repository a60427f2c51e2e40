// Bincount, DenseBincount, Bucketize, HistogramFixedWidth: comparisons against all bins, summed.
#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// [..., n] and a number of bins -> bool [..., bins, n].
Value* counting_hits(OpContext& c, Value* x, Value* bins) {
  Value* range = c.emit("Range", {c.int_scalar(0), c.reshape(c.to_i64(bins), {}), c.int_scalar(1)});
  return c.emit("Equal", {c.unsqueeze(c.to_i64(x), {-2}), c.unsqueeze(range, {1})});
}

Status convert_bincount(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *x = c.tensor(0), *weights = c.tensor(2);
  const bool dense = c.op() == "DenseBincount";
  if (dense && c.rank(x) != 1 && c.rank(x) != 2) return c.unsupported("an input that is not of rank 1 or 2");
  if (!dense) x = c.reshape(x, {-1});
  const DType out = c.dtype(weights);
  if (c.rank(weights) < 0) return c.unsupported("weights of unknown shape");
  const bool weighted = c.rank(weights) > 0 && c.dim(weights, 0) != 0;
  if (weighted && c.dim(weights, 0) < 0) return c.unsupported("weights of unknown shape");
  Value* hits = counting_hits(c, x, c.tensor(1));
  const DType sum_type = out == DType::kI32 || out == DType::kI64 || out == DType::kF64 ? out : DType::kF32;
  Value* counts = c.cast(hits, sum_type);
  if (c.bool_attr("binary_output")) {
    counts = c.emit("ReduceMax", {c.cast(hits, DType::kI32)}, {{"axes", {-1}}, {"keepdims", 0}});
    return c.set(0, c.cast(counts, out));
  }
  if (weighted) {
    Value* w = c.cast(dense ? weights : c.reshape(weights, {-1}), sum_type);
    counts = c.emit("Mul", {counts, c.unsqueeze(w, {-2})});
  }
  return c.set(0, c.cast(c.emit("ReduceSum", {counts, c.ints({-1})}, {{"keepdims", 0}}), out));
}

// How many boundaries are at most x.
Status convert_bucketize(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const Attr* a = c.attr("boundaries");
  const std::vector<float> boundaries = a ? a->floats() : std::vector<float>();
  const DType type = c.dtype(x);
  x = c.cast(x, type == DType::kF64 || type == DType::kI64 ? DType::kF64 : DType::kF32);
  Value* limits = c.cast(c.floats({static_cast<int64_t>(boundaries.size())}, boundaries), c.dtype(x));
  Value* above = c.cast(c.emit("GreaterOrEqual", {c.unsqueeze(x, {-1}), limits}), DType::kI32);
  return c.set(0, c.emit("ReduceSum", {above, c.ints({-1})}, {{"keepdims", 0}}));
}

// values, value_range [2], nbins.
Status convert_histogram(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  const DType type = c.dtype(c.tensor(0));
  const DType compute = type == DType::kF64 || type == DType::kI64 ? DType::kF64 : DType::kF32;
  Value* x = c.reshape(c.cast(c.tensor(0), compute), {-1});
  Value* range = c.cast(c.tensor(1), compute);
  Value* low = c.emit("Gather", {range, c.int_scalar(0)}, {{"axis", 0}});
  Value* high = c.emit("Gather", {range, c.int_scalar(1)}, {{"axis", 0}});
  Value* bins = c.reshape(c.to_i64(c.tensor(2)), {});
  Value* count = c.cast(bins, compute);
  Value* step = c.emit("Div", {c.emit("Sub", {high, low}), count});
  Value* at = c.emit("Floor", {c.emit("Div", {c.emit("Sub", {x, low}), step})});
  Value* last = c.emit("Sub", {count, c.scalar(1, compute)});
  at = c.emit("Min", {c.emit("Max", {at, c.scalar(0, compute)}), last});
  Value* hits = c.cast(counting_hits(c, at, bins), DType::kI32);
  Value* sums = c.emit("ReduceSum", {hits, c.ints({-1})}, {{"keepdims", 0}});
  return c.set(0, c.cast(sums, c.dtype_attr("dtype", DType::kI32)));
}

const OpRule kCountingRules[] = {
    {"Bincount", convert_bincount},
    {"DenseBincount", convert_bincount},
    {"Bucketize", convert_bucketize},
    {"HistogramFixedWidth", convert_histogram},
};

}  // namespace

Span<const OpRule> counting_rules() {
  return {kCountingRules, std::size(kCountingRules)};
}

}  // namespace jetline::tf
