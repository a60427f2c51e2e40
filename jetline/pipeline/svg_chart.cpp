#include "jetline/pipeline/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "jetline/base/strings.h"

namespace jetline {
namespace {

constexpr int kColors = 6;

// A coordinate with one decimal: a tenth of a unit is finer than any screen shows.
std::string px(double v) {
  const long tenths = std::lround(v * 10);
  const long whole = std::labs(tenths) / 10, rest = std::labs(tenths) % 10;
  std::string s = (tenths < 0 ? "-" : "") + std::to_string(whole);
  if (rest) s += "." + std::to_string(rest);
  return s;
}

// A value with four significant digits for hover texts and bar labels.
std::string chart_value(double v) {
  char text[40];
  std::snprintf(text, sizeof text, "%.4g", v);
  for (char* c = text; *c; ++c) {
    if (*c == ',') *c = '.';
  }
  return text;
}

std::string chart_text(double x, double y, const char* css_class, const char* anchor, std::string_view text) {
  return "<text class=\"" + std::string(css_class) + "\" x=\"" + px(x) + "\" y=\"" + px(y) +
         "\" text-anchor=\"" + anchor + "\">" + html_escape(text) + "</text>\n";
}

std::string chart_line(double x1, double y1, double x2, double y2, const char* css_class) {
  return "<line class=\"" + std::string(css_class) + "\" x1=\"" + px(x1) + "\" y1=\"" + px(y1) + "\" x2=\"" +
         px(x2) + "\" y2=\"" + px(y2) + "\"/>\n";
}

std::string chart_open(const ChartFrame& f) {
  std::string s = "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
                  std::to_string(f.width) + " " + std::to_string(f.height) + "\" role=\"img\" aria-label=\"" +
                  html_escape(f.title) + "\">\n";
  if (f.standalone)
    s += "<style>" + chart_css() + "</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n";
  if (!f.title.empty()) s += chart_text(0, 15, "t", "start", f.title);
  return s;
}

// A scale from data to units along one axis.
struct Axis {
  double lo = 0, hi = 1;        // data
  double at_lo = 0, at_hi = 1;  // units
  bool log = false;
  std::vector<double> ticks;
  double map(double v) const {
    const double t =
        log ? (std::log10(v) - std::log10(lo)) / (std::log10(hi) - std::log10(lo)) : (v - lo) / (hi - lo);
    return at_lo + t * (at_hi - at_lo);
  }
  double step() const { return ticks.size() > 1 ? ticks[1] - ticks[0] : 1; }
};

Axis linear_axis(double lo, double hi, int count, double at_lo, double at_hi) {
  Axis a;
  a.ticks = nice_ticks(lo, hi, count);
  a.lo = a.ticks.front();
  a.hi = a.ticks.back();
  a.at_lo = at_lo;
  a.at_hi = at_hi;
  return a;
}

Axis log_axis(double lo, double hi, double at_lo, double at_hi) {
  Axis a;
  a.log = true;
  a.at_lo = at_lo;
  a.at_hi = at_hi;
  const int first = static_cast<int>(std::floor(std::log10(lo) + 1e-9));
  const int last = std::max(first + 1, static_cast<int>(std::ceil(std::log10(hi) - 1e-9)));
  a.lo = std::pow(10.0, first);
  a.hi = std::pow(10.0, last);
  const int skip = std::max(1, (last - first + 5) / 6);
  for (int e = first; e <= last; e += skip) a.ticks.push_back(std::pow(10.0, e));
  return a;
}

struct Plot {
  double left, right, top, bottom;
};

Plot plot_area(const ChartFrame& f, double left, bool legend) {
  double top = f.title.empty() ? 10 : 28;
  if (legend) top += 20;
  return {left, f.width - 12.0, top, f.height - (f.x_label.empty() ? 24.0 : 40.0)};
}

std::string draw_axes(const ChartFrame& f, const Plot& p, const Axis& x, const Axis& y, bool x_grid) {
  std::string s;
  for (const double t : y.ticks) {
    const double at = y.map(t);
    s += chart_line(p.left, at, p.right, at, "g");
    s += chart_text(p.left - 6, at + 4, "n", "end", tick_text(t, y.log ? t : y.step()));
  }
  for (const double t : x.ticks) {
    if (t < x.lo - 1e-9 * std::fabs(x.lo) || t > x.hi + 1e-9 * std::fabs(x.hi)) continue;
    if (x_grid) s += chart_line(x.map(t), p.top, x.map(t), p.bottom, "g");
    s += chart_text(x.map(t), p.bottom + 16, "n", t == x.ticks.back() ? "end" : "middle",
                    tick_text(t, x.step()));
  }
  s += chart_line(p.left, p.bottom, p.right, p.bottom, "a");
  if (!f.x_label.empty()) s += chart_text((p.left + p.right) / 2, f.height - 6.0, "l", "middle", f.x_label);
  if (!f.y_label.empty()) s += chart_text(f.width - 12.0, 15, "l", "end", f.y_label);
  return s;
}

std::string chart_legend(const std::vector<LineSeries>& series, double left, double y) {
  std::string s;
  double x = left;
  for (size_t i = 0; i < series.size(); ++i) {
    s += "<rect class=\"f" + std::to_string(i % kColors + 1) + "\" x=\"" + px(x) + "\" y=\"" + px(y - 8) +
         "\" width=\"12\" height=\"4\" rx=\"2\"/>\n";
    s += chart_text(x + 17, y - 2, "n", "start", series[i].name);
    x += 34 + 7.2 * static_cast<double>(series[i].name.size());
  }
  return s;
}

std::string chart_nothing(const ChartFrame& f) {
  return chart_open(f) + chart_text(f.width / 2.0, f.height / 2.0, "l", "middle", "no values") + "</svg>\n";
}

}  // namespace

std::string line_chart_svg(const LineChart& chart) {
  double x_lo = INFINITY, x_hi = -INFINITY, y_lo = INFINITY, y_hi = -INFINITY;
  const auto usable = [&](const std::pair<double, double>& p) {
    return std::isfinite(p.first) && std::isfinite(p.second) && (!chart.log_y || p.second > 0);
  };
  for (const LineSeries& s : chart.series) {
    for (const auto& p : s.points) {
      if (!usable(p)) continue;
      x_lo = std::min(x_lo, p.first), x_hi = std::max(x_hi, p.first);
      y_lo = std::min(y_lo, p.second), y_hi = std::max(y_hi, p.second);
    }
  }
  if (!(x_lo <= x_hi)) return chart_nothing(chart);
  if (chart.y_from_zero && !chart.log_y) y_lo = std::min(y_lo, 0.0);
  if (chart.y_top > y_lo) y_hi = chart.y_top;
  const bool legend = chart.series.size() > 1;
  const Plot p = plot_area(chart, 44, legend);
  const Axis y =
      chart.log_y ? log_axis(y_lo, y_hi, p.bottom, p.top) : linear_axis(y_lo, y_hi, 5, p.bottom, p.top);
  Axis x = linear_axis(x_lo, x_hi, 6, p.left, p.right);
  if (x_hi > x_lo) x.lo = x_lo, x.hi = x_hi;  // the curve uses the whole width
  std::string s = chart_open(chart) + draw_axes(chart, p, x, y, false);
  if (legend) s += chart_legend(chart.series, p.left, p.top - 8);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    std::string path, dots;
    size_t n = 0;
    bool pen_down = false;
    for (const auto& point : chart.series[i].points) {
      if (!usable(point)) {
        pen_down = false;  // a gap in the data is a gap in the line
        continue;
      }
      const std::string at = px(x.map(point.first)) + " " + px(y.map(point.second));
      path += (pen_down ? "L" : "M") + at;
      pen_down = true;
      ++n;
      dots += "<circle cx=\"" + px(x.map(point.first)) + "\" cy=\"" + px(y.map(point.second)) +
              "\" r=\"3\"><title>" + html_escape(chart.series[i].name) + " " + chart_value(point.second) +
              " at " + chart_value(point.first) + "</title></circle>\n";
    }
    const std::string color = std::to_string(i % kColors + 1);
    s += "<path class=\"s" + color + "\" d=\"" + path + "\"/>\n";
    // Dots where there is room to see them; without them the hover texts would hide the line.
    if (n <= 60) s += "<g class=\"f" + color + "\">\n" + dots + "</g>\n";
  }
  return s + "</svg>\n";
}

std::string bar_chart_svg(const BarChart& given) {
  BarChart chart = given;
  constexpr double kRow = 26;
  double top = chart.top;
  size_t longest = 0, longest_text = 0;
  for (Bar& b : chart.bars) {
    if (!std::isfinite(b.value) || b.value < 0) b.value = 0;
    if (b.text.empty()) b.text = chart_value(b.value);
    if (chart.top <= 0) top = std::max(top, b.value);
    longest = std::max(longest, b.name.size());
    longest_text = std::max(longest_text, b.text.size());
  }
  if (chart.bars.empty()) return chart_nothing(chart);
  if (top <= 0) top = 1;
  const double left = std::min(chart.width * 0.4, 16 + 7.6 * static_cast<double>(longest));
  const double room = chart.width - left - 14 - 7.2 * static_cast<double>(longest_text);
  const double first = chart.title.empty() ? 6 : 28;
  chart.height = static_cast<int>(first + kRow * static_cast<double>(chart.bars.size()) +
                                  (chart.x_label.empty() ? 6 : 24));
  std::string s = chart_open(chart);
  for (size_t i = 0; i < chart.bars.size(); ++i) {
    const Bar& b = chart.bars[i];
    const double y = first + kRow * static_cast<double>(i);
    const double w = std::min(1.0, b.value / top) * room;
    s += chart_text(left - 8, y + 17, "n", "end", b.name);
    s += "<rect class=\"track\" x=\"" + px(left) + "\" y=\"" + px(y + 5) + "\" width=\"" + px(room) +
         "\" height=\"16\" rx=\"3\"/>\n";
    s += "<rect class=\"f1\" x=\"" + px(left) + "\" y=\"" + px(y + 5) + "\" width=\"" + px(w) +
         "\" height=\"16\" rx=\"3\"><title>" + html_escape(b.name + " " + b.text) + "</title></rect>\n";
    s += chart_text(left + room + 8, y + 17, "v", "start", b.text);
  }
  if (!chart.x_label.empty()) s += chart_text(left, chart.height - 6.0, "l", "start", chart.x_label);
  return s + "</svg>\n";
}

std::string histogram_svg(const HistogramChart& chart) {
  std::vector<HistogramBin> bins;
  double most = 0;
  for (const HistogramBin& b : chart.bins) {
    if (!std::isfinite(b.from) || !std::isfinite(b.to) || !std::isfinite(b.count) || b.to <= b.from) continue;
    bins.push_back(b);
    most = std::max(most, b.count);
  }
  if (bins.empty() || most <= 0) return chart_nothing(chart);
  const Plot p = plot_area(chart, 44, !chart.marks.empty());
  const Axis y = linear_axis(0, most, 4, p.bottom, p.top);
  Axis x = linear_axis(bins.front().from, bins.back().to, 6, p.left, p.right);
  x.lo = bins.front().from, x.hi = bins.back().to;
  std::string s = chart_open(chart) + draw_axes(chart, p, x, y, false);
  for (const HistogramBin& b : bins) {
    const double x0 = x.map(b.from), x1 = x.map(b.to), at = y.map(b.count);
    s += "<rect class=\"f1\" x=\"" + px(x0 + 0.5) + "\" y=\"" + px(at) + "\" width=\"" +
         px(std::max(0.5, x1 - x0 - 1)) + "\" height=\"" + px(p.bottom - at) + "\"><title>" +
         chart_value(b.from) + " to " + chart_value(b.to) + ": " + chart_value(b.count) + "</title></rect>\n";
  }
  double legend_x = p.left;
  for (size_t i = 0; i < chart.marks.size(); ++i) {
    const auto& [name, value] = chart.marks[i];
    if (!std::isfinite(value)) continue;
    const std::string color = std::to_string((i + 1) % kColors + 1), text = name + " " + chart_value(value);
    if (value >= x.lo && value <= x.hi) {
      s += "<path class=\"s" + color + " dash\" d=\"M" + px(x.map(value)) + " " + px(p.top) + "V" +
           px(p.bottom) + "\"><title>" + html_escape(text) + "</title></path>\n";
    }
    s += "<rect class=\"f" + color + "\" x=\"" + px(legend_x) + "\" y=\"" + px(p.top - 16) +
         "\" width=\"12\" height=\"4\" rx=\"2\"/>\n" +
         chart_text(legend_x + 17, p.top - 10, "n", "start", text);
    legend_x += 34 + 7.2 * static_cast<double>(text.size());
  }
  return s + "</svg>\n";
}

std::string chart_css() {
  // Okabe and Ito's palette (2008), told apart with every common colour blindness; yellow is left out because
  // it is too light for lines.
  static const char* const kPalette[kColors] = {"#0072b2", "#d55e00", "#009e73",
                                                "#cc79a7", "#e69f00", "#56b4e9"};
  std::string s =
      ".chart{width:100%;height:auto;display:block;font-family:inherit;font-size:12.5px}"
      ".chart .ground{fill:var(--ground,#fff)}"
      ".chart .t{font-weight:600;font-size:14px;fill:var(--ink,#1d2733)}"
      ".chart .n,.chart .l{fill:var(--soft,#5b6775)}.chart .v{fill:var(--ink,#1d2733)}"
      ".chart .g{stroke:var(--line,#e3e8ee);stroke-width:1}.chart "
      ".a{stroke:var(--soft,#5b6775);stroke-width:1}"
      ".chart .track{fill:var(--line,#e3e8ee);opacity:.55}"
      ".chart path{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
      ".chart .dash{stroke-dasharray:4 3}";
  for (int i = 0; i < kColors; ++i) {
    const std::string n = std::to_string(i + 1), color = "var(--c" + n + "," + kPalette[i] + ")";
    s += ".chart .s" + n + "{stroke:" + color + "}.chart .f" + n + "{fill:" + color + "}";
  }
  return s;
}

}  // namespace jetline
