// What a person names on the command line as pictures: images, folders (with everything below them),
// shell-style patterns, video files and cameras, in the order given; inside a folder or a pattern by name.
//
// Ids: detect.no-input (nothing named, a pattern or folder without pictures). Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/status.h"

namespace jetline {

struct DetectInput {
  enum class Kind { kImage, kVideo, kCamera };
  Kind kind = Kind::kImage;
  std::string path;
  std::string name;  // below the folder given by the user; else the file's name
};

// A file that does not exist is kept: it is reported when it is its turn.
Result<std::vector<DetectInput>> expand_inputs(const std::vector<std::string>& words);

}  // namespace jetline
