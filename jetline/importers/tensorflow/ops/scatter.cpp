// ScatterNd and the TensorScatter family. ONNX's ScatterND replaces; it adds from opset 16 and takes extremes
// from opset 18. Below, updates are accumulated by comparing every place with every index, which is exact in
// every type and costs places x updates; constant indices without doubles need none of that.
#include "jetline/importers/tensorflow/ops/scatter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Elements that comparing may lay out at once.
constexpr int64_t kMostCompared = int64_t{1} << 26;

const char* scatter_op(Accumulate how) {
  switch (how) {
    case Accumulate::kAdd:
      return "Add";
    case Accumulate::kSub:
      return "Sub";
    case Accumulate::kMax:
      return "Max";
    case Accumulate::kMin:
      return "Min";
    default:
      return nullptr;
  }
}

// True when the constant indices name every place once.
bool scatter_once(OpContext& c, const Value* indices, int64_t depth) {
  std::vector<int64_t> all;
  if (depth < 1 || !c.known_ints(indices, all)) return false;
  std::set<std::vector<int64_t>> seen;
  for (size_t i = 0; i + static_cast<size_t>(depth) <= all.size(); i += static_cast<size_t>(depth)) {
    const auto at = all.begin() + static_cast<std::ptrdiff_t>(i);
    if (!seen.emplace(at, at + static_cast<std::ptrdiff_t>(depth)).second) return false;
  }
  return true;
}

int64_t scatter_product(const std::vector<int64_t>& dims, size_t first, size_t last) {
  int64_t n = 1;
  for (size_t i = first; i < last; ++i)
    n = dims[i] < 0 || dims[i] > kMostCompared || n > kMostCompared ? kMostCompared + 1 : n * dims[i];
  return n;
}

// The extreme that any other number beats: lowest for kMax, highest for kMin, in the type that is compared
// in.
Value* scatter_neutral(OpContext& c, Accumulate how, DType t) {
  const bool lowest = how == Accumulate::kMax;
  if (is_float(t)) return c.scalar(lowest ? -HUGE_VAL : HUGE_VAL, t);
  if (t == DType::kI64) return c.int_scalar(lowest ? INT64_MIN : INT64_MAX);
  return c.int_scalar(lowest ? INT32_MIN : INT32_MAX, t);
}

// Elements that the comparison lays out at least; -1 when the shapes do not say.
int64_t scatter_compared(const OpContext& c, const Value* data, const Value* indices) {
  const std::vector<int64_t> dims = c.dims(data);
  int64_t n = scatter_product(dims, 0, dims.size());
  for (int i = 0; i + 1 < c.rank(indices); ++i)
    n = std::min(kMostCompared + 1, n) *
        std::min<int64_t>(kMostCompared, std::max<int64_t>(1, c.dim(indices, i)));
  return c.is_static(data) ? n : -1;
}

// data as [S, inner], updates as [N, inner], index [N]: for each place all updates side by side, those of
// other places neutral, reduced.
Value* scatter_by_comparing(OpContext& c, Value* data, Value* indices, Value* updates, Accumulate how,
                            std::string* why) {
  const int64_t depth = c.rank(indices) > 0 ? c.dim(indices, -1) : -1;
  if (depth < 0 || depth > c.rank(data)) {
    *why = "accumulating at computed indices into a tensor of unknown rank below opset 16";
    return nullptr;
  }
  if (scatter_compared(c, data, indices) > kMostCompared) {
    *why = "accumulating at computed indices below opset 16, of so many numbers at so many places";
    return nullptr;
  }
  const DType own = c.dtype(data);
  const bool sum = how == Accumulate::kAdd || how == Accumulate::kSub;
  const DType kernel = kernel_type(sum ? "ReduceSum" : "ReduceMax", own);
  Value* shape = c.shape_of(data);
  const auto product = [&](Value* v) { return c.emit("ReduceProd", {v}, {{"axes", {0}}, {"keepdims", 1}}); };
  // Steps of the flattened places: the product of the later of the indexed sizes.
  std::vector<Value*> strides(static_cast<size_t>(depth), c.ints({1}));
  for (int64_t i = depth - 1; i > 0; --i)
    strides[static_cast<size_t>(i - 1)] =
        c.emit("Mul", {strides[static_cast<size_t>(i)], sliced(c, shape, 0, i, i + 1)});
  Value* linear = c.ints({0});
  if (depth > 0) {
    Value* weighted = c.emit("Mul", {c.to_i64(indices), concatenated(c, strides, 0)});
    linear = c.emit("ReduceSum", {weighted, c.ints({-1})}, {{"keepdims", 0}});
  } else {
    linear = expand_to(c, linear, product(sliced(c, c.shape_of(indices), 0, 0, -1)));
  }
  linear = c.reshape(linear, {1, -1, 1});
  Value* places = depth > 0 ? product(sliced(c, shape, 0, 0, depth)) : c.ints({1});
  Value* inner = depth < c.rank(data) ? product(sliced(c, shape, 0, depth, INT64_MAX)) : c.ints({1});
  Value* here = c.emit("Equal", {linear, c.unsqueeze(iota(c, places, DType::kI64), {1, 2})});
  Value* rows = c.reshape_to(c.cast(updates, kernel), concatenated(c, {c.ints({1, -1}), inner}, 0));
  Value* neutral = sum ? c.scalar(0, kernel) : scatter_neutral(c, how, kernel);
  Value* laid = where(c, here, rows, neutral);
  Value* reduced = sum ? c.emit("ReduceSum", {laid, c.ints({1})}, {{"keepdims", 0}})
                       : c.emit(how == Accumulate::kMax ? "ReduceMax" : "ReduceMin", {laid},
                                {{"axes", {1}}, {"keepdims", 0}});
  return c.cast(c.emit(scatter_op(how), {c.cast(data, kernel), c.reshape_to(reduced, shape)}), own);
}

Status convert_scatter_nd(OpContext& c) {
  Value *indices = c.tensor(0), *updates = c.tensor(1), *shape = c.tensor(2);
  if (!indices) return c.wrong_input(0);
  if (!updates || !shape) return c.wrong_input(updates ? 2 : 1);
  const DType own = c.dtype(updates);
  Value* zeros = filled(c, as_vector(c, shape), 0, own);
  std::string why;
  // Booleans: true wherever one is put.
  if (own == DType::kBool) {
    Value* y = scatter_nd(c, c.cast(zeros, DType::kI32), indices, c.cast(updates, DType::kI32),
                          Accumulate::kMax, &why);
    return y ? c.set(0, c.cast(y, own)) : c.unsupported(why, "convert with --opset 18");
  }
  Value* y = scatter_nd(c, zeros, indices, updates, Accumulate::kAdd, &why);
  return y ? c.set(0, y) : c.unsupported(why, "convert with --opset 16 or higher");
}

Status scatter_into(OpContext& c, Accumulate how) {
  Value *data = c.tensor(0), *indices = c.tensor(1), *updates = c.tensor(2);
  if (!data) return c.wrong_input(0);
  if (!indices || !updates) return c.wrong_input(indices ? 2 : 1);
  std::string why;
  Value* y = scatter_nd(c, data, indices, updates, how, &why);
  return y ? c.set(0, y) : c.unsupported(why, "convert with --opset 18");
}
Status convert_scatter_update(OpContext& c) {
  return scatter_into(c, Accumulate::kReplace);
}
Status convert_scatter_add(OpContext& c) {
  return scatter_into(c, Accumulate::kAdd);
}
Status convert_scatter_sub(OpContext& c) {
  return scatter_into(c, Accumulate::kSub);
}
Status convert_scatter_max(OpContext& c) {
  return scatter_into(c, Accumulate::kMax);
}
Status convert_scatter_min(OpContext& c) {
  return scatter_into(c, Accumulate::kMin);
}

// InplaceUpdate and its kin: rows of x at i. (As pure functions; TensorFlow 1 changed x itself.)
Status scatter_rows(OpContext& c, Accumulate how) {
  Value *x = c.tensor(0), *rows = c.tensor(1), *v = c.tensor(2);
  if (!x) return c.wrong_input(0);
  if (!rows || !v) return c.wrong_input(rows ? 2 : 1);
  std::string why;
  Value* y = scatter_nd(c, x, c.unsqueeze(rows, {-1}), v, how, &why);
  return y ? c.set(0, y) : c.unsupported(why, "convert with --opset 16 or higher");
}
Status convert_inplace_update(OpContext& c) {
  return scatter_rows(c, Accumulate::kReplace);
}
Status convert_inplace_add(OpContext& c) {
  return scatter_rows(c, Accumulate::kAdd);
}
Status convert_inplace_sub(OpContext& c) {
  return scatter_rows(c, Accumulate::kSub);
}

constexpr const char* kScatterNote =
    "below opset 16 (extremes: 18) computed indices are compared with every place";

const OpRule kScatterRules[] = {
    {"InplaceAdd", convert_inplace_add, "", kScatterNote},
    {"InplaceSub", convert_inplace_sub, "", kScatterNote},
    {"InplaceUpdate", convert_inplace_update},
    {"ScatterNd", convert_scatter_nd, "", kScatterNote},
    {"ScatterNdNonAliasingAdd", convert_scatter_add, "", kScatterNote},
    {"TensorScatterAdd", convert_scatter_add, "", kScatterNote},
    {"TensorScatterMax", convert_scatter_max, "", kScatterNote},
    {"TensorScatterMin", convert_scatter_min, "", kScatterNote},
    {"TensorScatterSub", convert_scatter_sub, "", kScatterNote},
    {"TensorScatterUpdate", convert_scatter_update},
};
}  // namespace

Value* scatter_nd(OpContext& c, Value* data, Value* indices, Value* updates, Accumulate how,
                  std::string* why) {
  Value* wide = c.to_i64(indices);
  if (how == Accumulate::kReplace) return c.emit("ScatterND", {data, wide, updates});
  const int64_t depth = c.rank(indices) > 0 ? c.dim(indices, -1) : -1;
  const DType own = c.dtype(data);
  if (scatter_once(c, indices, depth)) {
    const Tensor* zeros = OpContext::constant(data);
    const bool empty =
        zeros && how == Accumulate::kAdd &&
        std::all_of(zeros->bytes().begin(), zeros->bytes().end(), [](uint8_t b) { return !b; });
    Value* before = empty ? nullptr : c.emit("GatherND", {data, wide}, {{"batch_dims", 0}});
    Value* after = empty ? updates : typed2(c, scatter_op(how), before, updates);
    return c.emit("ScatterND", {data, wide, after});
  }
  const bool sum = how == Accumulate::kAdd || how == Accumulate::kSub;
  if (c.needs_opset(sum ? 16 : 18)) {
    const DType kernel = kernel_type("Add", own);
    Value* u = c.cast(updates, kernel);
    if (how == Accumulate::kSub) u = c.emit("Neg", {u});
    const char* reduction = sum ? "add" : how == Accumulate::kMax ? "max" : "min";
    return c.cast(c.emit("ScatterND", {c.cast(data, kernel), wide, u}, {{"reduction", reduction}}), own);
  }
  return scatter_by_comparing(c, data, indices, updates, how, why);
}

Span<const OpRule> scatter_rules() {
  return {kScatterRules, sizeof(kScatterRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
