// Sparse tensors are three dense ones: indices [n, rank], values [n], shape [rank].
#include <algorithm>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/scatter.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// A dense tensor of `shape` that holds `fill` where no index points.
Value* sparse_dense(OpContext& c, Value* indices, Value* shape, Value* values, Value* fill) {
  if (c.rank(indices) == 0)
    indices = c.unsqueeze(indices, {0, 1});
  else if (c.rank(indices) == 1)
    indices = c.unsqueeze(indices, {1});
  if (c.rank(values) == 0) values = expand_to(c, values, dim_vector(c, indices, 0));
  Value* dense = expand_to(c, fill, as_vector(c, shape));
  return c.emit("ScatterND", {dense, c.to_i64(indices), values});
}

Status convert_sparse_to_dense(OpContext& c) {
  for (size_t i = 0; i < 4; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  if (c.rank(c.tensor(0)) < 0) return c.unsupported("indices of unknown rank");
  return c.set(0, sparse_dense(c, c.tensor(0), c.tensor(1), c.tensor(2), c.tensor(3)));
}

// The sparse matrix made dense, times b. Doubles add up.
Status convert_sparse_dense_mat_mul(OpContext& c) {
  for (size_t i = 0; i < 4; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *indices = c.tensor(0), *values = c.tensor(1), *shape = c.tensor(2), *b = c.tensor(3);
  const DType own = c.dtype(values), kernel = kernel_type("MatMul", own);
  std::string why;
  Value* zeros = filled(c, as_vector(c, shape), 0, own);
  if (c.rank(indices) != 2 || c.dim(indices, 1) < 0) indices = c.reshape(indices, {-1, 2});
  Value* a = scatter_nd(c, zeros, indices, values, Accumulate::kAdd, &why);
  if (!a) return c.unsupported(why, "convert with --opset 16 or higher");
  if (c.bool_attr("adjoint_a")) a = c.transpose(a, {1, 0});
  if (c.bool_attr("adjoint_b")) b = c.transpose(b, {1, 0});
  return c.set(0, c.cast(c.emit("MatMul", {c.cast(a, kernel), c.cast(b, kernel)}), own));
}

// Place of each index in the flattened tensor: sum of index times the product of the later dimensions.
Value* sparse_linear(OpContext& c, Value* indices, Value* shape) {
  Value* sizes = as_vector(c, shape);
  const int64_t rank = c.dim(sizes, 0);
  std::vector<Value*> strides(static_cast<size_t>(rank), c.ints({1}));
  for (int64_t i = rank - 1; i > 0; --i)
    strides[static_cast<size_t>(i - 1)] =
        c.emit("Mul", {strides[static_cast<size_t>(i)], sliced(c, sizes, 0, i, i + 1)});
  Value* weighted = c.emit("Mul", {c.to_i64(indices), concatenated(c, strides, 0)});
  return c.emit("ReduceSum", {weighted, c.ints({1})}, {{"keepdims", 0}});
}

// Row-major order of the indices: sorted by their place in the flattened tensor.
Status convert_sparse_reorder(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *indices = c.tensor(0), *values = c.tensor(1), *shape = c.tensor(2);
  if (c.dim(shape, 0) < 1 || c.dim(shape, 0) > kMostAxes) return c.unsupported("a shape of unknown rank");
  Value* linear = sparse_linear(c, indices, shape);
  const std::vector<Value*> sorted = c.emit_many("TopK", {linear, dim_vector(c, linear, 0)}, 2,
                                                 {{"axis", 0}, {"largest", 0}, {"sorted", 1}});
  Status set = c.set(0, c.emit("Gather", {indices, sorted[1]}, {{"axis", 0}}));
  return set.ok() ? c.set(1, c.emit("Gather", {values, sorted[1]}, {{"axis", 0}})) : set;
}

// The same flattened places in another shape, one dimension of which may be -1.
Status convert_sparse_reshape(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value *indices = c.tensor(0), *shape = as_vector(c, c.tensor(1)), *wanted = as_vector(c, c.tensor(2));
  const int64_t rank = c.dim(wanted, 0);
  if (c.dim(shape, 0) < 1 || rank < 1 || std::max(rank, c.dim(shape, 0)) > kMostAxes)
    return c.unsupported("shapes of unknown rank");
  const auto product = [&](Value* v) { return c.emit("ReduceProd", {v}, {{"axes", {0}}, {"keepdims", 1}}); };
  Value* open = c.emit("Less", {wanted, c.int_scalar(0)});
  Value* rest = product(where(c, open, c.int_scalar(1), wanted));
  Value* filled_in = where(c, open, c.emit("Div", {product(shape), rest}), wanted);
  Value* left = sparse_linear(c, indices, shape);
  std::vector<Value*> columns(static_cast<size_t>(rank));
  for (int64_t i = rank - 1; i >= 0; --i) {
    Value* size = sliced(c, filled_in, 0, i, i + 1);
    columns[static_cast<size_t>(i)] = c.unsqueeze(i == 0 ? left : c.emit("Mod", {left, size}), {1});
    left = c.emit("Div", {left, size});
  }
  Status set = c.set(0, concatenated(c, columns, 1));
  return set.ok() ? c.set(1, filled_in) : set;
}

// Dense plus sparse.
Status convert_sparse_dense_add(OpContext& c) {
  for (size_t i = 0; i < 4; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  std::string why;
  Value* indices = c.tensor(0);
  if (c.rank(c.tensor(3)) >= 0 && (c.rank(indices) != 2 || c.dim(indices, 1) < 0))
    indices = c.reshape(indices, {-1, c.rank(c.tensor(3))});
  Value* y = scatter_nd(c, c.tensor(3), indices, c.tensor(1), Accumulate::kAdd, &why);
  return y ? c.set(0, y) : c.unsupported(why, "convert with --opset 16 or higher");
}

const OpRule kSparseRules[] = {
    {"SparseReorder", convert_sparse_reorder, "output_indices,output_values"},
    {"SparseReshape", convert_sparse_reshape, "output_indices,output_shape"},
    {"SparseTensorDenseAdd", convert_sparse_dense_add},
    {"SparseTensorDenseMatMul", convert_sparse_dense_mat_mul, "", "as a dense product"},
    {"SparseToDense", convert_sparse_to_dense},
};
}  // namespace

Span<const OpRule> sparse_rules() {
  return {kSparseRules, sizeof(kSparseRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
