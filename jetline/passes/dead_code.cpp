// Law: nodes whose results nothing uses, and initialisers without use, go; graph inputs stay. Measure: nodes.
#include "jetline/passes/edit.h"

namespace jetline::passes {

Result<int> run_dead_code(Model& model, PassContext& c) {
  return remove_dead_nodes(c, model.graph());
}

}  // namespace jetline::passes
