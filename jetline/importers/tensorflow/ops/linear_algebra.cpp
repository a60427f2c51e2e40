// Small linear algebra, laid out step by step, as ONNX has only the determinant: solving by elimination with
// row pivots, triangular systems by substitution, Cholesky column by column. Matrices are the last two axes.
#include <cstdint>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Larger matrices would make thousands of nodes.
constexpr int64_t kLargestMatrix = 16;

struct LinearMatrix {
  Value* m = nullptr;  // in float, or double where the input is
  int rank = 0;
  int64_t n = 0;
  Status status;
};

LinearMatrix linear_matrix(OpContext& c, size_t input, bool transposed) {
  LinearMatrix a;
  a.m = c.tensor(input);
  if (!a.m) {
    a.status = c.wrong_input(input);
    return a;
  }
  a.rank = c.rank(a.m);
  a.n = a.rank < 2 ? -1 : c.dim(a.m, -1);
  if (a.n < 0 && a.rank >= 2) a.n = c.dim(a.m, -2);
  if (a.n < 1 || a.n > kLargestMatrix) {
    a.status = c.unsupported("matrices of unknown size or larger than " + std::to_string(kLargestMatrix));
    return a;
  }
  a.m = c.cast(a.m, c.dtype(a.m) == DType::kF64 ? DType::kF64 : DType::kF32);
  if (transposed) {
    std::vector<int64_t> perm = c.all_axes(a.m);
    std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
    a.m = c.transpose(a.m, perm);
  }
  return a;
}

// Rows [from, to) and columns [left, right).
Value* linear_block(OpContext& c, Value* m, int64_t from, int64_t to, int64_t left, int64_t right) {
  const int rank = c.rank(m);
  return c.emit("Slice", {m, c.ints({from, left}), c.ints({to, right}), c.ints({rank - 2, rank - 1})});
}
Value* linear_rows(OpContext& c, Value* m, int64_t from, int64_t to) {
  return linear_block(c, m, from, to, 0, INT64_MAX);
}

// Gauss and Jordan: [A B] becomes [1 A^-1 B]. In column k the row with the largest element below is swapped
// in, its multiples cleared from all others.
Value* linear_solve(OpContext& c, Value* a, Value* b, int64_t n) {
  const int rank = c.rank(a);
  Value* m = c.emit("Concat", {a, b}, {{"axis", -1}});
  std::vector<int64_t> numbers(static_cast<size_t>(n));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
  Value* index = c.reshape(c.ints(numbers), {n, 1});
  Value* zero = c.scalar(0, m);
  for (int64_t k = 0; k < n; ++k) {
    Value* column = c.emit("Abs", {linear_block(c, m, k, n, k, k + 1)});
    Value* at = c.emit("ArgMax", {column}, {{"axis", rank - 2}, {"keepdims", 1}});  // [..., 1, 1]
    at = c.emit("Add", {at, c.int_scalar(k)});
    Value* here = c.emit("Equal", {index, at});
    Value* pivot = c.emit("ReduceSum", {where(c, here, m, zero), c.ints({rank - 2})}, {{"keepdims", 1}});
    m = where(c, here, linear_rows(c, m, k, k + 1), m);  // row k takes the pivot's old place
    Value* row = c.emit("Div", {pivot, linear_block(c, pivot, 0, 1, k, k + 1)});
    Value* others = c.emit("Sub", {m, c.emit("Mul", {linear_block(c, m, 0, n, k, k + 1), row})});
    m = where(c, c.emit("Equal", {index, c.int_scalar(k)}), row, others);
  }
  return linear_block(c, m, 0, n, n, INT64_MAX);
}

Status convert_matrix_inverse(OpContext& c) {
  const LinearMatrix a = linear_matrix(c, 0, c.bool_attr("adjoint"));
  if (!a.status.ok()) return a.status;
  std::vector<float> eye(static_cast<size_t>(a.n * a.n), 0);
  for (int64_t i = 0; i < a.n; ++i) eye[static_cast<size_t>(i * (a.n + 1))] = 1;
  Value* one = c.cast(c.floats({a.n, a.n}, eye), c.dtype(a.m));
  one = expand_to(c, one, c.shape_of(a.m));
  return c.set(0, c.cast(linear_solve(c, a.m, one, a.n), c.dtype(c.tensor(0))));
}

Status convert_matrix_solve(OpContext& c) {
  const LinearMatrix a = linear_matrix(c, 0, c.bool_attr("adjoint"));
  if (!a.status.ok()) return a.status;
  Value* b = c.tensor(1);
  if (!b) return c.wrong_input(1);
  return c.set(0, c.cast(linear_solve(c, a.m, c.cast(b, c.dtype(a.m)), a.n), c.dtype(b)));
}

// Row by row, from the end whose diagonal stands alone: x_i = (b_i - sum a_ij x_j) / a_ii.
Status convert_triangular_solve(OpContext& c) {
  const bool adjoint = c.bool_attr("adjoint");
  const bool lower = c.bool_attr("lower", true) != adjoint;
  const LinearMatrix a = linear_matrix(c, 0, adjoint);
  if (!a.status.ok()) return a.status;
  Value* b = c.tensor(1);
  if (!b) return c.wrong_input(1);
  if (c.rank(b) < 2) return c.unsupported("a right side of unknown rank");
  const DType own = c.dtype(b);
  b = c.cast(b, c.dtype(a.m));
  Value* x = nullptr;  // the rows that are known, in order
  for (int64_t step = 0; step < a.n; ++step) {
    const int64_t i = lower ? step : a.n - 1 - step;
    Value* rest = linear_rows(c, b, i, i + 1);
    if (x) {
      Value* left = lower ? linear_block(c, a.m, i, i + 1, 0, i) : linear_block(c, a.m, i, i + 1, i + 1, a.n);
      rest = c.emit("Sub", {rest, c.emit("MatMul", {left, x})});
    }
    Value* row = c.emit("Div", {rest, linear_block(c, a.m, i, i + 1, i, i + 1)});
    if (!x)
      x = row;
    else if (lower)
      x = c.emit("Concat", {x, row}, {{"axis", -2}});
    else
      x = c.emit("Concat", {row, x}, {{"axis", -2}});
  }
  return c.set(0, c.cast(x, own));
}

// Column j of the factor is what is left of column j over the root of its diagonal; its outer product leaves
// the rest of the matrix.
Status convert_cholesky(OpContext& c) {
  const LinearMatrix a = linear_matrix(c, 0, false);
  if (!a.status.ok()) return a.status;
  std::vector<int64_t> turned = c.all_axes(a.m);
  std::swap(turned[turned.size() - 1], turned[turned.size() - 2]);
  std::vector<Value*> columns;
  Value* rest = a.m;
  for (int64_t j = 0; j < a.n; ++j) {
    Value* root = c.emit("Sqrt", {linear_block(c, rest, 0, 1, 0, 1)});
    Value* column = c.emit("Div", {linear_block(c, rest, 0, a.n, 0, 1), root});
    std::vector<int64_t> pads(static_cast<size_t>(2 * a.rank), 0);
    pads[static_cast<size_t>(a.rank - 2)] = j;
    columns.push_back(j == 0 ? column : c.emit("Pad", {column, c.ints(pads), c.scalar(0, column)}));
    if (j + 1 == a.n) break;
    Value* below = linear_rows(c, column, 1, INT64_MAX);
    Value* product = c.emit("Mul", {below, c.transpose(below, turned)});
    rest = c.emit("Sub", {linear_block(c, rest, 1, INT64_MAX, 1, INT64_MAX), product});
  }
  return c.set(0, c.cast(concatenated(c, columns, -1), c.dtype(c.tensor(0))));
}

Value* linear_determinant(OpContext& c, Value* x) {
  return c.cast(c.emit("Det", {c.cast(x, DType::kF32)}), c.dtype(x));
}

Status convert_determinant(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, linear_determinant(c, x));
}

// The determinant's sign, and the logarithm of its size.
Status convert_log_determinant(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  Value* det = c.emit("Det", {c.cast(x, DType::kF32)});
  Status s = c.set(0, c.cast(c.emit("Sign", {det}), c.dtype(x)));
  return s.ok() ? c.set(1, c.cast(c.emit("Log", {c.emit("Abs", {det})}), c.dtype(x))) : s;
}

constexpr const char* kLinearNote = "matrices up to 16 x 16, laid out step by step";
constexpr const char* kDeterminantNote = "double is computed as float";

const OpRule kLinearRules[] = {
    {"BatchMatrixDeterminant", convert_determinant, "", kDeterminantNote},
    {"BatchMatrixInverse", convert_matrix_inverse, "", kLinearNote},
    {"BatchMatrixSolve", convert_matrix_solve, "", kLinearNote},
    {"BatchMatrixTriangularSolve", convert_triangular_solve, "", kLinearNote},
    {"BatchCholesky", convert_cholesky, "", kLinearNote},
    {"Cholesky", convert_cholesky, "", kLinearNote},
    {"LogMatrixDeterminant", convert_log_determinant, "sign,log_abs_determinant", kDeterminantNote},
    {"MatrixDeterminant", convert_determinant, "", kDeterminantNote},
    {"MatrixInverse", convert_matrix_inverse, "", kLinearNote},
    {"MatrixSolve", convert_matrix_solve, "", kLinearNote},
    {"MatrixTriangularSolve", convert_triangular_solve, "", kLinearNote},
};
}  // namespace

Span<const OpRule> linear_algebra_rules() {
  return {kLinearRules, sizeof(kLinearRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
