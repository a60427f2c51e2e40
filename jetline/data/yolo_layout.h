// Inside the room: where the parts of a YOLO set lie. Understands data.yaml, darknet's obj.data, a names file
// with list files, images/SPLIT + labels/SPLIT, SPLIT/images + SPLIT/labels, and images beside their labels.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jetline/data/image_index.h"
#include "jetline/data/reader.h"

namespace jetline::data_reader {

struct YoloSplit {
  std::string name;
  std::vector<std::string> places;  // folders or list files, resolved; "" never occurs
};

struct YoloLayout {
  std::string description;  // data.yaml or obj.data, "" when there is none
  std::string names_file;
  std::vector<std::string> names;
  std::vector<YoloSplit> splits;
  std::vector<std::string> image_dirs;  // of the whole set, when no split names them
};

// data.unknown-format when `source` holds no YOLO set.
Result<YoloLayout> yolo_layout(const Source& source);

// A path as a file names it ("./data/a.jpg", "/home/me/set/images/a.jpg"): tried as it is, below `bases`, and
// with leading folders dropped one by one below each of them. "" when nothing of that name exists.
std::string resolve_path(const std::string& path, const std::vector<std::string>& bases);

// Label file of an image: `images/` in its path becomes `labels/`, or beside it, or `labels/` near it. The
// first candidate when none exists.
std::string yolo_label_for(const std::string& image, const std::string& root);

}  // namespace jetline::data_reader
