// Inside the room: finds an image of a data set from the name that a label file gives it. Folders are listed
// once; look-ups are by relative name, by file name, and by stem (label files often name another extension or
// a folder of their author's machine). Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace jetline::data_reader {

class ImageIndex {
 public:
  // Adds every image below `dir`; earlier folders win.
  void add(const std::string& dir);
  // Path of the image, "" when there is none.
  std::string by_name(const std::string& relative) const;  // "a/b.jpg" below any of the folders
  std::string by_stem(const std::string& relative) const;  // "a/b" with any image extension
  const std::vector<std::string>& all() const { return all_; }
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  std::vector<std::string> folders_, all_;
  std::map<std::string, std::string> names_, stems_;
};

// "a/b.jpg" -> "a/b".
std::string without_extension(const std::string& path);
// `path` relative to `dir` when it lies below it, else `path`.
std::string relative_to(const std::string& path, const std::string& dir);

}  // namespace jetline::data_reader
