// The tables that are compiled in: operators/*.toml and data/*.toml as text, sorted by path. Static data;
// safe to share.
#pragma once

#include <string_view>

#include "jetline/base/span.h"

namespace jetline::targets {

struct EmbeddedTable {
  std::string_view path;  // "operators/Resize.toml"
  std::string_view text;
};

Span<const EmbeddedTable> embedded_tables();             // made by embed_tables.cmake
const EmbeddedTable* find_table(std::string_view path);  // null: there is none

}  // namespace jetline::targets
