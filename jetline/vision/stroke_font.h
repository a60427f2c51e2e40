// The letters of draw_text: a stroke font of the printable ASCII characters, made for sizes from 8 to 40
// pixels. A glyph is a handful of straight and round strokes on a grid on which capitals are 14 units high
// and descenders reach 4 below the base line; there is no font file.
#pragma once

#include <vector>

#include "jetline/vision/draw.h"

namespace jetline {

constexpr float kGlyphCapital = 14;  // units from the top of capitals (y = 0) to the base line
constexpr float kGlyphDescent = 4;   // units from the base line to the lowest point
constexpr float kGlyphGap = 5;       // units between two glyphs

// Width in units without the gap; that of '?' for what is not printable ASCII.
float glyph_width(char c);
// The strokes as polylines in units, y down; round ones in short straight pieces.
std::vector<std::vector<Point2f>> glyph_strokes(char c);

}  // namespace jetline
