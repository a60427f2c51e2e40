// Inside the room: how the format readers share their work. A reader runs in one of two moods: strict
// (load_dataset: the first broken thing is the Status it returns) or collecting (the doctor: broken things
// become findings, the item is skipped and reading goes on). Not part of the public interface; not
// thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/data/dataset.h"
#include "jetline/data/doctor.h"

namespace jetline::data_reader {

// Label files over this size are refused: the largest honest XML or txt file is far below it.
constexpr int64_t kMaxLabelBytes = int64_t{64} << 20;

// Where broken things go.
class Problems {
 public:
  explicit Problems(std::vector<Finding>* collect = nullptr) : collect_(collect) {}
  // OK when collecting (the caller skips the item), else the bad_input Status to return.
  Status report(const std::string& id, const std::string& message, const std::string& where,
                const std::string& hint = {}, bool fixable = false);
  bool collecting() const { return collect_ != nullptr; }

 private:
  std::vector<Finding>* collect_;
};

struct Source {
  std::string format;
  std::string root;  // the folder that holds the set
  std::string file;  // COCO json or YOLO yaml when the user named a file
  DatasetOptions options;
};

// Finds out what `path` holds. Looks up to three folders down when the folder itself holds no set.
Result<Source> find_source(const std::string& path, const DatasetOptions& options);

// Splits and content by format. `split` "" is everything.
Result<std::vector<std::string>> voc_splits(const Source& source);
Result<std::vector<std::string>> coco_splits(const Source& source);
Result<std::vector<std::string>> yolo_splits(const Source& source);
Result<Dataset> read_voc(const Source& source, const std::string& split, Problems& problems);
Result<Dataset> read_coco(const Source& source, const std::string& split, Problems& problems);
Result<Dataset> read_yolo(const Source& source, const std::string& split, Problems& problems);
bool looks_like_voc(const std::string& root);
bool looks_like_coco(const std::string& root);
bool looks_like_coco_file(const std::string& file);
bool looks_like_yolo(const std::string& root);

Result<std::vector<std::string>> splits_of(const Source& source);
Result<Dataset> read_source(const Source& source, const std::string& split, Problems& problems);

// "valid" and "validation" name the split "val".
bool same_split(const std::string& a, const std::string& b);

// Non-empty lines of a small text file with their 1-based numbers; a UTF-8 byte order mark and CR are
// dropped.
Result<std::vector<std::pair<int, std::string>>> read_lines(const std::string& path);
// One class name a line. data.not-utf8 and data.syntax (empty file).
Result<std::vector<std::string>> read_names(const std::string& path);

// 1-based line of a byte offset.
int line_of(ByteView bytes, size_t offset);
std::string at_line(const std::string& file, int line);

// Folders directly in `dir` (names); empty when it cannot be read.
std::vector<std::string> folders_in(const std::string& dir);
// Files directly in `dir` (names) whose lower-case extension is `extension` (".xml").
std::vector<std::string> files_in(const std::string& dir, const std::string& extension);
// Images below `dir`, sorted, as paths that begin with `dir`.
std::vector<std::string> images_below(const std::string& dir);

// Maps class names to ids for one data set; with a fixed list, foreign names give -1.
class ClassTable {
 public:
  ClassTable(std::vector<std::string> names, bool fixed);
  int id(const std::string& name);  // -1: not in the fixed list
  const std::vector<std::string>& names() const { return names_; }
  bool fixed() const { return fixed_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, int> ids_;
  bool fixed_;
};

// Reorders the classes of `d` to `names` (a permutation of d.classes).
void reorder_classes(Dataset& d, const std::vector<std::string>& names);
// Keeps only boxes of the classes in `names`, in that order (DatasetOptions::classes).
void restrict_classes(Dataset& d, const std::vector<std::string>& names);

}  // namespace jetline::data_reader
