#include "jetline/graph/ops/types.h"

namespace jetline::ops {

ValueType sequence_of(ValueType element) {
  ValueType t;
  t.kind = ValueType::Kind::kSequence;
  t.element = std::make_shared<ValueType>(std::move(element));
  return t;
}

ValueType optional_of(ValueType element) {
  ValueType t = sequence_of(std::move(element));
  t.kind = ValueType::Kind::kOptional;
  return t;
}

ValueType common_type(const ValueType& a, const ValueType& b) {
  if (a.kind != b.kind || a.dtype != b.dtype) return {};
  ValueType out = a;
  if (a.element && b.element) out.element = std::make_shared<ValueType>(common_type(*a.element, *b.element));
  if (!a.has_shape || !b.has_shape || a.shape.size() != b.shape.size()) {
    out.has_shape = false;
    out.shape.clear();
    return out;
  }
  for (size_t i = 0; i < out.shape.size(); ++i) {
    if (!a.shape[i].same(b.shape[i])) out.shape[i] = Dim();
  }
  return out;
}

DType dtype_attribute(const Context& c, const char* name, DType other) {
  const int64_t v = c.node().int_or(name, 0);
  return v > 0 && v <= static_cast<int64_t>(DType::kI2) ? static_cast<DType>(v) : other;
}

Dim size_input(const Context& c, size_t input) {
  const KnownInts* k = c.ints(input);
  if (!k || k->elements.size() != 1) return Dim();
  const Dim& d = k->elements[0];
  return d.known() && d.value < 0 ? Dim() : d;
}

void copy_input(Context& c, size_t output, size_t input) {
  if (const ValueType* t = c.type(input)) c.set_type(output, *t);
}

void shape_of_input(Context& c, size_t output, size_t input, DType t) {
  if (const auto* x = c.shape(input))
    c.set(output, t, *x);
  else
    c.set_dtype(output, t);
}

}  // namespace jetline::ops
