// From the words of a person to places in a graph. A word is the name of a tensor or of a node, looked for in
// the main graph, then in its subgraphs; where both have that name the tensor is meant. `tensor:NAME` and
// `node:NAME` say which, `op:TYPE` means every node of that operator in the main graph. A word that is no
// name and has commas is a list.
//
// Threads: as the Model. Ids: surgery.unknown-name (with the nearest names as a hint), surgery.ambiguous-name
// (several nodes, or values of several subgraphs, have the name).
#pragma once

#include <string>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline::surgery {

// One of the two is set.
struct Spot {
  Node* node = nullptr;
  Value* value = nullptr;
};
Result<std::vector<Spot>> find_spots(Model& model, const std::vector<std::string>& words);

// The tensor of that name, main graph before subgraphs.
Result<Value*> find_value(Model& model, const std::string& name);

// "conv1", or "Conv producing 'x'" for a node without a name.
std::string node_label(const Node& node);

// "'a', 'b' and 3 more".
std::string quoted_list(const std::vector<std::string>& names, size_t most = 5);

// The status for a name that is not there: says the nearest of `choices`.
Status unknown_name(const std::string& what, const std::string& word,
                    const std::vector<std::string>& choices);

}  // namespace jetline::surgery
