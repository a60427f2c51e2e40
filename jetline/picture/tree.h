// The boxes of a drawing as a tree: leaves are nodes, inputs and outputs, inner items are groups; and the
// wires between them, one for each value that is computed in one leaf and read in another.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jetline/picture/picture.h"

namespace jetline::picture {

struct Item {
  enum class Kind { kNode, kInput, kOutput, kGroup };
  Kind kind = Kind::kNode;
  int parent = -1;
  std::vector<int> children;   // of a group, in order of execution
  const Node* node = nullptr;  // kNode
  std::string title, subtitle, note, css, tooltip;
  std::string path;  // a group's full scope
  int severity = 0;
  int nodes = 1;                 // leaves that are nodes, below and here
  int64_t params = 0;            // elements of weights
  bool block = false;            // a group of nodes that follow one another: one box where space is short
  bool open = false;             // groups: drawn with their content
  double width = 0, height = 0;  // as a closed box
  int subgraph_nodes = 0;
};

// A value that leaves its item. `from` and the `to`s are leaves.
struct Wire {
  std::string name, shape;
  int from = -1;
  std::vector<int> to;
};

struct Tree {
  std::vector<Item> items;  // items[0] is the whole picture
  std::vector<Wire> wires;
  const char* grouping = "none";
  std::vector<LegendEntry> legend;  // entries that are used
  std::string title, subtitle, description;
  int node_count = 0;
};

Tree build_tree(const Model& model, const PictureOptions& options);

// --- grouping.cpp
// Groups the leaves below items[0].
void group_tree(Tree& tree, PictureOptions::Grouping grouping);

// --- folding.cpp
// Opens groups: to `depth`, or the largest first while at most `budget` boxes are shown; blocks only when all
// of them fit.
void open_groups(Tree& tree, int depth, int budget);
int shown_items(const Tree& tree);

// --- labels.cpp
// "Conv 3x3 /2", "Reshape", "Clip 0..6".
std::string node_title(const Node& node);
// "32×3×3×3, 896 parameters", the last part of the name, …
std::string node_subtitle(const Node& node);
std::string node_details(const Node& node);  // attributes, inputs and outputs, a line each
std::string shape_text(const ValueType& type);
int64_t node_params(const Node& node);
// The class of operators that `node` belongs to; a css name of default_legend().
NodeStyle default_style(const Node& node);
const std::vector<LegendEntry>& default_legend();

}  // namespace jetline::picture
