// Marks on pictures: boxes with labels, and the primitives that charts, maps and strips need. Draws in place
// on RGB, BGR or grey Images; everything is clipped, so any coordinate is allowed (also NaN, which draws
// nothing). Coordinates are continuous pixels (0,0 is the top-left corner of the first pixel). Lines are
// antialiased. Thread-safe for different images. No errors: what cannot be seen is not drawn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/vision/detection.h"
#include "jetline/vision/image.h"

namespace jetline {

struct Rgb {
  uint8_t r = 0, g = 0, b = 0;
};
inline bool operator==(const Rgb& a, const Rgb& b) {
  return a.r == b.r && a.g == b.g && a.b == b.b;
}

struct Point2f {
  float x = 0, y = 0;
};

// A colour for a class id, the same in every run and every picture; neighbours are far apart in hue.
Rgb class_color(int class_id);
// Black or white, whichever is read better on `background` (WCAG 2 relative luminance).
Rgb readable_on(Rgb background);

struct DrawOptions {
  bool labels = true;
  bool scores = true;
  bool landmarks = true;
  float thickness = 0;    // line width in pixels; 0 = by image size
  float text_height = 0;  // height of a capital letter in pixels; 0 = by image size
};
// Lower scores first, so that the best lie on top. A class id without a label is written as "#id".
void draw_detections(Image& image, const std::vector<Detection>& detections,
                     const std::vector<std::string>& labels, const DrawOptions& options = {});

void draw_line(Image& image, Point2f a, Point2f b, Rgb color, float thickness = 1);
void draw_polyline(Image& image, Span<const Point2f> points, bool closed, Rgb color, float thickness = 1);
void fill_polygon(Image& image, Span<const Point2f> points, Rgb color);
void draw_rectangle(Image& image, const Box& box, Rgb color, float thickness = 1);
// alpha 0..1: how much of `color` is mixed in.
void fill_rectangle(Image& image, const Box& box, Rgb color, float alpha = 1);
void draw_circle(Image& image, Point2f center, float radius, Rgb color, float thickness = 1);
void fill_circle(Image& image, Point2f center, float radius, Rgb color);

struct TextSize {
  float width = 0, height = 0;  // of the line, from the top of capitals to the bottom of descenders
};
// `height` is that of a capital letter, in pixels. ASCII; accented Latin letters lose their accent and
// anything else is drawn as '?'.
TextSize text_size(std::string_view text, float height);
// (x, y) is the top left corner of the line.
void draw_text(Image& image, float x, float y, std::string_view text, float height, Rgb color);
// Text on a filled plate in `background`, in the readable one of black and white; moved to stay inside the
// image.
void draw_label(Image& image, float x, float y, std::string_view text, float height, Rgb background);

// Copies `source` into `image` with its top left corner at x, y (clipped). Formats may differ.
void paste(Image& image, const ImageView& source, int x, int y);

}  // namespace jetline
