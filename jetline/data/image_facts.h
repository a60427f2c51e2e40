// Inside the room: what the doctor learns about image files, read on several threads.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/progress.h"
#include "jetline/base/status.h"

namespace jetline::data_reader {

struct ImageFacts {
  Status status;              // why it cannot be read; OK when it can
  bool there = false;         // the file exists
  int width = 0, height = 0;  // 0 when unreadable
  std::string file_hash;      // of the bytes; "" when unreadable
  std::string pixel_hash;     // of size and pixels; "" when not asked for
};

// Facts of each path, in order. Cancelled: the Status says so.
Result<std::vector<ImageFacts>> learn_images(const std::vector<std::string>& paths, bool decode, bool pixels,
                                             int threads, Progress& progress, CancelToken& cancel);

}  // namespace jetline::data_reader
