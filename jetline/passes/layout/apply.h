// Carries out a choice of layouts (region.h): nodes are rewritten by their rules, values get their new types,
// constants are permuted, and Transposes are put where the order in which a value is stored and the one in
// which somebody wants it differ, one for each value and order. Threads: as the Model.
#pragma once

#include <unordered_set>

#include "jetline/passes/layout/region.h"

namespace jetline::passes {

// The region's graph changes; the region must not be used afterwards. New Transposes are added to `made`.
Status apply_layout(PassContext& c, const LayoutRegion& region, const std::vector<char>& choice,
                    std::unordered_set<Node*>& made);

}  // namespace jetline::passes
