#include "jetline/vision/draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "jetline/vision/image_test_util.h"

namespace jetline {
namespace {
using namespace jetline::testing;  // NOLINT: a test file

Image draw_canvas(int w, int h, PixelFormat format = PixelFormat::kRGB, uint8_t level = 0) {
  Image image(w, h, format);
  std::memset(image.data(), level, static_cast<size_t>(image.stride() * h));
  return image;
}
int draw_changed(const Image& image, uint8_t level = 0) {
  int n = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      for (int c = 0; c < image.channels(); ++c) {
        if (image.at(x, y)[c] != level) {
          ++n;
          break;
        }
      }
    }
  }
  return n;
}

TEST(Draw, RectanglesCoverExactlyTheirPixels) {
  Image image = draw_canvas(20, 20);
  fill_rectangle(image, {2, 3, 7, 9}, {10, 20, 30});
  EXPECT_EQ(draw_changed(image), 5 * 6);
  EXPECT_EQ(image.at(2, 3)[0], 10);
  EXPECT_EQ(image.at(6, 8)[2], 30);
  EXPECT_EQ(image.at(7, 8)[2], 0);
  fill_rectangle(image, {2, 3, 7, 9}, {110, 120, 130}, 0.5f);
  EXPECT_NEAR(image.at(3, 4)[0], 60, 1);

  Image frame = draw_canvas(20, 20);
  draw_rectangle(frame, {4, 4, 16, 16}, {255, 0, 0}, 2);  // one pixel out, one in
  EXPECT_EQ(draw_changed(frame), 14 * 14 - 10 * 10);
  EXPECT_EQ(frame.at(3, 3)[0], 255);
  EXPECT_EQ(frame.at(5, 5)[0], 0);
}

TEST(Draw, ColourOrderFollowsTheImage) {
  const Rgb c{200, 100, 50};
  Image bgr = draw_canvas(4, 4, PixelFormat::kBGR), grey = draw_canvas(4, 4, PixelFormat::kGray);
  fill_rectangle(bgr, {0, 0, 4, 4}, c);
  fill_rectangle(grey, {0, 0, 4, 4}, c);
  EXPECT_EQ(bgr.at(1, 1)[0], 50);
  EXPECT_EQ(bgr.at(1, 1)[2], 200);
  EXPECT_NEAR(grey.at(1, 1)[0], 0.299 * 200 + 0.587 * 100 + 0.114 * 50, 1);
}

TEST(Draw, AnyCoordinateIsHarmless) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  const float odd[] = {nan, inf, -inf, 1e30f, -1e30f, 2.2e9f, -5.f, 0.f, 1e-30f, 31.5f};
  for (const PixelFormat format : {PixelFormat::kRGB, PixelFormat::kGray}) {
    for (const float a : odd) {
      for (const float b : odd) {
        Image image = draw_canvas(32, 24, format);
        const Point2f corners[3] = {{a, b}, {b, 3}, {4, a}};
        draw_line(image, {a, 3}, {5, b}, {255, 255, 255}, a);
        draw_polyline(image, {corners, 3}, true, {1, 2, 3}, b);
        fill_polygon(image, {corners, 3}, {4, 5, 6});
        draw_rectangle(image, {a, b, b, a}, {9, 9, 9}, b);
        fill_rectangle(image, {a, a, b, b}, {9, 9, 9}, a);
        draw_circle(image, {a, b}, a, {9, 9, 9}, b);
        fill_circle(image, {a, b}, b, {9, 9, 9});
        draw_text(image, a, b, "text", 8, {9, 9, 9});
        draw_label(image, a, b, "label", b, {9, 9, 9});
        Detection d;
        d.box = {a, b, b, a};
        d.landmark_count = 5;
        d.landmarks[0] = {{a, b}};
        d.class_id = -7;
        draw_detections(image, {d}, {});
      }
    }
  }
  Image none;
  draw_line(none, {0, 0}, {1, 1}, {});
  draw_detections(none, {Detection()}, {});
  EXPECT_TRUE(none.empty());
}

TEST(Draw, LongLinesKeepTheirSlope) {
  Image image = draw_canvas(100, 100);
  draw_line(image, {-1e8f, -1e8f}, {1e8f, 1e8f}, {255, 255, 255}, 1);
  for (int i = 5; i < 95; ++i) EXPECT_GT(image.at(i, i)[0], 100) << i;
  EXPECT_LT(draw_changed(image), 400);
}

TEST(Draw, CirclesAreRound) {
  Image image = draw_canvas(41, 41);
  fill_circle(image, {20.5f, 20.5f}, 10, {255, 255, 255});
  double area = 0;
  for (int i = 0; i < 41 * 41; ++i) area += image.data()[i * 3] / 255.0;
  EXPECT_NEAR(area, 3.14159 * 100, 4);
  for (int y = 0; y < 41; ++y) {
    for (int x = 0; x < 41; ++x) {
      EXPECT_EQ(image.at(x, y)[0], image.at(40 - x, y)[0]);
      EXPECT_EQ(image.at(x, y)[0], image.at(y, x)[0]);
    }
  }
}

TEST(Draw, TextIsAsHighAsAskedAndStaysInItsSize) {
  for (const float height : {8.f, 12.f, 20.f, 33.f}) {
    Image image = draw_canvas(400, 80);
    draw_text(image, 10, 10, "HxgE", height, {255, 255, 255});
    const TextSize size = text_size("HxgE", height);
    int top = 80, bottom = 0, right = 0;
    for (int y = 0; y < 80; ++y) {
      for (int x = 0; x < 400; ++x) {
        if (image.at(x, y)[0] < 128) continue;
        top = std::min(top, y);
        bottom = std::max(bottom, y + 1);
        right = std::max(right, x + 1);
      }
    }
    EXPECT_NEAR(top, 10, 2) << height;
    EXPECT_LE(bottom, 10 + size.height + 2) << height;
    EXPECT_LE(right, 10 + size.width + 3) << height;
    EXPECT_GT(right, 10 + size.width * 0.7f) << height;
  }
}

TEST(Draw, AccentsFallOffAndOthersBecomeQuestionMarks) {
  EXPECT_EQ(text_size("Käfer", 12).width, text_size("Kafer", 12).width);
  EXPECT_EQ(text_size("Žluťoučký", 12).width, text_size("Zlutoucky", 12).width);
  EXPECT_EQ(text_size("图", 12).width, text_size("?", 12).width);
  EXPECT_EQ(text_size("\xC3", 12).width, text_size("?", 12).width);  // cut in the middle of a letter
}

TEST(Draw, ClassColoursAreStableAndReadable) {
  const auto luminance = [](Rgb c) {
    const auto f = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * f(c.r / 255.0) + 0.7152 * f(c.g / 255.0) + 0.0722 * f(c.b / 255.0);
  };
  std::set<std::tuple<int, int, int>> seen;
  for (int id = 0; id < 90; ++id) {
    const Rgb c = class_color(id), t = readable_on(c);
    const double a = luminance(c) + 0.05, b = luminance(t) + 0.05;
    EXPECT_GE(std::max(a, b) / std::min(a, b), 4.5) << id;  // WCAG AA
    seen.insert({c.r, c.g, c.b});
  }
  EXPECT_GE(seen.size(), 88u);
  EXPECT_TRUE(class_color(3) == class_color(3));
  (void)class_color(-1);
}

TEST(Draw, LabelsStayInsideAndApart) {
  Image image = draw_canvas(200, 120, PixelFormat::kRGB, 128);
  Detection a, b;
  a.box = {0, 0, 60, 40};  // no room above
  b.box = {150, 60, 199, 110};
  a.score = 0.9f;
  b.score = 0.8f;
  b.class_id = 1;
  draw_detections(image, {a, b}, {"a rather long label here", "another long one"});
  // Both plates show the class colour somewhere.
  int plates[2] = {0, 0};
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 200; ++x) {
      for (int id = 0; id < 2; ++id) {
        const Rgb c = class_color(id);
        const uint8_t* p = image.at(x, y);
        plates[id] += p[0] == c.r && p[1] == c.g && p[2] == c.b;
      }
    }
  }
  EXPECT_GT(plates[0], 400);
  EXPECT_GT(plates[1], 400);
}

TEST(Draw, PasteClipsAndConverts) {
  const Image patch = random_image(10, 8, 4);
  Image image = draw_canvas(12, 12);
  paste(image, patch, -3, -2);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(image.at(0, 0)[c], patch.at(3, 2)[c]);
  EXPECT_EQ(image.at(7, 0)[0] + image.at(7, 0)[1] + image.at(7, 0)[2], 0);
  Image bgr = draw_canvas(12, 12, PixelFormat::kBGR);
  paste(bgr, patch, 5, 6);
  EXPECT_EQ(bgr.at(5, 6)[0], patch.at(0, 0)[2]);
  paste(bgr, patch, 2000000000, 2000000000);
  paste(bgr, patch, -2000000000, 3);
  const Image grey = random_image(4, 4, 5, PixelFormat::kGray);
  paste(image, grey, 8, 8);
  EXPECT_EQ(image.at(9, 9)[1], grey.at(1, 1)[0]);
}

}  // namespace
}  // namespace jetline
