// Law: MatMul or Gemm of a flattened Transpose with constant weights, [N,C,H,W] -> [N,H,W,C] -> [N,H*W*C],
// takes the flattened input as it is and its rows of weights in that order instead. Where nothing else uses
// what lies between, and the weights are not shared (they would be stored twice). Measure: Transposes.
#include "jetline/passes/edit.h"
#include "jetline/passes/layout/permutation.h"

namespace jetline::passes {
namespace {

struct DensePattern {
  Node* reshape = nullptr;
  Node* transpose = nullptr;
  Perm perm;
  std::vector<int64_t> dims;  // of the Transpose's output without the first
};

bool dense_flattens(const Node& n, const Value* v) {
  if (n.is("Flatten")) return n.int_or("axis", 1) == 1;
  std::vector<int64_t> target;
  // A 0 in the second place would copy a dimension that is about to change.
  return n.is("Reshape") && constant_ints(n.input(1), target) && target.size() == 2 && target[1] != 0 &&
         n.input(0) == v;
}

bool dense_find(Node& n, DensePattern& d) {
  if (!n.is("MatMul") && !(n.is("Gemm") && n.int_or("transA", 0) == 0)) return false;
  if (!n.input(0) || rank_of(n.input(0)) != 2) return false;
  const Tensor* w = constant_of(n.input(1));
  if (!w || w->dims().size() != 2 || n.input(1)->uses().size() != 1 || dtype_bits(w->dtype()) < 8)
    return false;
  d.reshape = n.input(0)->producer();
  if (!d.reshape || !d.reshape->input(0) || only_user(n.input(0)) != &n) return false;
  d.transpose = d.reshape->input(0)->producer();
  if (!d.transpose || !transpose_perm(*d.transpose, d.perm) || d.perm.size() < 3 || d.perm[0] != 0)
    return false;
  const Value* v = d.transpose->output(0);
  if (only_user(v) != d.reshape || !dense_flattens(*d.reshape, v)) return false;
  if (rank_of(v) != static_cast<int>(d.perm.size())) return false;
  int64_t rows = 1;
  d.dims.clear();
  for (size_t i = 1; i < d.perm.size(); ++i) {
    const Dim& dim = v->type.shape[i];
    if (!dim.known() || dim.value < 1 || __builtin_mul_overflow(rows, dim.value, &rows)) return false;
    d.dims.push_back(dim.value);
  }
  const bool turned = n.is("Gemm") && n.int_or("transB", 0) != 0;
  return w->dims()[turned ? 1 : 0] == rows;
}

Status dense_apply(PassContext& c, Node& n, const DensePattern& d) {
  const Tensor& w = *n.input(1)->initializer();
  const bool turned = n.is("Gemm") && n.int_or("transB", 0) != 0;
  // The weights with their rows spread out over the axes of the Transpose's output, then in the order of its
  // input.
  std::vector<int64_t> dims = d.dims;
  Perm order;
  if (turned) {
    dims.insert(dims.begin(), w.dims()[0]);
    order.push_back(0);
  } else {
    dims.push_back(w.dims()[1]);
  }
  for (size_t a = 1; a < d.perm.size(); ++a) {
    order.push_back(moved_axis(d.perm, static_cast<int>(a)) - (turned ? 0 : 1));
  }
  if (!turned) order.push_back(static_cast<int>(d.perm.size()) - 1);
  JETLINE_ASSIGN_OR_RETURN(Tensor spread, w.reshaped(dims));
  JETLINE_ASSIGN_OR_RETURN(spread, permuted_tensor(spread, order));
  JETLINE_ASSIGN_OR_RETURN(Tensor rows, spread.reshaped(w.dims()));
  Value* old = n.input(1);
  n.set_input(1, add_constant(*n.graph(), std::move(rows), old->name()));
  remove_unused_constant(c, old);
  d.reshape->set_input(0, d.transpose->input(0));
  remove_unused(c, d.transpose);
  return Status();
}

}  // namespace

Result<int> run_dense_rows(Model& model, PassContext& c) {
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      DensePattern d;
      if (!dense_find(*n, d)) continue;
      JETLINE_RETURN_IF_ERROR(dense_apply(c, *n, d));
      ++changes;
    }
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes
