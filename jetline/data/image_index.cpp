#include "jetline/data/image_index.h"

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/data/reader.h"

namespace jetline::data_reader {

std::string without_extension(const std::string& path) {
  return join_path(parent_path(path), file_stem(path));
}

std::string relative_to(const std::string& path, const std::string& dir) {
  if (dir.empty()) return path;
  const std::string prefix = ends_with(dir, "/") ? dir : dir + "/";
  return starts_with(path, prefix) ? path.substr(prefix.size()) : path;
}

void ImageIndex::add(const std::string& dir) {
  for (const std::string& known : folders_) {
    if (known == dir) return;
  }
  folders_.push_back(dir);
  for (const std::string& path : images_below(dir)) {
    const std::string relative = relative_to(path, dir);
    if (names_.emplace(relative, path).second) all_.push_back(path);
    stems_.emplace(without_extension(relative), path);
  }
}

std::string ImageIndex::by_name(const std::string& relative) const {
  const auto it = names_.find(relative);
  return it == names_.end() ? std::string() : it->second;
}

std::string ImageIndex::by_stem(const std::string& relative) const {
  const auto it = stems_.find(relative);
  return it == stems_.end() ? std::string() : it->second;
}

}  // namespace jetline::data_reader
