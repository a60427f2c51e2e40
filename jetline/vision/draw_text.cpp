// Text in the stroke font.
#include <algorithm>
#include <cmath>

#include "jetline/vision/draw.h"
#include "jetline/vision/draw_internal.h"
#include "jetline/vision/stroke_font.h"

namespace jetline {
namespace {

// Accents off: U+00C0 to U+017F by table, everything else beyond ASCII becomes '?'.
std::string text_to_ascii(std::string_view text) {
  static const char* const kLatin1 = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";
  static const char* const kLatinA =
      "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiJjJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTt"
      "TtUuUuUuUuUuUu"
      "WwYyYZzZzZzs";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      out += c >= 32 && c < 127 ? static_cast<char>(c) : ' ';
      ++i;
      continue;
    }
    size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0) == 0x80)
      ++length;
    unsigned code = 0;
    if (length == 2 && (c & 0xE0) == 0xC0) {
      code = (c & 0x1Fu) << 6 | (static_cast<unsigned char>(text[i + 1]) & 0x3Fu);
    }
    if (code >= 0xC0 && code < 0x100) {
      out += kLatin1[code - 0xC0];
    } else if (code >= 0x100 && code < 0x180) {
      out += kLatinA[code - 0x100];
    } else {
      out += '?';
    }
    i += length;
  }
  return out;
}

struct Pen {
  float unit;  // pixels a unit of the font
  float half;  // of the line's width
};

Pen text_pen(float height) {
  const float h = height > 4.f ? std::min(height, 1000.f) : 4.f;  // 4 for NaN, too
  // Strokes of about a ninth of the height read well from 8 to 40 pixels. The pen adds its width to the
  // letter.
  const float width = std::max(1.f, h / 9);
  return {(h - width) / kGlyphCapital, width / 2};
}

// One letter with its top left corner at x, y. Strokes that meet must not darken each other's edges, so they
// are united before they are mixed in.
void draw_glyph(Image& image, char c, float x, float y, const Pen& pen, const std::array<float, 3>& levels) {
  const int x0 = static_cast<int>(std::floor(x)) - 1, y0 = static_cast<int>(std::floor(y)) - 1;
  const int w = static_cast<int>(std::ceil(glyph_width(c) * pen.unit + 2 * pen.half)) + 3;
  const int h = static_cast<int>(std::ceil((kGlyphCapital + kGlyphDescent) * pen.unit + 2 * pen.half)) + 3;
  if (x0 >= image.width() || y0 >= image.height() || x0 + w <= 0 || y0 + h <= 0) return;
  std::vector<float> covered(static_cast<size_t>(w) * static_cast<size_t>(h));
  for (const std::vector<Point2f>& stroke : glyph_strokes(c)) {
    const auto place = [&](const Point2f& p) {
      return Point2f{x + pen.half + p.x * pen.unit - static_cast<float>(x0),
                     y + pen.half + p.y * pen.unit - static_cast<float>(y0)};
    };
    for (size_t i = 1; i < stroke.size(); ++i) {
      draw_stroke(
          place(stroke[i - 1]), place(stroke[i]), pen.half, w, h, [&](int px, int py, float coverage) {
            float& v = covered[static_cast<size_t>(py) * static_cast<size_t>(w) + static_cast<size_t>(px)];
            v = std::max(v, coverage);
          });
    }
  }
  for (int py = std::max(0, -y0); py < std::min(h, image.height() - y0); ++py) {
    for (int px = std::max(0, -x0); px < std::min(w, image.width() - x0); ++px) {
      draw_mix(image, x0 + px, y0 + py, levels,
               covered[static_cast<size_t>(py) * static_cast<size_t>(w) + static_cast<size_t>(px)]);
    }
  }
}

}  // namespace

TextSize text_size(std::string_view text, float height) {
  const Pen pen = text_pen(height);
  float width = 0;
  for (const char c : text_to_ascii(text)) width += (glyph_width(c) + kGlyphGap) * pen.unit;
  return {std::ceil(width > 0 ? width + 2 * pen.half : 0),
          (height > 4.f ? height : 4.f) + kGlyphDescent * pen.unit};
}

void draw_text(Image& image, float x, float y, std::string_view text, float height, Rgb color) {
  if (image.empty() || !(std::abs(x) < 1e6f && std::abs(y) < 1e6f)) return;
  const Pen pen = text_pen(height);
  const std::array<float, 3> levels = draw_levels(image, color);
  y = std::round(y);  // horizontal strokes stay sharp
  for (const char c : text_to_ascii(text)) {
    if (x >= static_cast<float>(image.width())) break;
    draw_glyph(image, c, x, y, pen, levels);
    x += (glyph_width(c) + kGlyphGap) * pen.unit;
  }
}

Rgb readable_on(Rgb background) {
  const auto linear = [](uint8_t v) {
    const double s = v / 255.0;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  const double l =
      0.2126 * linear(background.r) + 0.7152 * linear(background.g) + 0.0722 * linear(background.b);
  // Contrast is (L1 + 0.05) / (L2 + 0.05); both choices are equal where L = sqrt(1.05 * 0.05) - 0.05.
  return l > 0.1791 ? Rgb{0, 0, 0} : Rgb{255, 255, 255};
}

void draw_label(Image& image, float x, float y, std::string_view text, float height, Rgb background) {
  const TextSize size = text_size(text, height);
  const float pad = std::max(2.f, std::round(height * 0.3f));
  const float w = size.width + 2 * pad, h = size.height + pad * 1.2f;
  x = std::floor(std::max(0.f, std::min(x, static_cast<float>(image.width()) - w)));
  y = std::floor(std::max(0.f, std::min(y, static_cast<float>(image.height()) - h)));
  fill_rectangle(image, {x, y, x + w, y + h}, background);
  draw_text(image, x + pad, y + pad * 0.8f, text, height, readable_on(background));
}

}  // namespace jetline
