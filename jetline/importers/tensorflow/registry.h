// The table of TensorFlow operators. A family is one file in ops/ that returns its rules, and one line in
// registry.cpp; docs/tensorflow.md is generated from here.
#pragma once

#include <string_view>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

struct OpRule {
  const char* op;                 // "Conv2D"
  Status (*convert)(OpContext&);  // null: refused, `note` says why
  // The names of the output arguments where there is more than one, as in TensorFlow's OpDef, in order:
  // "values,indices". "name*attr" is a list with as many tensors as the int attribute `attr` says, "name*T[]"
  // one with as many as the list attribute T has.
  const char* outputs = "";
  const char* note = "";  // what is limited or why it is refused, for the documentation and the message
};

const OpRule* find_rule(std::string_view op);
std::vector<const OpRule*> all_rules();  // sorted by name

}  // namespace jetline::tf
