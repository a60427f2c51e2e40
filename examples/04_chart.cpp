// Writes a chart as an SVG file, as the report's are made: 04_chart OUT.svg
#include <cmath>
#include <cstdio>

#include "jetline/base/files.h"
#include "jetline/pipeline/svg_chart.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s OUT.svg\n", argv[0]);
    return 2;
  }
  jetline::LineChart chart;
  chart.title = "A damped wave";
  chart.x_label = "seconds";
  chart.standalone = true;
  chart.series.push_back({"wave", {}});
  for (int i = 0; i <= 200; ++i) {
    const double t = i / 20.0;
    chart.series[0].points.emplace_back(t, std::exp(-t / 4) * std::cos(t * 3));
  }
  const jetline::Status s = jetline::write_file(argv[1], jetline::line_chart_svg(chart));
  if (!s.ok()) std::fprintf(stderr, "%s\n", s.to_string().c_str());
  return s.exit_code();
}
