// Types that are not plain tensors, and other small things that rules share.
#pragma once

#include "jetline/graph/ops/rules.h"

namespace jetline::ops {

ValueType sequence_of(ValueType element);
ValueType optional_of(ValueType element);
// What is true of both: dimensions that differ become unknown, and so does the type where kinds differ.
ValueType common_type(const ValueType& a, const ValueType& b);
// An attribute that names an element type by number; `other` when it is absent or no such type.
DType dtype_attribute(const Context& c, const char* name, DType other);
// The one element of an integer input that is >= 0: a number or a name; unknown else.
Dim size_input(const Context& c, size_t input);
// Output `output` has type and shape of input `input`.
void copy_input(Context& c, size_t output, size_t input);
// Output `output` has the shape of input `input` and elements of type t.
void shape_of_input(Context& c, size_t output, size_t input, DType t);

}  // namespace jetline::ops
