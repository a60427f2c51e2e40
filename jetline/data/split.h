// Dividing a data set into splits: by ratio or count, the same for the same seed, each class spread in
// proportion (iterative stratification, Sechidis, Tsoumakas, Vlahavas: "On the Stratification of Multi-Label
// Data", 2011). Ids: data.bad-split (shares that make no sense), file.exists, data.not-ours and those of
// writers.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/data/dataset.h"

namespace jetline {

struct SplitShare {
  std::string name;
  double share = 0;   // of all images, 0..1; when counts are given, 0
  int64_t count = 0;  // images
};
// "train=0.8,val=0.2" (ratios, sum at most 1), "train=160,val=40" (counts), "train=70%,val=30%".
Result<std::vector<SplitShare>> parse_split_shares(const std::string& text);

// Groups of images whose files have the same bytes, as indices into d.images; images without a twin are in
// none. Only files of equal size are read. Files that cannot be read have no twins.
std::vector<std::vector<size_t>> find_twins(const Dataset& d);

// Indices into d.images per share, ascending. Ratios are rounded so that all images are used when they add up
// to 1. The images of one group of `twins` stay together, so that no split holds a copy of what another
// holds; where a group is larger than what a share leaves, the shares end a little off what was asked.
Result<std::vector<std::vector<size_t>>> split_images(const Dataset& d, const std::vector<SplitShare>& shares,
                                                      uint64_t seed,
                                                      const std::vector<std::vector<size_t>>& twins = {});

// Writes split files into the set itself: ImageSets/Main/NAME.txt (VOC), NAME.txt lists and a data.yaml
// (YOLO, the old data.yaml is kept as data.yaml.bak), annotations/instances_NAME.json (COCO). Returns the
// files.
Result<std::vector<std::string>> write_split_files(const Dataset& d, const std::vector<SplitShare>& shares,
                                                   const std::vector<std::vector<size_t>>& parts, bool force,
                                                   FileSystem& fs = real_file_system());

}  // namespace jetline
