// Law: IR version 3 demands that every initialiser is also listed as an input of the graph; nobody means
// those as inputs. The listings go and the file becomes one of IR version 4, so that constants are constants.
// A caller who did override a weight of such a file cannot any more; --skip keeps them. Exact. Measure: IR
// version 3 files.
#include <algorithm>

#include "jetline/passes/edit.h"

namespace jetline::passes {

Result<int> run_listed_constants(Model& model, PassContext& c) {
  if (model.ir_version >= 4) return 0;
  int changes = 0;
  Graph& g = model.graph();
  for (Value* v : std::vector<Value*>(g.inputs())) {
    if (!v->initializer() || v->is_output()) continue;
    const Tensor tensor = *v->initializer();
    const std::string name = v->name();
    c.inference.forget(v);
    JETLINE_RETURN_IF_ERROR(g.rename(v, g.unique_name(name)));
    Value* constant = g.add_initializer(name, tensor);
    constant->doc = v->doc;
    g.replace_all_uses(v, constant);
    JETLINE_RETURN_IF_ERROR(g.remove_input(v));
    ++changes;
  }
  if (changes > 0) model.ir_version = 4;
  return changes;
}

}  // namespace jetline::passes
