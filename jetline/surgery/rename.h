// Other names for tensors and nodes. All renamings happen at once, so that names can be swapped. Values are
// linked by pointer, so nothing is rewired; what names can break is guarded: two values of one name, a name
// inside a subgraph that would hide a renamed tensor of the graph around it (the hidden one's private name
// changes), quantisation annotations, the card.
//
// Threads: as the Model. Ids: surgery.unknown-name, surgery.ambiguous-name, surgery.name-taken, surgery.name
// (usage: an empty new name, one old name given twice, no `=`), surgery.pattern (usage: not a regular
// expression, or one that takes too long on the model's names).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jetline/graph/graph.h"

namespace jetline::surgery {

struct RenameOptions {
  std::vector<std::pair<std::string, std::string>> names;  // old, new
  bool nodes = false;                                      // names of nodes instead of tensors
  bool regex = false;  // old is an ECMAScript regular expression: every match in every name becomes new
                       // ($1: its first group); on tensors of all graphs, or nodes
  bool unique_nodes = false;  // give every node a name of its own first
};

struct RenameResult {
  std::vector<std::pair<std::string, std::string>> renamed;  // what was asked for; old, new
  std::vector<std::pair<std::string, std::string>> evaded;   // private names inside subgraphs that made room
  bool card_changed = false;                                 // the embedded card named a renamed input
};

// "old=new" words; where a name holds `=` itself the split that gives a name of the model is taken, else the
// last.
Result<std::vector<std::pair<std::string, std::string>>> parse_renames(const Model& model,
                                                                       const std::vector<std::string>& words,
                                                                       const RenameOptions& options);

// On failure the model may have some of the new names.
Result<RenameResult> rename(Model& model, const RenameOptions& options);

}  // namespace jetline::surgery
