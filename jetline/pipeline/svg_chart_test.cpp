#include "jetline/pipeline/svg_chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <pugixml.hpp>

namespace jetline {
namespace {

int count_of(const std::string& text, const std::string& what) {
  int n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

pugi::xml_document parsed_svg(const std::string& svg) {
  pugi::xml_document doc;
  const auto r = doc.load_string(svg.c_str());
  EXPECT_TRUE(r) << r.description() << " in " << svg;
  return doc;
}

TEST(SvgChart, TicksAreRoundAndCoverTheRange) {
  EXPECT_EQ(nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(3, 97, 5), (std::vector<double>{0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(nice_ticks(-1, 1, 4), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
  const auto flat = nice_ticks(5, 5, 4);
  EXPECT_LT(flat.front(), 5);
  EXPECT_GT(flat.back(), 5);
  EXPECT_GE(nice_ticks(0, 0, 4).size(), 2u);
  EXPECT_EQ(nice_ticks(NAN, 1, 4), (std::vector<double>{0, 1}));
  EXPECT_LE(nice_ticks(1e-300, 1e300, 5).size(), 64u);
}

TEST(SvgChart, TickTextsAreShortAndTellNeighboursApart) {
  EXPECT_EQ(tick_text(0, 0.2), "0");
  EXPECT_EQ(tick_text(0.2, 0.2), "0.2");
  EXPECT_EQ(tick_text(0.25, 0.05), "0.25");
  EXPECT_EQ(tick_text(200, 100), "200");
  EXPECT_EQ(tick_text(20000, 10000), "20k");
  EXPECT_EQ(tick_text(12500, 2500), "12.5k");
  EXPECT_EQ(tick_text(3e6, 1e6), "3M");
  EXPECT_EQ(tick_text(1e-5, 1e-5), "1e-05");
  EXPECT_EQ(tick_text(-0.5, 0.5), "-0.5");
}

TEST(SvgChart, LineGoesThroughItsPoints) {
  LineChart c;
  c.title = "loss & more";
  c.series = {{"train", {{0, 0}, {5, 5}, {10, 10}}}};
  const std::string svg = line_chart_svg(c);
  const auto doc = parsed_svg(svg);
  EXPECT_EQ(std::string(doc.child("svg").attribute("aria-label").value()), "loss & more");
  // Axes: x from 44 to 468 (width 480), y from the bottom 256 (height 280 without x label) up to 28.
  EXPECT_EQ(std::string(doc.child("svg").child("path").attribute("d").value()), "M44 256L256 142L468 28");
  EXPECT_EQ(count_of(svg, "<circle"), 3);
}

TEST(SvgChart, ValuesThatAreNoNumbersLeaveAGap) {
  LineChart c;
  c.series = {{"a", {{0, 1}, {1, NAN}, {2, 3}, {3, INFINITY}, {4, 2}}}};
  const std::string svg = line_chart_svg(c);
  const auto doc = parsed_svg(svg);
  const std::string d = doc.child("svg").child("path").attribute("d").value();
  EXPECT_EQ(count_of(d, "M"), 3);
  EXPECT_EQ(count_of(d, "L"), 0);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(SvgChart, LogAxisSpacesDecadesEvenly) {
  LineChart c;
  c.log_y = true;
  c.series = {{"a", {{0, 0.1}, {1, 1}, {2, 10}, {3, 0}}}};
  const auto doc = parsed_svg(line_chart_svg(c));
  const std::string d = doc.child("svg").child("path").attribute("d").value();
  EXPECT_EQ(d, "M44 256L256 133L468 10");  // the zero is left out; top is 10 without a title
}

TEST(SvgChart, LegendOnlyForSeveralSeriesAndNamesAreEscaped) {
  LineChart c;
  c.series = {{"<AP>", {{0, 0}, {1, 1}}}};
  EXPECT_EQ(line_chart_svg(c).find("&lt;AP&gt;</text>"), std::string::npos);
  c.series.push_back({"AP50", {{0, 0}, {1, 1}}});
  const std::string svg = line_chart_svg(c);
  parsed_svg(svg);
  EXPECT_NE(svg.find("&lt;AP&gt;</text>"), std::string::npos);
  EXPECT_EQ(svg.find("<AP>"), std::string::npos);
}

TEST(SvgChart, BarsAreProportionalToTheTop) {
  BarChart c;
  c.bars = {{"pre", 1, "1 ms"}, {"infer", 4, "4 ms"}, {"bad", NAN, ""}};
  const auto doc = parsed_svg(bar_chart_svg(c));
  std::vector<double> widths;
  for (const auto& r : doc.child("svg").children("rect")) {
    if (std::string(r.attribute("class").value()) == "f1") widths.push_back(r.attribute("width").as_double());
  }
  ASSERT_EQ(widths.size(), 3u);
  EXPECT_NEAR(widths[0] * 4, widths[1], 0.3);
  EXPECT_EQ(widths[2], 0);
  c.top = 8;
  EXPECT_NE(bar_chart_svg(c).find(">4 ms<"), std::string::npos);
}

TEST(SvgChart, HistogramCountsEverySampleOnce) {
  const std::vector<double> samples = {0, 0.5, 1, 1, 2, 9.99, 10, NAN};
  const auto bins = histogram_bins(samples, 12);
  ASSERT_FALSE(bins.empty());
  EXPECT_LE(bins.size(), 12u);
  double total = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    total += bins[i].count;
    if (i > 0) {
      EXPECT_DOUBLE_EQ(bins[i].from, bins[i - 1].to);
    }
  }
  EXPECT_EQ(total, 7);
  EXPECT_EQ(bins[0].count, 2);      // 0 and 0.5: borders belong to the upper bin
  EXPECT_EQ(bins.back().count, 2);  // but the last border to the last bin
  EXPECT_TRUE(histogram_bins({}).empty());
  EXPECT_EQ(histogram_bins({3, 3, 3}).size() > 0, true);
}

TEST(SvgChart, HistogramDrawsBinsAndMarks) {
  HistogramChart c;
  c.bins = {{0, 10, 5}, {10, 20, 10}, {20, 20, 3}};
  c.marks = {{"median", 12}, {"p99", 500}};
  const std::string svg = histogram_svg(c);
  parsed_svg(svg);
  EXPECT_EQ(count_of(svg, "<rect class=\"f1\""), 2);  // the bin without width is left out
  EXPECT_EQ(count_of(svg, "dash"), 1);                // p99 lies outside: named, not drawn
  EXPECT_NE(svg.find("p99 500"), std::string::npos);
}

TEST(SvgChart, EmptyDataSaysSo) {
  EXPECT_NE(line_chart_svg({}).find("no values"), std::string::npos);
  EXPECT_NE(bar_chart_svg({}).find("no values"), std::string::npos);
  EXPECT_NE(histogram_svg({}).find("no values"), std::string::npos);
}

TEST(SvgChart, StandaloneCarriesItsStyle) {
  LineChart c;
  c.series = {{"a", {{0, 0}, {1, 1}}}};
  EXPECT_EQ(line_chart_svg(c).find("<style>"), std::string::npos);
  c.standalone = true;
  const std::string svg = line_chart_svg(c);
  parsed_svg(svg);
  EXPECT_NE(svg.find("<style>"), std::string::npos);
}

}  // namespace
}  // namespace jetline
