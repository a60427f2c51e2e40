// Names of nodes. ONNX does not ask that they differ; ONNX Runtime refuses files where two nodes share one.
#pragma once

#include "jetline/graph/graph.h"

namespace jetline::passes {

// In `main` and the graphs below it the first node of a name keeps it, later ones get a number that no other
// name has. With `name_all` nodes without a name are called after their operator; else they stay without.
void make_node_names_unique(Graph& main, bool name_all);

}  // namespace jetline::passes
