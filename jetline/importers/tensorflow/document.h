// The table of operators in docs/tensorflow.md, made from the registry.
#pragma once

#include <string>

namespace jetline::tf {

// Markdown: operators that convert (with what is limited), then those that are refused and why.
std::string operators_table();

}  // namespace jetline::tf
