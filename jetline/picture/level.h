// The content of one group in layers: which cell stands in which layer, in which order, and through which
// cells each wire runs. Coordinates come later (place.h), so that opening a group changes no order.
//
// Method: Sugiyama's. Edges that lead backwards are turned; layers by longest paths, then every cell moves
// down as far as that shortens its wires; a wire over several layers gets a dummy cell in each; crossings are
// reduced by sweeps of medians with swaps of neighbours, the best order of all sweeps is kept.
#pragma once

#include <vector>

#include "jetline/picture/tree.h"

namespace jetline::picture {

struct Cell {
  enum class Kind { kItem, kDummy, kIn, kOut };
  Kind kind = Kind::kItem;
  int item = -1;  // kItem: a child of the group
  int wire = -1;  // kIn, kOut: the wire that crosses the border; kDummy: the wire that passes
  int layer = 0;
};

struct Run {
  int wire = -1;
  std::vector<int> cells;  // from the source down (or, when `backward`, up) to the target
  bool backward = false;
};

struct Level {
  int group = -1;
  std::vector<Cell> cells;
  std::vector<std::vector<int>> layers;  // cells from left to right
  std::vector<Run> runs;
};

// One level per open or closed group, in the order of tree.items; groups without children are left out.
std::vector<Level> build_levels(const Tree& tree);

// Crossings between neighbouring layers; for tests.
int64_t count_crossings(const Level& level);

}  // namespace jetline::picture
