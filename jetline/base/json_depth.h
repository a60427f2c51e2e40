// A guard for parsers of JSON that recurse: how deep brackets nest, without parsing. Threads: pure function.
#pragma once

#include <string_view>

namespace jetline {

// True when objects and lists nest deeper than `most` somewhere in `json`. Brackets inside of strings do not
// count; text that is no JSON gets some answer in one pass.
bool json_nests_deeper(std::string_view json, int most);

}  // namespace jetline
