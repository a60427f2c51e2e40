// One YOLO label file: lines of `class cx cy w h` (fractions of the image), or a polygon `class x1 y1 x2 y2
// x3 y3 …`, which becomes its bounding box. Pure function; thread-safe. Ids: data.syntax, data.not-utf8 never
// occurs (the format is ASCII: anything else is data.syntax).
#pragma once

#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/data/reader.h"

namespace jetline::data_reader {

struct YoloBox {
  int class_id = 0;
  double cx = 0, cy = 0, w = 0, h = 0;  // fractions; finite, at most 1e4 in size, otherwise as written
  int line = 0;
};

Result<std::vector<YoloBox>> parse_yolo_txt(ByteView bytes, const std::string& where, Problems& problems);

}  // namespace jetline::data_reader
