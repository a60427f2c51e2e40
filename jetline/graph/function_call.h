// What a call of a model's own function means inside a copy of the body.
#pragma once

#include "jetline/graph/graph.h"

namespace jetline {

// `n`, a node of a copy of `f`'s body, and what its subgraphs hold: attributes that refer to those of the
// caller become the caller's values, else the function's defaults; what neither gives goes, and so do
// references to attributes that hold graphs.
void resolve_references(Node& n, const Node& caller, const ModelFunction& f);

}  // namespace jetline
