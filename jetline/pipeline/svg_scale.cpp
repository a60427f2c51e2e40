// Where the numbers of a chart go: ticks, their texts, histogram borders.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "jetline/pipeline/svg_chart.h"

namespace jetline {
namespace {

// The smallest of 1, 2, 5 times a power of ten that is >= x.
double round_step(double x) {
  const double power = std::pow(10.0, std::floor(std::log10(x)));
  for (const double m : {1.0, 2.0, 5.0}) {
    if (m * power >= x * (1 - 1e-9)) return m * power;
  }
  return 10 * power;
}

std::string plain_number(double v, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, v);
  // printf follows the process's locale; an SVG does not.
  for (char* c = text; *c; ++c) {
    if (*c == ',') *c = '.';
  }
  return text;
}

}  // namespace

std::vector<double> nice_ticks(double lo, double hi, int count) {
  if (!std::isfinite(lo) || !std::isfinite(hi)) return {0, 1};
  if (lo > hi) std::swap(lo, hi);
  if (hi - lo <= 1e-12 * std::max(std::fabs(lo), std::fabs(hi)) || hi == lo) {
    const double pad = lo == 0 ? 1 : std::fabs(lo) * 0.5;
    lo -= lo == 0 ? 0 : pad;
    hi += pad;
  }
  const double step = round_step((hi - lo) / std::max(1, count));
  const double first = std::floor(lo / step + 1e-9), last = std::ceil(hi / step - 1e-9);
  std::vector<double> ticks;
  for (double i = first; i <= last && ticks.size() < 64; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string tick_text(double value, double step) {
  if (value == 0 || std::fabs(value) < step * 1e-6) return "0";
  const double size = std::fabs(value);
  if (size < 1e-4 || size >= 1e12) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0e", value);
    return text;
  }
  double unit = 1;
  const char* suffix = "";
  if (size >= 1e9) {
    unit = 1e9, suffix = "G";
  } else if (size >= 1e6) {
    unit = 1e6, suffix = "M";
  } else if (size >= 1e4) {
    unit = 1e3, suffix = "k";
  }
  // As many decimals as it takes to tell neighbours apart.
  const double s = step > 0 ? step / unit : size / unit;
  int decimals = s >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(s) - 1e-9));
  if (decimals == 0 && std::fabs(s - std::round(s)) > 1e-9) decimals = 1;
  return plain_number(value / unit, std::min(decimals, 6)) + suffix;
}

std::vector<HistogramBin> histogram_bins(const std::vector<double>& samples, int most) {
  std::vector<double> v;
  for (const double s : samples) {
    if (std::isfinite(s)) v.push_back(s);
  }
  if (v.empty() || most < 1) return {};
  const auto [lo, hi] = std::minmax_element(v.begin(), v.end());
  // Rounding the step up keeps the number of bins at or under `most`, but for the two borders.
  const std::vector<double> edges = nice_ticks(*lo, *hi, std::max(1, most - 2));
  const double step = edges[1] - edges[0];
  std::vector<HistogramBin> bins(edges.size() - 1);
  for (size_t i = 0; i < bins.size(); ++i) bins[i] = {edges[i], edges[i + 1], 0};
  for (const double s : v) {
    const auto i = static_cast<long>(std::floor((s - edges[0]) / step));
    bins[static_cast<size_t>(std::clamp<long>(i, 0, static_cast<long>(bins.size()) - 1))].count += 1;
  }
  return bins;
}

}  // namespace jetline
