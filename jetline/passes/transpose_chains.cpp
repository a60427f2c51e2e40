// Law: a Transpose of a Transpose is one Transpose of the first one's input; one that changes nothing is
// bypassed by the identities pass. Exact. Measure: the sum over Transposes of how many stand before them.
#include "jetline/passes/edit.h"
#include "jetline/passes/layout/permutation.h"

namespace jetline::passes {

Result<int> run_transpose_chains(Model& model, PassContext& c) {
  int changes = 0;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      Perm outer, inner;
      if (!transpose_perm(*n, outer)) continue;
      Node* before = n->input(0)->producer();
      if (!before || !transpose_perm(*before, inner) || inner.size() != outer.size()) continue;
      const Perm both = compose(inner, outer);
      n->set_input(0, before->input(0));
      set_perm(*n, both);
      remove_unused(c, before);
      ++changes;
      if (is_identity(both) && replaceable(n->output(0), n->input(0))) {
        (void)replace_value(c, n->output(0), n->input(0)).ok();
      }
    }
  });
  return changes;
}

}  // namespace jetline::passes
