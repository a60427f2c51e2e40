// Nodes that no runtime can compute, whatever the data: ranks that do not go together, axes and permutations
// out of range, sizes that do not match, inputs that are missing, bodies that do not fit their node. Judged
// is only what is known for certain: open dimensions and unknown operators are let pass. Call after
// infer_shapes. Each family of operators is a function of validate_*.cpp.
//
// Threads: as the Model. Ids: graph.impossible-node.
#pragma once

#include <string>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline {

struct ImpossibleNode {
  const Node* node = nullptr;
  std::string why;  // "its weight has 2 dimensions, its input 4"
};

// In the main graph and its subgraphs, at most `most`.
std::vector<ImpossibleNode> find_impossible_nodes(const Model& model, size_t most = 16);
// OK, or all that was found: the first in the message, the others in the hint.
Status check_nodes(const Model& model);

}  // namespace jetline
