// Const and its kin.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

Status convert_const(OpContext& c) {
  const Attr* value = c.attr("value");
  if (!value) return Status::bad_input("tf.malformed", "a constant has no value");
  auto t = value->as_tensor();
  if (!t.ok()) {
    if (t.status().id() == "tf.unsupported-type")
      return c.unsupported(t.status().message(), t.status().hint());
    return t.status();
  }
  if (t.value().dtype() == DType::kString) return c.set(0, Symbol::strings(std::move(t.value())));
  if (is_complex(t.value().dtype())) return c.unsupported("complex numbers");
  return c.set(0, c.constant(std::move(t.value())));
}

const OpRule kConstantRules[] = {
    {"Const", convert_const, "", "not complex; strings only where they fold away"},
    {"HostConst", convert_const},
};
}  // namespace

Span<const OpRule> constant_rules() {
  return {kConstantRules, sizeof(kConstantRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
