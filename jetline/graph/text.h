// A model as readable text, for people and for diffs: one line a node, values with their types, small
// constants with their content. Deterministic; not meant to be read back.
#pragma once

#include <string>

#include "jetline/graph/graph.h"

namespace jetline {

std::string to_text(const Model& model);
std::string to_text(const Graph& graph, int indent = 0);
// One node with its subgraphs, without a newline at the end unless it has subgraphs.
std::string to_text(const Node& node, int indent = 0);

}  // namespace jetline
