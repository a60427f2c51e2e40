// The families of control flow, for registry.cpp. Each lives in the file of its name.
#pragma once

#include "jetline/base/span.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {

Span<const OpRule> branch_rules();        // If, Case
Span<const OpRule> while_rules();         // While
Span<const OpRule> switch_rules();        // Switch, Merge and what is left of frames
Span<const OpRule> tensor_list_rules();   // TensorList…
Span<const OpRule> tensor_array_rules();  // TensorArray…V3

}  // namespace jetline::tf
