#include "jetline/data/yolo_layout.h"

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/data/data_yaml.h"
#include "jetline/vision/image_io.h"

namespace jetline::data_reader {
namespace {

bool yolo_is_list_file(const std::string& file) {
  auto lines = read_lines(file);
  return lines.ok() && !lines.value().empty() && has_image_extension(lines.value().front().second);
}

// True when some .txt lies in `dir` or one folder below whose first line reads as a label or that is empty
// and has an image beside it.
bool yolo_has_labels(const std::string& dir) {
  std::vector<std::string> dirs{dir};
  for (const std::string& f : folders_in(dir)) dirs.push_back(join_path(dir, f));
  for (const std::string& d : dirs) {
    for (const std::string& name : files_in(d, ".txt")) {
      auto lines = read_lines(join_path(d, name));
      if (!lines.ok() || lines.value().empty()) continue;
      const std::string& line = lines.value().front().second;
      double first = 0;
      const std::vector<std::string> words = split(line, ' ');
      if (words.size() >= 5 && parse_double(words[0], first)) return true;
    }
  }
  return false;
}

std::string yolo_names_file(const std::string& root) {
  for (const std::string& name : files_in(root, ".names")) return join_path(root, name);
  for (const char* name : {"classes.txt", "names.txt", "predefined_classes.txt", "labels/classes.txt"}) {
    if (file_exists(join_path(root, name))) return join_path(root, name);
  }
  return "";
}

void yolo_find_splits(const std::string& root, YoloLayout& layout) {
  for (const std::string& name : files_in(root, ".txt")) {
    const std::string file = join_path(root, name);
    if (yolo_is_list_file(file)) layout.splits.push_back({file_stem(name), {file}});
  }
  if (!layout.splits.empty()) return;
  for (const char* split : {"train", "val", "valid", "validation", "test"}) {
    for (const std::string& dir :
         {join_path(root, "images/" + std::string(split)), join_path(root, std::string(split) + "/images")}) {
      if (is_directory(dir)) layout.splits.push_back({split, {dir}});
    }
  }
}

Status yolo_apply(const DataYaml& yaml, const std::string& file, const std::string& root,
                  YoloLayout& layout) {
  layout.description = file;
  layout.names = yaml.names;
  const std::string base = parent_path(file);
  std::vector<std::string> bases;
  std::string path = yaml.path;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (!path.empty() && path != ".") {
    if (path[0] == '/') bases.push_back(path);
    bases.push_back(join_path(base, path));
  }
  bases.push_back(base);
  bases.push_back(root);
  bases.push_back(parent_path(base.empty() ? "." : base));
  if (!yaml.names_file.empty()) {
    layout.names_file = resolve_path(yaml.names_file, bases);
    if (layout.names_file.empty()) {
      return Status::bad_input("data.syntax", "the names file " + yaml.names_file + " is not there", "",
                               file);
    }
  }
  for (const auto& [name, places] : yaml.splits) {
    YoloSplit split{name, {}};
    for (const std::string& place : places) {
      const std::string found = resolve_path(place, bases);
      if (!found.empty()) split.places.push_back(found);
    }
    // Published files often describe splits that were not published: such a split is not there.
    if (!split.places.empty()) layout.splits.push_back(std::move(split));
  }
  for (const auto& [name, place] : yaml.further) {
    const std::string found = resolve_path(place, bases);
    if (!found.empty() && (is_directory(found) || yolo_is_list_file(found)))
      layout.splits.push_back({name, {found}});
  }
  return Status();
}

}  // namespace

std::string resolve_path(const std::string& path, const std::vector<std::string>& bases) {
  if (path.empty()) return "";
  std::string p = path;
  std::replace(p.begin(), p.end(), '\\', '/');
  if (p[0] == '/' && file_exists(p)) return p;
  while (starts_with(p, "./")) p = p.substr(2);
  for (const std::string& base : bases) {
    const std::string whole = join_path(base, p);
    if (p[0] != '/' && file_exists(whole)) return whole;
  }
  // The author's folders in front are dropped until the rest exists.
  for (size_t at = p.find('/'); at != std::string::npos; at = p.find('/', at + 1)) {
    const std::string rest = p.substr(at + 1);
    if (rest.empty()) break;
    for (const std::string& base : bases) {
      const std::string whole = join_path(base, rest);
      if (file_exists(whole)) return whole;
    }
  }
  return "";
}

std::string yolo_label_for(const std::string& image, const std::string& root) {
  const std::string stem = without_extension(image) + ".txt";
  // The last folder named "images" below the root, whatever its case.
  const std::vector<std::string> pieces = split(stem, '/');
  std::string swapped;
  for (size_t i = pieces.size(); i-- > 1;) {
    if (to_lower(pieces[i - 1]) != "images") continue;
    std::vector<std::string> other = pieces;
    other[i - 1] = "labels";
    swapped = join(other, "/");
    break;
  }
  if (!swapped.empty() && file_exists(swapped)) return swapped;
  if (file_exists(stem)) return stem;
  const std::string name = file_name(stem);
  for (const std::string& dir :
       {join_path(parent_path(parent_path(stem)), "labels"), join_path(root, "labels")}) {
    if (file_exists(join_path(dir, name))) return join_path(dir, name);
  }
  return swapped.empty() ? stem : swapped;
}

bool looks_like_yolo(const std::string& root) {
  Source s;
  s.root = root;
  return yolo_layout(s).ok();
}

Result<YoloLayout> yolo_layout(const Source& source) {
  const std::string& root = source.root;
  YoloLayout layout;
  std::vector<std::string> descriptions;
  if (!source.file.empty()) {
    descriptions.push_back(source.file);
  } else {
    for (const char* extension : {".yaml", ".yml", ".data"}) {
      for (const std::string& name : files_in(root, extension)) descriptions.push_back(join_path(root, name));
    }
  }
  for (const std::string& file : descriptions) {
    JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(file, int64_t{1} << 20));
    auto yaml =
        file_extension_lower(file) == ".data" ? parse_darknet_data(text, file) : parse_data_yaml(text, file);
    if (yaml.ok()) {
      JETLINE_RETURN_IF_ERROR(yolo_apply(yaml.value(), file, root, layout));
      break;
    }
    if (!source.file.empty() || file_stem(file) == "data") return yaml.status();
  }
  if (!source.options.labels_path.empty()) layout.names_file = source.options.labels_path;
  if (layout.names.empty() && layout.names_file.empty()) layout.names_file = yolo_names_file(root);
  if (layout.splits.empty()) yolo_find_splits(root, layout);
  for (const char* dir : {"images", "JPEGImages", "obj_train_data"}) {
    if (is_directory(join_path(root, dir))) layout.image_dirs.push_back(join_path(root, dir));
  }
  if (layout.image_dirs.empty()) layout.image_dirs.push_back(root);
  const bool described = !layout.description.empty() &&
                         (!layout.names.empty() || !layout.names_file.empty() || !layout.splits.empty());
  bool labels = is_directory(join_path(root, "labels")) && yolo_has_labels(join_path(root, "labels"));
  for (const std::string& dir : layout.image_dirs) labels = labels || yolo_has_labels(dir);
  for (const YoloSplit& s : layout.splits) {
    for (const std::string& place : s.places)
      labels = labels || yolo_has_labels(join_path(parent_path(place), "labels"));
  }
  if (!described && !labels && source.options.format != "yolo") {
    return Status::bad_input("data.unknown-format", root + " holds no YOLO set",
                             "YOLO wants images/ and labels/, or a data.yaml", root);
  }
  return layout;
}

}  // namespace jetline::data_reader
