// MatMul and the batched products. Element types that ONNX's MatMul lacks are widened.
#include <numeric>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

bool matmul_direct(DType t) {
  return t == DType::kF32 || t == DType::kF16 || t == DType::kF64 || t == DType::kI32 || t == DType::kI64;
}

Value* matmul_product(OpContext& c, Value* a, Value* b, DType out) {
  const DType type = c.dtype(a);
  const bool same = out == type && c.dtype(b) == type;
  DType compute = same && matmul_direct(type) ? type : DType::kF32;
  if (type == DType::kI8 || type == DType::kU8 || type == DType::kI16 || type == DType::kU16)
    compute = DType::kI32;
  if (type == DType::kU32 || type == DType::kU64) compute = DType::kI64;
  if (!same && type == DType::kF64) compute = DType::kF64;
  return c.cast(c.emit("MatMul", {c.cast(a, compute), c.cast(b, compute)}), out);
}

Value* matmul_swap(OpContext& c, Value* v) {  // the last two dimensions
  std::vector<int64_t> perm(static_cast<size_t>(c.rank(v)));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return c.transpose(v, perm);
}

bool matmul_complex(DType t) {
  return t == DType::kC64 || t == DType::kC128;
}

Status convert_matmul(OpContext& c) {
  Value* a = c.tensor(0);
  Value* b = c.tensor(1);
  if (!a) return c.wrong_input(0);
  if (!b) return c.wrong_input(1);
  if (matmul_complex(c.dtype(a))) return c.unsupported("complex numbers");
  if (c.bool_attr("transpose_a")) a = c.transpose(a, {1, 0});
  if (c.bool_attr("transpose_b")) b = c.transpose(b, {1, 0});
  const DType out = c.op() == "SparseMatMul" ? DType::kF32 : c.dtype(a);
  return c.set(0, matmul_product(c, a, b, out));
}

Status convert_batch_matmul(OpContext& c) {
  Value* a = c.tensor(0);
  Value* b = c.tensor(1);
  if (!a) return c.wrong_input(0);
  if (!b) return c.wrong_input(1);
  if (matmul_complex(c.dtype(a))) return c.unsupported("complex numbers");
  const bool swap_a = c.bool_attr("adj_x"), swap_b = c.bool_attr("adj_y");
  if ((swap_a && c.rank(a) < 2) || (swap_b && c.rank(b) < 2))
    return c.unsupported("a transposed operand of unknown rank");
  if (swap_a) a = matmul_swap(c, a);
  if (swap_b) b = matmul_swap(c, b);
  return c.set(0, matmul_product(c, a, b, c.dtype_attr("Tout", c.dtype(a))));
}

// The cross product of vectors in the last dimension (3).
Status convert_cross(OpContext& c) {
  Value* a = c.tensor(0);
  Value* b = c.tensor(1);
  if (!a) return c.wrong_input(0);
  if (!b) return c.wrong_input(1);
  const DType type = c.dtype(a);
  const auto cross = [&](Value* v) {
    Value* w = c.cast(b, c.dtype(v));
    const auto turn = [&](Value* x, int64_t by) {
      return c.emit("Gather", {x, c.ints({by % 3, (by + 1) % 3, (by + 2) % 3})}, {{"axis", -1}});
    };
    return c.emit("Sub", {c.emit("Mul", {turn(v, 1), turn(w, 2)}), c.emit("Mul", {turn(v, 2), turn(w, 1)})});
  };
  const DType wide = type == DType::kBF16 ? DType::kF32 : DType::kI64;
  return c.set(0, c.via(a, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64}, wide, cross));
}

const OpRule kMatmulRules[] = {
    {"MatMul", convert_matmul, "", "complex numbers are refused"},
    {"SparseMatMul", convert_matmul, "", "computed densely"},
    {"BatchMatMul", convert_batch_matmul},
    {"BatchMatMulV2", convert_batch_matmul, "", "complex numbers are refused"},
    {"BatchMatMulV3", convert_batch_matmul},
    {"Cross", convert_cross},
};

}  // namespace

Span<const OpRule> matmul_rules() {
  return {kMatmulRules, std::size(kMatmulRules)};
}

}  // namespace jetline::tf
