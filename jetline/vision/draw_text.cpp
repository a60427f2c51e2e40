// Text in OpenCV's built-in Hershey font, which needs no font file.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "jetline/vision/draw.h"
#include "jetline/vision/draw_internal.h"

namespace jetline {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr float kCapitalHeight = 21.f;  // of the font at scale 1, without the pen's width
constexpr float kDescent = 7.f;         // depth of g, j, p, q, y below the base line at scale 1

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
  double scale;
  int width;
};

Pen text_pen(float height) {
  const float h = std::min(std::max(height, 4.f), 1000.f);
  // Strokes of about a tenth of the height read well from 8 to 40 pixels; the pen adds its width to the
  // letter.
  const int width = std::max(1, static_cast<int>(std::lrintf(h / 11)));
  return {static_cast<double>((h - static_cast<float>(width - 1)) / kCapitalHeight), width};
}

}  // namespace

TextSize text_size(std::string_view text, float height) {
  const Pen pen = text_pen(height);
  int base = 0;
  const cv::Size size = cv::getTextSize(text_to_ascii(text), kFont, pen.scale, pen.width, &base);
  return {static_cast<float>(size.width), std::max(height, 4.f) + kDescent * static_cast<float>(pen.scale) +
                                              static_cast<float>(pen.width / 2)};
}

void draw_text(Image& image, float x, float y, std::string_view text, float height, Rgb color) {
  if (image.empty() || !(std::abs(x) < 1e6f && std::abs(y) < 1e6f)) return;
  const Pen pen = text_pen(height);
  const cv::Point base(static_cast<int>(std::lrintf(x)),
                       static_cast<int>(std::lrintf(y + std::max(height, 4.f) - 1)));
  cv::Mat m = draw_mat(image);
  cv::putText(m, text_to_ascii(text), base, kFont, pen.scale, draw_scalar(image, color), pen.width,
              cv::LINE_AA);
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
