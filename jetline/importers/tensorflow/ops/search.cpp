// Looking numbers up among others, and counting: Bucketize, LowerBound, UpperBound, Bincount, InTopK,
// UnravelIndex, Cross, HistogramFixedWidth.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// How many of `sorted` [..., n] compare as `onnx` with each of x [..., m] -> int64 [..., m].
Value* search_count(OpContext& c, const char* onnx, Value* sorted, Value* x) {
  Value* test = typed(c, onnx, {ordered(c, c.unsqueeze(sorted, {-2})), ordered(c, c.unsqueeze(x, {-1}))}, {},
                      TypedResult::kOwn);
  return c.emit("ReduceSum", {c.to_i64(test), c.ints({-1})}, {{"keepdims", 0}});
}

// The bucket of x: how many boundaries are <= x.
Status convert_bucketize(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const Attr* attr = c.attr("boundaries");
  const std::vector<float> boundaries = attr ? attr->floats() : std::vector<float>();
  if (boundaries.empty()) return c.set(0, filled(c, c.shape_of(x), 0, DType::kI32));
  Value* edges = c.floats({static_cast<int64_t>(boundaries.size())}, boundaries);
  // Integers are compared with the boundaries as floats.
  Value* last = c.unsqueeze(c.cast(x, DType::kF32), {-1});
  Value* below = c.emit("LessOrEqual", {edges, last});
  return c.set(0, c.cast(c.emit("ReduceSum", {c.cast(below, DType::kI32), c.ints({-1})}, {{"keepdims", 0}}),
                         DType::kI32));
}

Status search_bound(OpContext& c, const char* onnx) {
  Value *sorted = c.tensor(0), *x = c.tensor(1);
  if (!sorted || !x) return c.wrong_input(sorted ? 1 : 0);
  return c.set(0, c.cast(search_count(c, onnx, sorted, x), c.dtype_attr("out_type", DType::kI32)));
}
Status convert_lower_bound(OpContext& c) {
  return search_bound(c, "Less");
}
Status convert_upper_bound(OpContext& c) {
  return search_bound(c, "LessOrEqual");
}

// How often each number below `size` occurs in arr [n], or the sum of the weights where it does. [size].
Value* search_bincount(OpContext& c, Value* arr, Value* size, Value* weights, DType out, bool binary) {
  Value* flat = c.rank(arr) == 1 ? arr : c.reshape(arr, {-1});
  Value* numbers = iota(c, size, DType::kI64);
  Value* hits = c.emit("Equal", {c.unsqueeze(numbers, {1}), c.unsqueeze(c.to_i64(flat), {0})});
  if (binary) {
    Value* seen = c.emit("ReduceSum", {c.to_i64(hits), c.ints({1})}, {{"keepdims", 0}});
    return c.cast(c.emit("Greater", {seen, c.int_scalar(0)}), out);
  }
  const DType kernel = kernel_type("ReduceSum", out);
  const bool weighted = weights && !(c.rank(weights) >= 1 && c.dim(weights, 0) == 0);
  Value* laid = c.cast(hits, kernel);
  if (weighted) {
    Value* w = c.rank(weights) == 1 ? weights : c.reshape(weights, {-1});
    laid = where(c, hits, c.unsqueeze(c.cast(w, kernel), {0}), c.scalar(0, kernel));
  }
  return c.cast(c.emit("ReduceSum", {laid, c.ints({1})}, {{"keepdims", 0}}), out);
}

Status convert_bincount(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* weights = c.tensor(2);
  if (c.dim(weights, 0) < 0) return c.unsupported("weights of unknown length");
  return c.set(0, search_bincount(c, c.tensor(0), c.tensor(1), weights, c.dtype(weights), false));
}

// Of a vector, or of each row of a matrix.
Status convert_dense_bincount(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *x = c.tensor(0), *weights = c.tensor(2);
  const bool binary = c.bool_attr("binary_output");
  const DType out = c.dtype(weights);
  if (c.rank(x) == 1 && c.dim(weights, 0) >= 0)
    return c.set(0, search_bincount(c, x, c.tensor(1), weights, out, binary));
  if (c.rank(x) != 2 || c.rank(weights) < 1 || c.dim(weights, 0) < 0)
    return c.unsupported("an input of unknown rank, or weights of unknown size");
  const bool weighted = c.dim(weights, 0) != 0;
  Value* numbers = c.unsqueeze(iota(c, c.tensor(1), DType::kI64), {1});
  Value* hits = c.emit("Equal", {numbers, c.unsqueeze(c.to_i64(x), {1})});  // [rows, size, n]
  const DType kernel = kernel_type("ReduceSum", out);
  Value* laid = c.cast(hits, kernel);
  if (weighted && !binary)
    laid = where(c, hits, c.unsqueeze(c.cast(weights, kernel), {1}), c.scalar(0, kernel));
  Value* sum = c.emit("ReduceSum", {laid, c.ints({2})}, {{"keepdims", 0}});
  if (binary) sum = c.emit("Greater", {sum, c.scalar(0, kernel)});
  return c.set(0, c.cast(sum, out));
}

// Whether fewer than k predictions of the row are larger than the target's.
Status convert_in_top_k(OpContext& c) {
  Value *predictions = c.tensor(0), *targets = c.tensor(1);
  if (!predictions || !targets) return c.wrong_input(predictions ? 1 : 0);
  Value* k = c.inputs() > 2 ? c.tensor(2) : c.int_scalar(c.int_attr("k"));
  if (!k) return c.wrong_input(2);
  Value* at = c.unsqueeze(c.to_i64(targets), {1});
  Value* size = dim_vector(c, predictions, 1);
  Value* inside =
      c.emit("And", {c.emit("GreaterOrEqual", {at, c.int_scalar(0)}), c.emit("Less", {at, size})});
  Value* score =
      c.emit("GatherElements", {predictions, where(c, inside, at, c.int_scalar(0))}, {{"axis", 1}});
  Value* larger = c.to_i64(c.emit("Greater", {predictions, score}));
  Value* rank = c.emit("ReduceSum", {larger, c.ints({1})}, {{"keepdims", 0}});
  // A score that is infinite or no number is never among the first.
  Value* finite = c.emit("Equal", {c.emit("Sub", {score, score}), c.scalar(0, score)});
  Value* sound = c.squeeze(c.emit("And", {inside, finite}), {1});
  return c.set(0, c.emit("And", {c.emit("Less", {rank, c.to_i64(k)}), sound}));
}

// Coordinates [rank, n] of flat indices in a tensor of `dims`.
Status convert_unravel_index(OpContext& c) {
  Value *indices = c.tensor(0), *dims = c.tensor(1);
  if (!indices || !dims) return c.wrong_input(indices ? 1 : 0);
  const int64_t rank = c.dim(dims, 0);
  if (rank < 1) return c.unsupported("dims of unknown length");
  const DType own = c.dtype(indices);
  Value* sizes = as_vector(c, dims);
  Value* left = c.to_i64(indices);
  std::vector<Value*> rows(static_cast<size_t>(rank));
  for (int64_t i = rank - 1; i >= 0; --i) {
    Value* size = c.squeeze(sliced(c, sizes, 0, i, i + 1), {0});
    rows[static_cast<size_t>(i)] = c.unsqueeze(i == 0 ? left : c.emit("Mod", {left, size}), {0});
    left = c.emit("Div", {left, size});
  }
  return c.set(0, c.cast(concatenated(c, rows, 0), own));
}

// a x b on the last axis of three: a[1,2,0] b[2,0,1] - a[2,0,1] b[1,2,0].
Status convert_cross(OpContext& c) {
  Value *a = c.tensor(0), *b = c.tensor(1);
  if (!a || !b) return c.wrong_input(a ? 1 : 0);
  const auto turned = [&](Value* v, std::vector<int64_t> order) {
    return c.emit("Gather", {v, c.ints(order)}, {{"axis", -1}});
  };
  Value* left = typed2(c, "Mul", turned(a, {1, 2, 0}), turned(b, {2, 0, 1}));
  Value* right = typed2(c, "Mul", turned(a, {2, 0, 1}), turned(b, {1, 2, 0}));
  return c.set(0, typed2(c, "Sub", left, right));
}

// Counts in nbins equal bins of [low, high]; what lies outside counts in the outermost ones.
Status convert_histogram(OpContext& c) {
  Value *x = c.tensor(0), *range = c.tensor(1), *nbins = c.tensor(2);
  if (!x) return c.wrong_input(0);
  if (!range || !nbins) return c.wrong_input(range ? 2 : 1);
  const DType own = c.dtype(x);
  const DType kernel = own == DType::kF32 || own == DType::kF16 ? DType::kF32 : DType::kF64;
  x = c.reshape(c.cast(x, kernel), {-1});
  Value* ends = c.cast(range, kernel);
  Value* low = sliced(c, ends, 0, 0, 1);
  Value* width = c.emit("Sub", {sliced(c, ends, 0, 1, 2), low});
  Value* n = c.to_i64(nbins);
  Value* step = c.emit("Div", {width, c.cast(n, kernel)});
  Value* bin = c.emit("Div", {c.emit("Sub", {x, low}), step});
  Value* last = c.emit("Sub", {n, c.int_scalar(1)});
  bin = c.emit("Max", {c.emit("Min", {bin, c.cast(last, kernel)}), c.scalar(0, kernel)});
  return c.set(0, search_bincount(c, c.to_i64(bin), n, nullptr, c.dtype_attr("dtype", DType::kI32), false));
}

const OpRule kSearchRules[] = {
    {"Bincount", convert_bincount, "", "by comparing every number with every bin"},
    {"Bucketize", convert_bucketize},
    {"Cross", convert_cross},
    {"DenseBincount", convert_dense_bincount, "", "by comparing every number with every bin"},
    {"HistogramFixedWidth", convert_histogram, "", "by comparing every number with every bin"},
    {"InTopK", convert_in_top_k},
    {"InTopKV2", convert_in_top_k},
    {"LowerBound", convert_lower_bound},
    {"UnravelIndex", convert_unravel_index},
    {"UpperBound", convert_upper_bound},
};
}  // namespace

Span<const OpRule> search_rules() {
  return {kSearchRules, sizeof(kSearchRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
