// Matrix products. MatMul follows numpy.matmul (ONNX Operators.md).
#include "jetline/graph/ops/rules.h"

namespace jetline::ops {
namespace {

void matmul_infer(Context& c, size_t second, DType dtype) {
  const auto *pa = c.shape(0), *pb = c.shape(second);
  if (!pa || !pb || pa->empty() || pb->empty()) return c.set_dtype(0, dtype);
  std::vector<Dim> a = *pa, b = *pb;
  const bool vector_a = a.size() == 1, vector_b = b.size() == 1;
  if (vector_a) a.insert(a.begin(), Dim(1));
  if (vector_b) b.push_back(Dim(1));
  const Dim rows = a[a.size() - 2], columns = b.back();
  a.resize(a.size() - 2);
  b.resize(b.size() - 2);
  std::vector<Dim> out = broadcast(a, b);
  if (!vector_a) out.push_back(rows);
  if (!vector_b) out.push_back(columns);
  c.set(0, dtype, std::move(out));
}

Macs matmul_macs(const Context& c, size_t second) {
  const auto *y = c.output_shape(0), *a = c.shape(0), *b = c.shape(second);
  if (!y) return {};
  Dim depth;
  if (a && !a->empty()) depth = a->back();
  if (!depth.known() && b && !b->empty()) depth = b->size() == 1 ? b->back() : (*b)[b->size() - 2];
  return times(dims_product(*y), depth.known() ? depth.value : -1);
}

void gemm_infer(Context& c) {
  const auto *a = c.shape(0), *b = c.shape(1);
  if (!a || !b || a->size() != 2 || b->size() != 2) return c.set_dtype(0, c.dtype(0));
  c.set(0, c.dtype(0),
        {(*a)[c.node().int_or("transA", 0) ? 1 : 0], (*b)[c.node().int_or("transB", 0) ? 0 : 1]});
}

Macs gemm_macs(const Context& c) {
  const auto *y = c.output_shape(0), *a = c.shape(0), *b = c.shape(1);
  if (!y) return {};
  Dim depth;
  if (b && b->size() == 2) depth = (*b)[c.node().int_or("transB", 0) ? 1 : 0];
  if (!depth.known() && a && a->size() == 2) depth = (*a)[c.node().int_or("transA", 0) ? 0 : 1];
  return times(dims_product(*y), depth.known() ? depth.value : -1);
}

const Rule kMatmulRules[] = {
    {"", "MatMul", [](Context& c) { matmul_infer(c, 1, c.dtype(0)); },
     [](const Context& c) { return matmul_macs(c, 1); }},
    {"", "MatMulInteger", [](Context& c) { matmul_infer(c, 1, DType::kI32); },
     [](const Context& c) { return matmul_macs(c, 1); }},
    {"", "QLinearMatMul", [](Context& c) { matmul_infer(c, 3, c.dtype(7)); },
     [](const Context& c) { return matmul_macs(c, 3); }},
    {"", "Gemm", gemm_infer, gemm_macs},
};
}  // namespace

Span<const Rule> matmul_rules() {
  return {kMatmulRules, sizeof(kMatmulRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
