// Operators that are known and refused, group by group: what the group does, what to do about it, and the
// operators' names with spaces between.
#pragma once

#include "jetline/base/span.h"

namespace jetline::tf {

struct RefusedGroup {
  const char* note;
  const char* ops;
};

Span<const RefusedGroup> refused_input();
Span<const RefusedGroup> refused_numeric();
Span<const RefusedGroup> refused_state();

}  // namespace jetline::tf
