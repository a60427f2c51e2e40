// What a data set holds, in numbers. Pure functions of a loaded set; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "jetline/data/dataset.h"

namespace jetline {

// Upper bounds in pixels of the box size histogram; size = square root of the area. The last bin is open.
constexpr std::array<int, 8> kSizeBins{{8, 16, 32, 64, 96, 128, 256, 512}};

struct DatasetSummary {
  int64_t images = 0, boxes = 0;
  int64_t images_without_boxes = 0, difficult = 0, crowds = 0;
  std::vector<int64_t> boxes_per_class, images_per_class;
  std::array<int64_t, kSizeBins.size() + 1> sizes{};        // below kSizeBins[i]; the last: at least 512
  int64_t coco_small = 0, coco_medium = 0, coco_large = 0;  // area up to 32², 96², more
  int min_width = 0, max_width = 0, min_height = 0, max_height = 0;  // of images whose size is known
  double smallest_height = 0;                                        // of a box, pixels
};
DatasetSummary summarize_dataset(const Dataset& d);

struct NamedSplit;
// One class list for all of them (names in order of first appearance), and splits that only join others
// removed from the list; their names are returned.
std::vector<std::string> unify_splits(std::vector<NamedSplit>& splits);
// Every split of a set with one list of classes, or one entry with an empty name where there are no splits. A
// split that only joins others (VOC's trainval) is left out; `joined` gets its name.
Result<std::vector<NamedSplit>> load_splits(const std::string& path, const DatasetOptions& options,
                                            std::vector<std::string>* joined = nullptr);

}  // namespace jetline
