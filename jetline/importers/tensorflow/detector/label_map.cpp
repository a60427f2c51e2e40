#include <cctype>
#include <map>

#include "jetline/importers/tensorflow/detector/detector.h"

namespace jetline::tf {
namespace {

constexpr int kMaxLabels = 100000;

// One field "key: value" of a text protocol buffer at `at`, the value without its quotes; false at a brace or
// the end.
bool label_map_field(std::string_view text, size_t& at, std::string& key, std::string& value) {
  const auto space = [&] {
    while (at < text.size()) {
      if (text[at] == '#') {
        while (at < text.size() && text[at] != '\n') ++at;
      } else if (std::isspace(static_cast<unsigned char>(text[at])) || text[at] == ',' || text[at] == ';') {
        ++at;
      } else {
        return;
      }
    }
  };
  space();
  key.clear();
  value.clear();
  while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_'))
    key += text[at++];
  if (key.empty()) return false;
  space();
  if (at >= text.size() || text[at] != ':') return false;
  ++at;
  space();
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    const char quote = text[at++];
    while (at < text.size() && text[at] != quote) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      value += text[at++];
    }
    if (at >= text.size()) return false;
    ++at;
  } else {
    while (at < text.size() && !std::isspace(static_cast<unsigned char>(text[at])) && text[at] != '}' &&
           text[at] != ',')
      value += text[at++];
  }
  return true;
}

}  // namespace

std::vector<std::string> parse_label_map(std::string_view text) {
  std::map<int, std::string> names;
  if (text.find("item") == std::string_view::npos || text.find('{') == std::string_view::npos) {
    std::vector<std::string> lines;
    while (!text.empty() && lines.size() < kMaxLabels) {
      const size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
      if (!line.empty()) lines.emplace_back(line);
    }
    return lines;
  }
  for (size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
    ++at;
    int id = 0;
    std::string name, display, key, value;
    while (label_map_field(text, at, key, value)) {
      if (key == "id") id = std::atoi(value.c_str());
      if (key == "name") name = value;
      if (key == "display_name") display = value;
    }
    if (id >= 1 && id <= kMaxLabels) names[id] = display.empty() ? name : display;
  }
  std::vector<std::string> out;
  if (names.empty()) return out;
  out.resize(static_cast<size_t>(names.rbegin()->first));
  for (size_t i = 0; i < out.size(); ++i) {
    const auto it = names.find(static_cast<int>(i) + 1);
    out[i] = it == names.end() ? "class " + std::to_string(i + 1) : it->second;
  }
  return out;
}

}  // namespace jetline::tf
