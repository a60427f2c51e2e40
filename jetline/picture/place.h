// Coordinates of the cells of a level, and a whole drawing as boxes and lines.
//
// Within a layer the order stays; positions are a least-squares fit to the neighbours above or below under
// the constraint of that order and of the gaps, solved exactly by pooling adjacent violators, in a few
// sweeps. A level that would be a long ribbon is cut into columns where the fewest wires cross; these run
// through the gutter to the next column's top. The page does the same in its script when a group is opened.
#pragma once

#include <string>
#include <vector>

#include "jetline/picture/level.h"

namespace jetline::picture {

struct Placement {
  std::vector<double> x, y, w, h;      // per cell: middle, top, size
  std::vector<int> column;             // per layer
  std::vector<double> above, below;    // per layer: y where it begins and ends
  std::vector<double> gutter, bottom;  // per column: x of the space to its right, y of its end
  double top = 0;                      // of the content of columns: lanes lie above
  double width = 0, height = 0;
};

// `sizes`: width and height per cell.
Placement place_level(const Level& level, const std::vector<std::pair<double, double>>& sizes);

struct DrawnBox {
  int item = -1;
  double x = 0, y = 0, w = 0, h = 0;
};
struct DrawnLine {
  int wire = -1;
  std::string path;  // SVG path data
  bool arrow = false, backward = false;
};
struct DrawnText {
  double x = 0, y = 0;
  std::string text;
};
struct Scene {
  std::vector<DrawnBox> boxes;  // groups before their content
  std::vector<DrawnLine> lines;
  std::vector<DrawnText> texts;
  double width = 0, height = 0;
};

// Sizes of closed boxes from their texts.
void measure_items(Tree& tree);
Scene make_scene(const Tree& tree, const std::vector<Level>& levels);

}  // namespace jetline::picture
