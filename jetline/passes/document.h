// The table of passes as Markdown: what docs/passes.md holds between its markers; a test keeps it so.
#pragma once

#include <string>

namespace jetline::passes {

std::string passes_table();

}  // namespace jetline::passes
