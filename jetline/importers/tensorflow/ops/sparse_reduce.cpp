// Sparse tensors beyond their conversion to dense ones: sums, slices, joins, arithmetic, empty rows.
#include <cmath>
#include <cstdint>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status sparse_inputs(OpContext& c, size_t n) {
  for (size_t i = 0; i < n; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  return Status();
}

// A dense tensor with `neutral` where there is no value.
Value* sparse_laid_out(OpContext& c, Value* indices, Value* values, Value* shape, Value* neutral) {
  Value* dense = expand_to(c, neutral, as_vector(c, shape));
  return c.emit("ScatterND", {dense, c.to_i64(indices), values});
}

Status sparse_reduce(OpContext& c, bool sum) {
  Status s = sparse_inputs(c, 4);
  if (!s.ok()) return s;
  std::vector<int64_t> axes;
  const int64_t rank = c.dim(c.tensor(2), 0);
  if (rank < 1 || rank > kMostAxes || !c.known_ints(c.tensor(3), axes))
    return c.unsupported("axes or a rank that are not known");
  if (!normalize_axes(axes, static_cast<int>(rank))) return c.unsupported("an axis out of range");
  if (axes.empty())
    axes = [rank] {
      std::vector<int64_t> all;
      for (int64_t i = 0; i < rank; ++i) all.push_back(i);
      return all;
    }();
  Value* values = c.tensor(1);
  const DType own = c.dtype(values), kernel = kernel_type(sum ? "ReduceSum" : "ReduceMax", own);
  values = c.cast(values, kernel);
  const int64_t keep = c.bool_attr("keep_dims") ? 1 : 0;
  if (!sum && !is_float(own)) return c.unsupported("the maximum of integers");
  Value* neutral = c.scalar(sum ? 0.0 : -HUGE_VAL, values);
  Value* dense = sparse_laid_out(c, c.tensor(0), values, c.tensor(2), neutral);
  if (sum) {
    Value* y = c.emit("ReduceSum", {dense, c.ints(axes)}, {{"keepdims", keep}});
    return c.set(0, c.cast(y, own));
  }
  // Groups without a value give 0.
  Value* y = c.emit("ReduceMax", {dense}, {{"axes", axes}, {"keepdims", keep}});
  y = where(c, c.emit("Equal", {y, neutral}), c.scalar(0, y), y);
  return c.set(0, c.cast(y, own));
}
Status convert_sparse_reduce_sum(OpContext& c) {
  return sparse_reduce(c, true);
}
Status convert_sparse_reduce_max(OpContext& c) {
  return sparse_reduce(c, false);
}

// The values times (or plus, or over) what the dense tensor holds at their places.
Status sparse_cwise(OpContext& c, const char* onnx) {
  Status s = sparse_inputs(c, 4);
  if (!s.ok()) return s;
  Value* dense = expand_to(c, c.tensor(3), as_vector(c, c.tensor(2)));
  Value* there = c.emit("GatherND", {dense, c.to_i64(c.tensor(0))}, {{"batch_dims", 0}});
  return c.set(0, typed2(c, onnx, c.tensor(1), there));
}
Status convert_sparse_cwise_add(OpContext& c) {
  return sparse_cwise(c, "Add");
}
Status convert_sparse_cwise_mul(OpContext& c) {
  return sparse_cwise(c, "Mul");
}
Status convert_sparse_cwise_div(OpContext& c) {
  return sparse_cwise(c, "Div");
}

// Softmax over the values of each row of the last axis; what is not there counts as minus infinity.
Status convert_sparse_softmax(OpContext& c) {
  Status s = sparse_inputs(c, 3);
  if (!s.ok()) return s;
  Value* values = c.tensor(1);
  const DType own = c.dtype(values), kernel = kernel_type("Softmax", own);
  values = c.cast(values, kernel);
  Value* dense = sparse_laid_out(c, c.tensor(0), values, c.tensor(2), c.scalar(-HUGE_VAL, kernel));
  Value* soft = c.emit("Softmax", {dense}, {{"axis", -1}});
  return c.set(0, c.cast(c.emit("GatherND", {soft, c.to_i64(c.tensor(0))}, {{"batch_dims", 0}}), own));
}

// What lies in [start, start + size), with coordinates from there.
Status convert_sparse_slice(OpContext& c) {
  Status s = sparse_inputs(c, 5);
  if (!s.ok()) return s;
  Value *indices = c.tensor(0), *shape = as_vector(c, c.tensor(2));
  Value *start = as_vector(c, c.tensor(3)), *size = as_vector(c, c.tensor(4));
  Value* moved = c.emit("Sub", {indices, start});
  Value* inside =
      c.emit("And", {c.emit("GreaterOrEqual", {moved, c.int_scalar(0)}), c.emit("Less", {moved, size})});
  Value* outside = c.emit("ReduceSum", {c.to_i64(c.emit("Not", {inside})), c.ints({1})}, {{"keepdims", 0}});
  Value* kept = c.squeeze(c.emit("NonZero", {c.emit("Equal", {outside, c.int_scalar(0)})}), {0});
  s = c.set(0, c.emit("Gather", {moved, kept}, {{"axis", 0}}));
  if (s.ok()) s = c.set(1, c.emit("Gather", {c.tensor(1), kept}, {{"axis", 0}}));
  Value* room = c.emit("Max", {c.emit("Sub", {shape, start}), c.int_scalar(0)});
  return s.ok() ? c.set(2, c.emit("Min", {size, room})) : s;
}

// Pieces one behind the other on an axis; the result in row-major order.
Status convert_sparse_concat(OpContext& c) {
  const size_t n = c.inputs() / 3;
  Status s = sparse_inputs(c, 3 * n);
  if (!s.ok()) return s;
  if (n == 0) return c.wrong_input(0);
  int64_t axis = c.int_attr("concat_dim");
  const int64_t rank = c.dim(c.tensor(2 * n), 0);
  if (rank < 1 || rank > kMostAxes || !normalize_axis(axis, static_cast<int>(rank)))
    return c.unsupported("an axis out of range");
  std::vector<int64_t> unit(static_cast<size_t>(rank), 0);
  unit[static_cast<size_t>(axis)] = 1;
  std::vector<Value*> indices, values;
  Value* total = c.int_scalar(0);
  for (size_t i = 0; i < n; ++i) {
    Value* shift = c.emit("Mul", {c.ints(unit), total});
    indices.push_back(c.emit("Add", {c.tensor(i), shift}));
    values.push_back(c.tensor(n + i));
    total =
        c.emit("Add", {total, c.emit("Gather", {c.tensor(2 * n + i), c.int_scalar(axis)}, {{"axis", 0}})});
  }
  Value* joined = concatenated(c, indices, 0);
  std::vector<Value*> shape;
  for (int64_t i = 0; i < rank; ++i)
    shape.push_back(i == axis ? c.unsqueeze(total, {0}) : sliced(c, c.tensor(2 * n), 0, i, i + 1));
  Value* size = concatenated(c, shape, 0);
  std::vector<Value*> strides(static_cast<size_t>(rank), c.ints({1}));
  for (int64_t i = rank - 1; i > 0; --i)
    strides[static_cast<size_t>(i - 1)] =
        c.emit("Mul", {strides[static_cast<size_t>(i)], shape[static_cast<size_t>(i)]});
  Value* weighted = c.emit("Mul", {joined, concatenated(c, strides, 0)});
  Value* linear = c.emit("ReduceSum", {weighted, c.ints({1})}, {{"keepdims", 0}});
  const std::vector<Value*> order = c.emit_many("TopK", {linear, dim_vector(c, linear, 0)}, 2,
                                                {{"axis", 0}, {"largest", 0}, {"sorted", 1}});
  s = c.set(0, c.emit("Gather", {joined, order[1]}, {{"axis", 0}}));
  if (s.ok()) s = c.set(1, c.emit("Gather", {concatenated(c, values, 0), order[1]}, {{"axis", 0}}));
  return s.ok() ? c.set(2, size) : s;
}

// Rows of a matrix without a value get the default one at column 0; everything in row order.
Status convert_fill_empty_rows(OpContext& c) {
  Status s = sparse_inputs(c, 4);
  if (!s.ok()) return s;
  Value *indices = c.tensor(0), *values = c.tensor(1), *shape = as_vector(c, c.tensor(2)),
        *fill = c.tensor(3);
  if (c.dim(shape, 0) < 1 || c.dim(shape, 0) > kMostAxes) return c.unsupported("a shape of unknown rank");
  Value* rows = sliced(c, shape, 0, 0, 1);
  Value* numbers = iota(c, rows, DType::kI64);
  Value* row = c.emit("Gather", {indices, c.int_scalar(0)}, {{"axis", 1}});
  Value* hits = c.emit("Equal", {c.unsqueeze(numbers, {1}), c.unsqueeze(row, {0})});
  Value* count = c.emit("ReduceSum", {c.to_i64(hits), c.ints({1})}, {{"keepdims", 0}});
  Value* empty = c.emit("Equal", {count, c.int_scalar(0)});
  Value* missing = c.squeeze(c.emit("NonZero", {empty}), {0});
  // (row, 0, …) of the empty rows, behind the given ones, then a stable sort by row.
  std::vector<int64_t> first(static_cast<size_t>(c.dim(shape, 0)), 0);
  first[0] = 1;
  Value* added = c.emit("Mul", {c.unsqueeze(missing, {1}), c.reshape(c.ints(first), {1, c.dim(shape, 0)})});
  Value* all = concatenated(c, {indices, added}, 0);
  Value* all_values = concatenated(c, {values, expand_to(c, fill, dim_vector(c, missing, 0))}, 0);
  Value* all_rows = concatenated(c, {row, missing}, 0);
  Value* n = dim_vector(c, all_rows, 0);
  Value* given = dim_vector(c, row, 0);
  // Sorting row * n + place keeps the order within a row.
  Value* key = c.emit("Add", {c.emit("Mul", {all_rows, n}), iota(c, n, DType::kI64)});
  const std::vector<Value*> order =
      c.emit_many("TopK", {key, n}, 2, {{"axis", 0}, {"largest", 0}, {"sorted", 1}});
  s = c.set(0, c.emit("Gather", {all, order[1]}, {{"axis", 0}}));
  if (s.ok()) s = c.set(1, c.emit("Gather", {all_values, order[1]}, {{"axis", 0}}));
  if (s.ok()) s = c.set(2, empty);
  if (!s.ok()) return s;
  // Where each given value went: the inverse of the order, of the given ones.
  Value* inverse = c.emit("ScatterElements", {order[1], order[1], iota(c, n, DType::kI64)}, {{"axis", 0}});
  return c.set(3, c.emit("Slice", {inverse, c.ints({0}), given, c.ints({0})}));
}

const OpRule kSparseReduceRules[] = {
    {"SparseConcat", convert_sparse_concat, "output_indices,output_values,output_shape"},
    {"SparseDenseCwiseAdd", convert_sparse_cwise_add},
    {"SparseDenseCwiseDiv", convert_sparse_cwise_div},
    {"SparseDenseCwiseMul", convert_sparse_cwise_mul},
    {"SparseFillEmptyRows", convert_fill_empty_rows,
     "output_indices,output_values,empty_row_indicator,reverse_index_map"},
    {"SparseReduceMax", convert_sparse_reduce_max, "", "floats; by way of a dense tensor"},
    {"SparseReduceSum", convert_sparse_reduce_sum, "", "by way of a dense tensor"},
    {"SparseSlice", convert_sparse_slice, "output_indices,output_values,output_shape"},
    {"SparseSoftmax", convert_sparse_softmax, "", "by way of a dense tensor"},
};
}  // namespace

Span<const OpRule> sparse_reduce_rules() {
  return {kSparseReduceRules, sizeof(kSparseReduceRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
