// Transpose and InvertPermutation.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

bool transpose_is_permutation(const std::vector<int64_t>& perm) {
  std::vector<bool> seen(perm.size(), false);
  for (int64_t p : perm) {
    if (p < 0 || p >= static_cast<int64_t>(perm.size()) || seen[static_cast<size_t>(p)]) return false;
    seen[static_cast<size_t>(p)] = true;
  }
  return true;
}

Status convert_transpose(OpContext& c) {
  Value *x = c.tensor(0), *order = c.tensor(1);
  if (!x || !order) return c.wrong_input(x ? 1 : 0);
  std::vector<int64_t> perm;
  if (c.known_ints(order, perm)) {
    for (int64_t& p : perm)
      if (p < 0) p += static_cast<int64_t>(perm.size());
    const bool fits = c.rank(x) < 0 || c.rank(x) == static_cast<int>(perm.size());
    if (!fits || !transpose_is_permutation(perm)) return c.unsupported("perm is no permutation of the axes");
    return c.set(0, c.transpose(x, perm));
  }
  // tf.transpose without perm makes (rank - 1) - range(rank), which is constant once the rank is known.
  return c.unsupported("a permutation that is computed while the model runs");
}

// y[x[i]] = i: where each number stands in x.
Status convert_invert_permutation(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<int64_t> perm;
  if (c.known_ints(x, perm)) {
    if (!transpose_is_permutation(perm)) return c.unsupported("the input is no permutation");
    std::vector<int64_t> inverse(perm.size());
    for (size_t i = 0; i < perm.size(); ++i) inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
    return c.set(0, c.cast(c.ints(inverse), c.dtype(x)));
  }
  Value* wide = c.to_i64(x);
  Value* numbers = iota(c, dim_vector(c, x, 0), DType::kI64);
  return c.set(0, c.cast(c.emit("ScatterElements", {numbers, wide, numbers}, {{"axis", 0}}), c.dtype(x)));
}

const OpRule kTransposeRules[] = {
    {"ConjugateTranspose", convert_transpose, "", "real numbers; constant permutation"},
    {"InvertPermutation", convert_invert_permutation},
    {"Transpose", convert_transpose, "", "constant permutation"},
};
}  // namespace

Span<const OpRule> transpose_rules() {
  return {kTransposeRules, sizeof(kTransposeRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
