// Drawing a model: nodes in layers from the inputs down to the outputs, grouped by the scopes in their names
// or by structure (a convolution with what follows it, parts of one resolution), groups folded or open.
//
//   picture::PictureOptions options;
//   Result<picture::Picture> p = picture::draw(model, picture::Format::kHtml, options);
//
// Formats: SVG (everything drawn, or folded to fit), HTML (one file that works without a network: groups open
// and close, search, keyboard, light and dark), DOT (for Graphviz; groups are clusters). All names are
// escaped. Time and memory are bounded: over kMaxNodes nodes a drawing is refused, and large levels are cut
// into parts.
//
// What colours a node is a function of the caller's: a class of operators by default, a checker's verdict
// when it is given one. Ownership: the model gets inferred types written into its values; nothing is kept.
// Threads: as the Model. Ids: picture.too-large (bad_input), picture.empty (bad_input: no nodes).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/graph/graph.h"

namespace jetline::picture {

constexpr int64_t kMaxNodes = 200000;

// How one node is shown. `css` is a name of the legend.
struct NodeStyle {
  std::string css;      // "conv", "runs"; letters, digits and dashes
  std::string label;    // a third line in the box; may be empty
  std::string tooltip;  // more, shown on pointing; may be empty
  int severity = 0;     // a group looks like its most severe node
};

struct LegendEntry {
  std::string css, text;
  std::string light, dark;  // fill in light and dark surroundings, "#rrggbb"
};

struct PictureOptions {
  enum class Grouping { kAuto, kScope, kStructure, kNone };
  Grouping grouping = Grouping::kAuto;
  // Groups nested deeper than this are folded; 0 folds all; below 0: as deep as stays readable.
  int depth = -1;
  std::string title;                            // a file's name; empty: the graph's
  std::string subtitle;                         // a line below the title, for instance the target of a check
  std::function<NodeStyle(const Node&)> style;  // null: by class of operator
  std::function<NodeStyle(const Value&)> port_style;  // of inputs and outputs; null, or an empty css: plain
  std::vector<LegendEntry> legend;                    // what these use; ignored without `style`
};

enum class Format { kSvg, kHtml, kDot };

struct Picture {
  std::string text;  // the whole file
  int nodes = 0;     // of the main graph, constants left out
  int shown = 0;     // boxes that are drawn (HTML: at first)
  int groups = 0;
  double width = 0, height = 0;  // pixels; 0 for DOT
  const char* grouping = "";     // "scope", "structure", "none"
};

Result<Picture> draw(Model& model, Format format, const PictureOptions& options);

}  // namespace jetline::picture
