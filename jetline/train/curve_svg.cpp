#include "jetline/train/curve_svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "jetline/base/strings.h"

namespace jetline {
namespace {

constexpr double kCurveLeft = 60, kCurveTop = 44, kCurveWidth = 620, kCurveHeight = 280;

std::string curve_number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", v);
  return text;
}
std::string curve_xy(double x, double y) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f,%.1f ", x, y);
  return text;
}
std::string curve_text(double x, double y, const char* anchor, const std::string& text,
                       const char* color = "#444") {
  return "<text x=\"" + curve_number(x) + "\" y=\"" + curve_number(y) + "\" text-anchor=\"" + anchor +
         "\" fill=\"" + color + "\">" + html_escape(text) + "</text>\n";
}
// 1, 2 or 5 times a power of ten, about a fifth of `range`.
double curve_tick(double range) {
  const double raw = std::max(range, 1e-9) / 5, power = std::pow(10, std::floor(std::log10(raw))),
               m = raw / power;
  return power * (m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10);
}

}  // namespace

std::string training_curve_svg(const std::vector<TrainPoint>& history, const std::string& title) {
  double last_step = 1, max_loss = 1e-6;
  for (const TrainPoint& p : history) {
    last_step = std::max(last_step, static_cast<double>(p.step));
    if (std::isfinite(p.loss)) max_loss = std::max(max_loss, p.loss);
  }
  const auto x_of = [&](double step) { return kCurveLeft + kCurveWidth * step / last_step; };
  const auto y_of = [&](double share) { return kCurveTop + kCurveHeight * (1 - share); };
  std::string s =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 740 380\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n"
      "<rect width=\"740\" height=\"380\" fill=\"white\"/>\n";
  s += "<text x=\"" + curve_number(kCurveLeft) + "\" y=\"22\" font-size=\"15\" fill=\"#222\">" +
       html_escape(title) + "</text>\n";
  const double loss_tick = curve_tick(max_loss);
  for (double v = 0; v <= max_loss * 1.0001; v += loss_tick) {
    const double y = y_of(v / max_loss);
    s += "<line x1=\"60\" x2=\"680\" y1=\"" + curve_number(y) + "\" y2=\"" + curve_number(y) +
         "\" stroke=\"#eee\"/>\n";
    s += curve_text(kCurveLeft - 6, y + 4, "end", curve_number(v), "#c0392b");
  }
  for (int i = 0; i <= 5; ++i) {
    s += curve_text(kCurveLeft + kCurveWidth + 6, y_of(i / 5.0) + 4, "start", curve_number(i / 5.0),
                    "#2464a4");
  }
  const double step_tick = curve_tick(last_step);
  for (double v = 0; v <= last_step * 1.0001; v += step_tick) {
    s += curve_text(x_of(v), kCurveTop + kCurveHeight + 18, "middle", curve_number(v));
  }
  s += curve_text(kCurveLeft + kCurveWidth / 2, kCurveTop + kCurveHeight + 40, "middle", "step");
  s += "<path d=\"M60,44 V324 H680 V44\" fill=\"none\" stroke=\"#888\"/>\n";
  struct Line {
    const char *name, *color, *dash;
    std::function<double(const TrainPoint&)> share;  // below 0: no point here
  };
  const Line lines[] = {
      {"loss", "#c0392b", "",
       [&](const TrainPoint& p) { return std::isfinite(p.loss) ? p.loss / max_loss : -1; }},
      {"AP50", "#7fa8d1", " stroke-dasharray=\"5 3\"", [](const TrainPoint& p) { return p.AP50; }},
      {"AP", "#2464a4", "", [](const TrainPoint& p) { return p.AP; }},
  };
  double legend = kCurveLeft + kCurveWidth;
  for (const Line& line : lines) {
    std::string points;
    for (const TrainPoint& p : history) {
      const double share = line.share(p);
      if (share >= 0) points += curve_xy(x_of(static_cast<double>(p.step)), y_of(std::min(share, 1.0)));
    }
    if (points.empty()) continue;
    s += std::string("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"") + line.color + "\"" + line.dash +
         " points=\"" + points + "\"/>\n";
    s += curve_text(legend, 22, "end", line.name, line.color);
    legend -= 50;
  }
  return s + "</svg>\n";
}

}  // namespace jetline
