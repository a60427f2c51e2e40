// Labelled pictures from the simulator: what `jetline data synth` writes. One class, "can". Each picture
// draws its own room, light, textures, camera pose and lens faults; 20 % hold no can, the others one can with
// 0 to 3 distractors beside it or in front of it (the first shares its colour or its shape, the second the
// other).
//
// Every can that is in a picture is labelled: a draw in which less than `min_visible` of the can's silhouette
// can be seen, or whose visible box is lower than `min_height_px`, is drawn again, so that no picture needs
// an "ignore" mark and every file format says the same. The box encloses the visible pixels.
//
// Picture i of split s depends on (seed, s, i) alone: not on the number of threads, nor on the other splits'
// sizes. The call blocks; it starts `threads` threads of its own and joins them. Ids: synth.options, those of
// data/writers.h and image_io.h, cancelled. When it fails, the pictures written so far are removed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/progress.h"
#include "jetline/base/status.h"

namespace jetline {

struct SynthOptions {
  std::string output;                               // folder; created
  std::string format = "yolo";                      // "yolo", "voc" or "coco"
  std::vector<std::pair<std::string, int>> splits;  // name and number of pictures, in this order
  uint64_t seed = 1;
  int width = 640, height = 480;    // 64..4096
  std::string camera = "standard";  // "standard" (62 degrees horizontal) or "wide" (136 diagonal)
  double empty_fraction = 0.2;      // pictures without a can
  double min_visible = 0.5;         // of the can's silhouette, picture border included
  double min_height_px = 10;
  int threads = 2;
  bool force = false;                 // replace a set that jetline wrote before
  FileSystem* file_system = nullptr;  // null: the real one
};

struct SynthReport {
  std::string output;
  int64_t images = 0, boxes = 0;
  int64_t occluded = 0;  // boxes of cans of which under 95 % is visible
  int64_t redrawn = 0;   // draws thrown away because the can was too small or too hidden
  double height_min_px = 0, height_median_px = 0, height_max_px = 0;
  double seconds = 0;
  std::vector<std::string> classes;
};

Result<SynthReport> synth_dataset(const SynthOptions& options, Progress& progress, CancelToken& cancel);

}  // namespace jetline
