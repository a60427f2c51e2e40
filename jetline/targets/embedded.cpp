#include "jetline/targets/embedded.h"

#include <algorithm>

namespace jetline::targets {

const EmbeddedTable* find_table(std::string_view path) {
  const Span<const EmbeddedTable> all = embedded_tables();
  const EmbeddedTable* at =
      std::lower_bound(all.begin(), all.end(), path,
                       [](const EmbeddedTable& t, std::string_view wanted) { return t.path < wanted; });
  return at != all.end() && at->path == path ? at : nullptr;
}

}  // namespace jetline::targets
