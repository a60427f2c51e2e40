// Law: IR version 3 demands that every initialiser is also listed as an input of the graph, and exporters
// went on doing so; nobody means those as inputs. The listings go and the file becomes one of IR version 4 at
// least, so that constants are constants. In later versions a listed initialiser is a default that a caller
// may override; it is kept, unless the file lists each and every one of its many constants. A caller who did
// override a weight of such a file cannot any more; --skip keeps them. Exact. Measure: listed constants.
#include <algorithm>

#include "jetline/passes/edit.h"

namespace jetline::passes {

namespace {

constexpr size_t kListedMany = 8;  // fewer may well be meant

bool listed_by_habit(const Model& model) {
  if (model.ir_version < 4) return true;
  const auto& constants = model.graph().initializers();
  return constants.size() >= kListedMany &&
         std::all_of(constants.begin(), constants.end(), [](const Value* v) { return v->is_input(); });
}

}  // namespace

Result<int> run_listed_constants(Model& model, PassContext& c) {
  if (!listed_by_habit(model)) return 0;
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
  if (changes > 0) model.ir_version = std::max<int64_t>(model.ir_version, 4);
  return changes;
}

}  // namespace jetline::passes
