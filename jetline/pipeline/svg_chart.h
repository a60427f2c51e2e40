// Charts as SVG text for the report: lines, bars and histograms. Pure functions of their data, the same on
// every machine (numbers never depend on the locale).
//
// Colours and type come from CSS classes (chart_css()), so that a page can be light or dark and a chart
// follows; `standalone` puts the style inside, for an .svg file of its own. Every mark carries a <title>,
// which browsers show on hover and screen readers read. Non-finite values are left out.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace jetline {

struct ChartFrame {
  std::string title;             // above the plot, and the accessible name
  std::string x_label, y_label;  // may be empty
  // Size of the drawing in its own units; it scales to the width that the page gives it.
  int width = 480, height = 280;
  bool standalone = false;
};

struct LineSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;  // in drawing order
};

struct LineChart : ChartFrame {
  std::vector<LineSeries> series;  // at most 6 are told apart by colour
  bool log_y = false;              // values <= 0 are left out
  bool y_from_zero = false;        // the axis begins at 0 even when no value is near it
  double y_top = 0;                // above the data's minimum: the axis ends exactly here (1 for fractions)
};
std::string line_chart_svg(const LineChart& chart);

struct Bar {
  std::string name;
  double value = 0;
  std::string text;  // written at the bar; "" = the value
};
// Horizontal bars, one row each, in the given order; values >= 0.
struct BarChart : ChartFrame {
  std::vector<Bar> bars;
  double top = 0;  // full width stands for this value; 0 = the largest bar
};
std::string bar_chart_svg(const BarChart& chart);

struct HistogramBin {
  double from = 0, to = 0;
  double count = 0;
};
struct HistogramChart : ChartFrame {
  std::vector<HistogramBin> bins;                     // ascending, touching
  std::vector<std::pair<std::string, double>> marks;  // vertical lines: ("median", 52.1)
};
std::string histogram_svg(const HistogramChart& chart);

// Equal-width bins over [min, max] of the samples, at round borders; at most `most` bins, none without
// samples.
std::vector<HistogramBin> histogram_bins(const std::vector<double>& samples, int most = 24);

// Round numbers (1, 2 or 5 times a power of ten apart) that cover [lo, hi] with about `count` steps.
std::vector<double> nice_ticks(double lo, double hi, int count);
// "0.25", "1.2k", "3M", "1e-05": short text of an axis number; `step` is the distance to the next one.
std::string tick_text(double value, double step);

// The style that the charts' classes expect, in terms of the page's custom properties with fall-backs.
std::string chart_css();

}  // namespace jetline
