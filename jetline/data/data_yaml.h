// The data.yaml of a YOLO set: class names and where each split lies. Parsing is by yaml-cpp; aliases are
// never followed into copies, and nesting and size are bounded here. Pure functions; thread-safe. Ids:
// data.syntax (line in `where`), data.not-utf8.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jetline/base/status.h"

namespace jetline::data_reader {

struct DataYaml {
  std::vector<std::string> names;  // by class id
  std::string names_file;          // FastestDet's NAMES: a file with one name a line
  std::string path;                // folder that the splits are relative to, "" = the yaml's own
  // Split name ("train", "val", "test") and its places: folders of images or list files.
  std::vector<std::pair<std::string, std::vector<std::string>>> splits;
  // Further keys with a text that names itself ("fold1: images/fold1", "fold1: fold1.txt"): splits if that is
  // there.
  std::vector<std::pair<std::string, std::string>> further;
};

// Takes the Ultralytics shape (names as list or map, path, train, val, test), FastestDet's (DATASET: {TRAIN,
// VAL, NAMES}) and darknet's `obj.data` ("names = obj.names").
Result<DataYaml> parse_data_yaml(const std::string& text, const std::string& where);
Result<DataYaml> parse_darknet_data(const std::string& text, const std::string& where);

}  // namespace jetline::data_reader
