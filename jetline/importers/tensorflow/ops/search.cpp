// Looking numbers up among others: LowerBound, UpperBound, UnravelIndex.
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

// Coordinates [rank, n] of flat indices in a tensor of `dims`.
Status convert_unravel_index(OpContext& c) {
  Value *indices = c.tensor(0), *dims = c.tensor(1);
  if (!indices || !dims) return c.wrong_input(indices ? 1 : 0);
  const int64_t rank = c.dim(dims, 0);
  if (rank < 1 || rank > kMostAxes) return c.unsupported("dims of unknown length");
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

const OpRule kSearchRules[] = {
    {"LowerBound", convert_lower_bound},
    {"UnravelIndex", convert_unravel_index},
    {"UpperBound", convert_upper_bound},
};
}  // namespace

Span<const OpRule> search_rules() {
  return {kSearchRules, sizeof(kSearchRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
