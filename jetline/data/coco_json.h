// One COCO json file, streamed: nothing but images, categories and the boxes is kept, so memory grows with
// the number of boxes and not with segmentations or the size of the file. Pure function; thread-safe. Ids:
// data.syntax (not JSON, or not of COCO's shape; line in `where`).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/data/reader.h"

namespace jetline::data_reader {

struct CocoImage {
  int64_t id = 0;
  std::string file_name;
  int width = 0, height = 0;
  int line = 0;
};
struct CocoCategory {
  int64_t id = 0;
  std::string name;
  int line = 0;
};
struct CocoAnnotation {
  int64_t id = 0, image_id = 0, category_id = 0;
  std::array<double, 4> bbox{};  // x, y, width, height; finite
  double area = -1;
  bool crowd = false, difficult = false;
  int line = 0;
};
struct CocoFile {
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  std::vector<CocoAnnotation> annotations;
  bool has_images = false, has_annotations = false, has_categories = false;
};

// When collecting, objects that lack a key or a box are reported and left out.
Result<CocoFile> parse_coco_json(ByteView bytes, const std::string& where, Problems& problems);

}  // namespace jetline::data_reader
