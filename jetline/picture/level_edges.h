// Steps of build_levels().
#pragma once

#include "jetline/picture/level.h"

namespace jetline::picture {

// A wire on one level: between two cells.
struct LevelEdge {
  int wire, from, to;
  bool backward = false;
};

// Layers for `edges` (turned where they led backwards); kIn cells in the first, kOut in the last layer.
void assign_layers(Level& level, std::vector<LevelEdge>& edges);
// Dummies and runs.
void insert_dummies(Level& level, const std::vector<LevelEdge>& edges);
void reduce_crossings(Level& level);

}  // namespace jetline::picture
