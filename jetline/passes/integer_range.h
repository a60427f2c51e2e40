// Between which numbers the elements of integer values lie, as far as constants, types and sizes tell. Sizes
// and positions are taken to stay below 2^31, as no tensor of more elements fits a runtime. Threads: as the
// Model.
#pragma once

#include <unordered_map>

#include "jetline/passes/edit.h"

namespace jetline::passes {

struct IntegerRange {
  int64_t low = 0, high = 0;
  bool fits_int32() const { return low >= INT32_MIN && high <= INT32_MAX; }
};

// Ranges of the values of one graph (not of its subgraphs); values that are not in it can be anything.
using IntegerRanges = std::unordered_map<const Value*, IntegerRange>;
IntegerRanges integer_ranges(PassContext& c, const Graph& g);

}  // namespace jetline::passes
