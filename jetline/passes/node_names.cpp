#include "jetline/passes/node_names.h"

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "jetline/passes/edit.h"

namespace jetline::passes {

void make_node_names_unique(Graph& main, bool name_all) {
  std::unordered_set<std::string> taken;
  each_graph(main, [&](Graph& g) {
    for (const auto& n : g.nodes()) {
      if (name_all && n->name.empty()) n->name = n->op();
      taken.insert(n->name);
    }
  });
  std::unordered_set<std::string> seen;
  std::unordered_map<std::string, int> next;
  each_graph(main, [&](Graph& g) {
    for (const auto& n : g.nodes()) {
      if (n->name.empty() || seen.insert(n->name).second) continue;
      std::string name;
      do {
        name = n->name + "_" + std::to_string(++next[n->name]);
      } while (!taken.insert(name).second);
      n->name = name;
      seen.insert(std::move(name));
    }
  });
}

}  // namespace jetline::passes
