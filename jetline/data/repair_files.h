// Inside the room: one label file mended, by format. Only what is wrong is touched; everything else of the
// file (other elements, comments of a line, keys) stays. Pure functions on texts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "jetline/data/doctor.h"

namespace jetline::data_reader {

struct PixelSize {
  int width = 0, height = 0;  // 0: not known, then nothing is clipped
};

// Each returns the new text, or the old one when nothing was mended; what was done is appended to `repairs`.
// `where` names the file. A file that does not parse is left alone.
std::string repair_voc_text(const std::string& text, const std::string& where, PixelSize image,
                            std::vector<Repair>& repairs);
std::string repair_yolo_text(const std::string& text, const std::string& where, PixelSize image,
                             std::vector<Repair>& repairs);
// `size_of` gives the size of the image named in `file_name`.
std::string repair_coco_text(const std::string& text, const std::string& where,
                             const std::function<PixelSize(const std::string& file_name)>& size_of,
                             std::vector<Repair>& repairs);

}  // namespace jetline::data_reader
