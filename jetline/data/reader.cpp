#include "jetline/data/reader.h"

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/vision/image_io.h"

namespace jetline::data_reader {

Status Problems::report(const std::string& id, const std::string& message, const std::string& where,
                        const std::string& hint, bool fixable) {
  if (!collect_) return Status::bad_input(id, message, hint, where);
  collect_->push_back({id, Severity::kError, where, message, fixable});
  return Status();
}

bool same_split(const std::string& a, const std::string& b) {
  const auto plain = [](const std::string& s) {
    const std::string l = to_lower(s);
    return l == "valid" || l == "validation" ? std::string("val") : l;
  };
  return plain(a) == plain(b);
}

Result<std::vector<std::pair<int, std::string>>> read_lines(const std::string& path) {
  JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxLabelBytes));
  std::vector<std::pair<int, std::string>> lines;
  size_t at = starts_with(text, "\xEF\xBB\xBF") ? 3 : 0;
  for (int number = 1; at < text.size(); ++number) {
    size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    const std::string_view line = trim(std::string_view(text).substr(at, end - at));
    if (!line.empty()) lines.emplace_back(number, std::string(line));
    at = end + 1;
  }
  return lines;
}

Result<std::vector<std::string>> read_names(const std::string& path) {
  JETLINE_ASSIGN_OR_RETURN(const auto lines, read_lines(path));
  std::vector<std::string> names;
  for (const auto& [number, line] : lines) {
    if (!is_valid_utf8(line)) {
      return Status::bad_input("data.not-utf8", "a class name is not UTF-8", "save the file as UTF-8",
                               at_line(path, number));
    }
    names.push_back(line);
  }
  if (names.empty()) return Status::bad_input("data.syntax", path + " names no class", "", path);
  return names;
}

int line_of(ByteView bytes, size_t offset) {
  offset = std::min(offset, bytes.size());
  return 1 + static_cast<int>(std::count(bytes.begin(), bytes.begin() + offset, static_cast<uint8_t>('\n')));
}

std::string at_line(const std::string& file, int line) {
  return file + ":" + std::to_string(line);
}

std::vector<std::string> folders_in(const std::string& dir) {
  std::vector<std::string> out;
  auto entries = list_directory(dir);
  if (!entries.ok()) return out;
  for (const std::string& name : entries.value()) {
    if (name[0] != '.' && is_directory(join_path(dir, name))) out.push_back(name);
  }
  return out;
}

std::vector<std::string> files_in(const std::string& dir, const std::string& extension) {
  std::vector<std::string> out;
  auto entries = list_directory(dir);
  if (!entries.ok()) return out;
  for (const std::string& name : entries.value()) {
    if (name[0] != '.' && file_extension_lower(name) == extension && !is_directory(join_path(dir, name))) {
      out.push_back(name);
    }
  }
  return out;
}

std::vector<std::string> images_below(const std::string& dir) {
  std::vector<std::string> out;
  auto files = list_files_recursive(dir);
  if (!files.ok()) return out;
  for (std::string& f : files.value()) {
    if (has_image_extension(f) && file_name(f)[0] != '.') out.push_back(std::move(f));
  }
  return out;
}

ClassTable::ClassTable(std::vector<std::string> names, bool fixed) : names_(std::move(names)), fixed_(fixed) {
  for (size_t i = 0; i < names_.size(); ++i) ids_.emplace(names_[i], static_cast<int>(i));
}

int ClassTable::id(const std::string& name) {
  const auto it = ids_.find(name);
  if (it != ids_.end()) return it->second;
  if (fixed_) return -1;
  names_.push_back(name);
  const int id = static_cast<int>(names_.size()) - 1;
  ids_.emplace(name, id);
  return id;
}

void restrict_classes(Dataset& d, const std::vector<std::string>& names) {
  ClassTable table(names, true);
  std::vector<int> to(d.classes.size());
  std::vector<int64_t> category_ids(names.size(), 0);
  int64_t free_id = 0;
  for (int64_t c : d.category_ids) free_id = std::max(free_id, c);
  for (size_t i = 0; i < d.classes.size(); ++i) {
    to[i] = table.id(d.classes[i]);
    if (to[i] >= 0 && i < d.category_ids.size()) category_ids[static_cast<size_t>(to[i])] = d.category_ids[i];
  }
  for (int64_t& c : category_ids) {
    if (c == 0) c = ++free_id;
  }
  for (LabelledImage& image : d.images) {
    auto& boxes = image.boxes;
    boxes.erase(std::remove_if(boxes.begin(), boxes.end(),
                               [&](const LabelledBox& b) { return to[static_cast<size_t>(b.class_id)] < 0; }),
                boxes.end());
    for (LabelledBox& b : boxes) b.class_id = to[static_cast<size_t>(b.class_id)];
  }
  d.classes = names;
  if (!d.category_ids.empty()) d.category_ids = category_ids;
}

void reorder_classes(Dataset& d, const std::vector<std::string>& names) {
  restrict_classes(d, names);
}

}  // namespace jetline::data_reader
