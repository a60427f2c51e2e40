// What a graph asks about its variables besides their content: they are constants here, with a shape, and
// initialised.
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_variable_shape(OpContext& c) {
  const auto r = c.in(0).resource();
  if (!r || r->kind != Resource::Kind::kVariable) return c.wrong_input(0);
  const DType out = c.dtype_attr("out_type", DType::kI32);
  bool known = r->shape.known_rank;
  for (int64_t d : r->shape.dims) known = known && d >= 0;
  if (known) return c.set(0, c.cast(c.ints(r->shape.dims), out));
  Value* v = c.converter().variable(*r);
  return v ? c.set(0, c.shape_of(v, out)) : c.wrong_input(0);
}

Status convert_is_initialized(OpContext& c) {
  return c.set(0, c.cast(c.int_scalar(1), DType::kBool));
}

const OpRule kVariableRules[] = {
    {"IsVariableInitialized", convert_is_initialized, "", "true"},
    {"VarIsInitializedOp", convert_is_initialized, "", "true"},
    {"VariableShape", convert_variable_shape},
};
}  // namespace

Span<const OpRule> variable_rules() {
  return {kVariableRules, sizeof(kVariableRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
