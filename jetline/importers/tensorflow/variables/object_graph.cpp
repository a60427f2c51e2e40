#include "jetline/importers/tensorflow/variables/object_graph.h"

#include "jetline/graph/wire.h"

namespace jetline::tf {

void read_full_names(ByteView object_graph,
                     std::unordered_map<std::string, std::optional<std::string>>& out) {
  wire::Reader nodes(object_graph);
  wire::Field node, part, f;
  while (nodes.next(node)) {
    if (node.number != 1) continue;
    wire::Reader parts(node.bytes);
    while (parts.next(part)) {
      if (part.number != 2) continue;  // attributes
      std::string_view name, full_name, key;
      wire::Reader fields(part.bytes);
      while (fields.next(f)) {
        if (f.number == 1) name = f.text();
        if (f.number == 2) full_name = f.text();
        if (f.number == 3) key = f.text();
      }
      if (name != "VARIABLE_VALUE" || full_name.empty() || key.empty()) continue;
      const auto [at, fresh] = out.emplace(full_name, key);
      if (!fresh && at->second != key) at->second.reset();
    }
  }
}

}  // namespace jetline::tf
