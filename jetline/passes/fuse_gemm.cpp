// Law: MatMul of two matrices and an Add of a bias that broadcasts to the product become one Gemm, where
// nothing else reads the product. float only. Measure: nodes.
#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

// Whether `bias` broadcasts to [m, n] without widening it.
bool gemm_bias_fits(const Value* bias, const ValueType& product) {
  const int rank = rank_of(bias);
  if (rank < 0 || rank > 2 || bias->type.dtype != DType::kF32) return false;
  for (int i = 0; i < rank; ++i) {
    const Dim& b = bias->type.shape[static_cast<size_t>(i)];
    const Dim& p = product.shape[static_cast<size_t>(2 - rank + i)];
    if (!(b.known() && b.value == 1) && !b.same(p)) return false;
  }
  return true;
}

}  // namespace

Result<int> run_fuse_gemm(Model& model, PassContext& c) {
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      // The Add is looked at, so that what is removed stands before it in the list.
      if (!n->is("Add") || n->inputs().size() != 2 || c.opset < 7) continue;
      for (size_t i = 0; i < 2; ++i) {
        Node* product = n->input(i) ? n->input(i)->producer() : nullptr;
        Value* bias = n->input(1 - i);
        if (!product || !product->is("MatMul") || only_user(product->output(0)) != n || bias == n->input(i))
          continue;
        const Value *a = product->input(0), *b = product->input(1);
        if (rank_of(a) != 2 || rank_of(b) != 2 || a->type.dtype != DType::kF32) continue;
        if (rank_of(product->output(0)) != 2 || !gemm_bias_fits(bias, product->output(0)->type)) continue;
        n->set_op("Gemm");
        Value *left = product->input(0), *right = product->input(1);
        n->set_input(0, left);
        n->set_input(1, right);
        n->set_input(2, bias);
        remove_unused(c, product);
        ++changes;
        break;
      }
    }
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes
