#include "jetline/data/yolo_txt.h"

#include <algorithm>
#include <cmath>

#include "jetline/base/strings.h"

namespace jetline::data_reader {
namespace {

constexpr double kYoloMaxFraction = 1e4;
constexpr size_t kYoloMaxFields = 1 + 2 * 100000;  // a polygon of that many corners is an attack

// Splits at white space; false on a value that is no number.
bool yolo_numbers(std::string_view line, std::vector<double>& out) {
  out.clear();
  size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < line.size() && line[end] != ' ' && line[end] != '\t') ++end;
    double v = 0;
    if (out.size() >= kYoloMaxFields || !parse_double(line.substr(at, end - at), v) || !std::isfinite(v))
      return false;
    out.push_back(v);
    at = end;
  }
  return true;
}

std::string read_yolo_line(std::string_view line, std::vector<double>& f, YoloBox& b) {
  if (!yolo_numbers(line, f)) return "a value is not a number";
  if (f[0] < 0 || f[0] != std::floor(f[0]) || f[0] > 1e6) return "the class is not a whole number from 0";
  for (size_t i = 1; i < f.size(); ++i) {
    if (std::abs(f[i]) > kYoloMaxFraction)
      return "a coordinate is far outside the image (fractions 0 to 1 are expected)";
  }
  b.class_id = static_cast<int>(f[0]);
  if (f.size() == 5) {
    b.cx = f[1], b.cy = f[2], b.w = f[3], b.h = f[4];
    return "";
  }
  if (f.size() < 7 || f.size() % 2 == 0) {
    return "has " + std::to_string(f.size()) +
           " values; `class cx cy w h` has 5, a polygon an odd number from 7";
  }
  double x1 = f[1], x2 = f[1], y1 = f[2], y2 = f[2];
  for (size_t i = 3; i < f.size(); i += 2) {
    x1 = std::min(x1, f[i]), x2 = std::max(x2, f[i]);
    y1 = std::min(y1, f[i + 1]), y2 = std::max(y2, f[i + 1]);
  }
  b.cx = (x1 + x2) / 2, b.cy = (y1 + y2) / 2, b.w = x2 - x1, b.h = y2 - y1;
  return "";
}

}  // namespace

Result<std::vector<YoloBox>> parse_yolo_txt(ByteView bytes, const std::string& where, Problems& problems) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<YoloBox> boxes;
  std::vector<double> fields;
  size_t at = starts_with(text, "\xEF\xBB\xBF") ? 3 : 0;
  for (int number = 1; at < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trim(text.substr(at, end - at));
    at = end + 1;
    if (line.empty()) continue;
    YoloBox b;
    b.line = number;
    const std::string why = read_yolo_line(line, fields, b);
    if (why.empty()) {
      boxes.push_back(b);
    } else {
      JETLINE_RETURN_IF_ERROR(problems.report("data.syntax", "label line " + why, at_line(where, number)));
    }
  }
  return boxes;
}

}  // namespace jetline::data_reader
