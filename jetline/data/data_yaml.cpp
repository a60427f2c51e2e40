#include "jetline/data/data_yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/data/reader.h"

namespace jetline::data_reader {
namespace {

constexpr size_t kYamlMaxBytes = 1 << 20;
constexpr int64_t kYamlMaxClasses = 100000;
constexpr int kYamlMaxDepth = 64;

// yaml-cpp recurses per level; text nested deeper than any honest file is refused before it is handed over.
bool yaml_too_deep(const std::string& text) {
  int flow = 0, worst = 0;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    int indent = 0, dashes = 0;
    bool leading = true;
    for (size_t i = at; i < end; ++i) {
      const char c = text[i];
      if (leading && c == ' ') ++indent;
      if (c == '[' || c == '{') ++flow;
      if ((c == ']' || c == '}') && flow > 0) --flow;
      if (c == '-' || c == '?' || c == ':') ++dashes;  // "- - - -" nests within one line
      if (c != ' ' && c != '-') leading = false;
      worst = std::max(worst, flow);
    }
    if (dashes > 4 * kYamlMaxDepth || indent > 8 * kYamlMaxDepth) return true;
    at = end + 1;
  }
  return worst > kYamlMaxDepth;
}

Status yaml_error(const std::string& where, const YAML::Node& node, const std::string& why) {
  return Status::bad_input("data.syntax", where + ": " + why,
                           "see docs/data.md for the data.yaml that jetline reads",
                           at_line(where, node.IsDefined() ? node.Mark().line + 1 : 1));
}

// Value of `key` in any case; an undefined node when there is none.
YAML::Node yaml_get(const YAML::Node& map, const std::string& key) {
  for (const auto& item : map) {
    if (item.first.IsScalar() && to_lower(item.first.Scalar()) == key) return item.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

Status yaml_add_name(DataYaml& out, int64_t id, const YAML::Node& node, const std::string& where) {
  if (!node.IsScalar()) return yaml_error(where, node, "a class name is not a plain text");
  if (id < 0 || id >= kYamlMaxClasses) return yaml_error(where, node, "class ids run from 0 to 99999");
  if (!is_valid_utf8(node.Scalar())) {
    return Status::bad_input("data.not-utf8", where + ": a class name is not UTF-8", "save the file as UTF-8",
                             at_line(where, node.Mark().line + 1));
  }
  if (out.names.size() <= static_cast<size_t>(id)) out.names.resize(static_cast<size_t>(id) + 1);
  out.names[static_cast<size_t>(id)] = node.Scalar();
  return Status();
}

Status yaml_names(DataYaml& out, const YAML::Node& names, const std::string& where) {
  if (names.IsScalar()) {
    out.names_file = names.Scalar();
    return Status();
  }
  if (names.IsSequence()) {
    int64_t id = 0;
    for (const auto& n : names) JETLINE_RETURN_IF_ERROR(yaml_add_name(out, id++, n, where));
  } else if (names.IsMap()) {
    for (const auto& item : names) {
      int64_t id = 0;
      if (!item.first.IsScalar() || !parse_int(item.first.Scalar(), id)) {
        return yaml_error(where, item.first, "a key of `names` is not a class id");
      }
      JETLINE_RETURN_IF_ERROR(yaml_add_name(out, id, item.second, where));
    }
  }
  // A gap in the ids gets a name that says so.
  for (size_t i = 0; i < out.names.size(); ++i) {
    if (out.names[i].empty()) out.names[i] = "class" + std::to_string(i);
  }
  return Status();
}

Status yaml_split(DataYaml& out, const std::string& name, const YAML::Node& node, const std::string& where) {
  if (!node.IsDefined() || node.IsNull()) return Status();
  std::vector<std::string> places;
  if (node.IsScalar()) {
    places.push_back(node.Scalar());
  } else if (node.IsSequence()) {
    for (const auto& n : node) {
      if (!n.IsScalar() || places.size() >= 10000)
        return yaml_error(where, n, "a place of split '" + name + "' is not a path");
      places.push_back(n.Scalar());
    }
  } else {
    return yaml_error(where, node, "split '" + name + "' is neither a path nor a list of paths");
  }
  places.erase(std::remove(places.begin(), places.end(), std::string()), places.end());
  if (!places.empty()) out.splits.emplace_back(name, std::move(places));
  return Status();
}

// Splits of other names ("fold1: fold1.txt"): further keys that are called like what they point at.
void yaml_further_splits(DataYaml& out, const YAML::Node& map) {
  for (const auto& item : map) {
    if (!item.first.IsScalar() || !item.second.IsScalar() || item.second.Scalar().empty()) continue;
    const std::string& key = item.first.Scalar();
    const std::string l = to_lower(key);
    bool known = false;
    for (const char* word : {"train", "val", "valid", "test", "path", "names", "nc", "download", "yaml_file"})
      known = known || l == word;
    const std::string& place = item.second.Scalar();
    const bool same = file_stem(place) == key || file_name(place) == key;
    if (!known && same && out.further.size() < 1000) out.further.emplace_back(key, place);
  }
}

Result<DataYaml> read_yaml_tree(const std::string& text, const std::string& where) {
  const YAML::Node root = YAML::Load(text);
  if (!root.IsMap()) return yaml_error(where, root, "the outermost value is not a map");
  const YAML::Node nested = yaml_get(root, "dataset");
  const YAML::Node map = nested.IsDefined() && nested.IsMap() ? nested : root;
  DataYaml out;
  const YAML::Node names = yaml_get(map, "names");
  if (names.IsDefined()) JETLINE_RETURN_IF_ERROR(yaml_names(out, names, where));
  const YAML::Node path = yaml_get(map, "path");
  if (path.IsDefined() && path.IsScalar()) out.path = path.Scalar();
  for (const char* split : {"train", "val", "valid", "test"}) {
    JETLINE_RETURN_IF_ERROR(yaml_split(out, split, yaml_get(map, split), where));
  }
  yaml_further_splits(out, map);
  if (!names.IsDefined() && out.splits.empty()) {
    return yaml_error(where, root, "has neither `names` nor `train`: not the description of a YOLO set");
  }
  return out;
}

}  // namespace

Result<DataYaml> parse_data_yaml(const std::string& text, const std::string& where) {
  if (text.size() > kYamlMaxBytes || yaml_too_deep(text)) {
    return Status::bad_input(
        "data.syntax", where + " is larger or nested deeper than any description of a data set", "", where);
  }
  try {  // yaml-cpp reports by exception
    return read_yaml_tree(text, where);
  } catch (const YAML::Exception& e) {
    return Status::bad_input("data.syntax", where + " is not YAML: " + e.msg, "",
                             at_line(where, std::max(0, e.mark.line) + 1));
  } catch (const std::exception& e) {
    return Status::bad_input("data.syntax", where + " is not YAML: " + e.what(), "", where);
  }
}

Result<DataYaml> parse_darknet_data(const std::string& text, const std::string& where) {
  DataYaml out;
  for (const std::string& line : split(text, '\n')) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string key(trim(std::string_view(line).substr(0, equals)));
    const std::string value(trim(std::string_view(line).substr(equals + 1)));
    if (key == "names") out.names_file = value;
    if (key == "train" || key == "valid" || key == "test") out.splits.push_back({key, {value}});
  }
  if (out.names_file.empty()) {
    return Status::bad_input("data.syntax", where + " has no line `names = FILE`", "", at_line(where, 1));
  }
  return out;
}

}  // namespace jetline::data_reader
