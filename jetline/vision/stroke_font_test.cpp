#include "jetline/vision/stroke_font.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "jetline/vision/image.h"

namespace jetline {
namespace {

TEST(StrokeFont, GlyphsStayInTheirCells) {
  for (char c = '!'; c <= '~'; ++c) {
    const auto strokes = glyph_strokes(c);
    EXPECT_FALSE(strokes.empty()) << c;
    for (const auto& stroke : strokes) {
      EXPECT_GE(stroke.size(), 2u) << c;
      for (const Point2f& p : stroke) {
        EXPECT_GE(p.x, 0) << c;
        EXPECT_LE(p.x, glyph_width(c)) << c;
        EXPECT_GE(p.y, 0) << c;
        EXPECT_LE(p.y, kGlyphCapital + kGlyphDescent) << c;
      }
    }
  }
  EXPECT_TRUE(glyph_strokes(' ').empty());
  EXPECT_EQ(glyph_width('\x07'), glyph_width('?'));
}

TEST(StrokeFont, CapitalsAndDigitsStandOnTheBaseLine) {
  for (const char c : std::string("ABCDEFGHIJKLMNOPRSTUVWXYZ0123456789")) {
    float top = 99, bottom = 0;
    for (const auto& stroke : glyph_strokes(c)) {
      for (const Point2f& p : stroke) {
        top = std::min(top, p.y);
        bottom = std::max(bottom, p.y);
      }
    }
    EXPECT_NEAR(top, 0, 0.6) << c;
    EXPECT_NEAR(bottom, kGlyphCapital, 0.6) << c;
  }
}

TEST(StrokeFont, NoTwoCharactersLookTheSame) {
  std::set<std::vector<uint8_t>> seen;
  for (char c = '!'; c <= '~'; ++c) {
    Image image(40, 40);
    std::fill_n(image.data(), image.stride() * image.height(), uint8_t{0});
    draw_text(image, 6, 6, std::string(1, c), 16, {255, 255, 255});
    EXPECT_TRUE(seen.insert({image.data(), image.data() + image.stride() * image.height()}).second) << c;
  }
}

TEST(StrokeFont, RoundStrokesAreRound) {
  // The ellipse of O between its two vertical extremes: about pi / 4 of its box, not the box.
  const auto o = glyph_strokes('O').at(0);
  double area = 0;
  for (size_t i = 0; i < o.size(); ++i) {
    const Point2f &a = o[i], &b = o[(i + 1) % o.size()];
    area += 0.5 * (static_cast<double>(a.x) * b.y - static_cast<double>(b.x) * a.y);
  }
  const double box = static_cast<double>(glyph_width('O')) * kGlyphCapital;
  EXPECT_GT(std::abs(area) / box, 0.75);
  EXPECT_LT(std::abs(area) / box, 0.9);
}

}  // namespace
}  // namespace jetline
