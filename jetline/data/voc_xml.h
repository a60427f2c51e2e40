// One Pascal VOC annotation file. Parsing is by pugixml (no DTD, no entities of the file's own, so nothing
// expands). Pure function; thread-safe. Ids: data.syntax (not XML, no <annotation>, an object without name or
// box), data.not-utf8.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/data/reader.h"

namespace jetline::data_reader {

struct VocObject {
  std::string name;
  // As written: 1-based, inclusive; fractions allowed. Any finite number; nothing says xmin < xmax.
  double xmin = 0, ymin = 0, xmax = 0, ymax = 0;
  bool difficult = false;
  bool crowd = false;  // our own <iscrowd>1</iscrowd>
  int line = 0;        // of <object>
};

struct VocAnnotation {
  std::string filename;       // "" when absent or not UTF-8
  int width = 0, height = 0;  // 0 when absent or not a sensible number
  int size_line = 0;
  std::vector<VocObject> objects;
};

// `where` names the file in messages. When collecting, bad objects are reported and left out.
Result<VocAnnotation> parse_voc_xml(ByteView bytes, const std::string& where, Problems& problems);

}  // namespace jetline::data_reader
