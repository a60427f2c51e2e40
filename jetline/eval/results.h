// Detections as COCO results files: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, …].
// Pure functions but for the file access; thread-safe. Ids: data.syntax (line in `where`),
// data.results-mismatch (no entry belongs to the data set), eval.classes-differ (neither class names nor ids
// are the set's), those of files.h.
#pragma once

#include <cstdint>
#include <string>

#include "jetline/base/files.h"
#include "jetline/data/dataset.h"
#include "jetline/eval/metrics.h"

namespace jetline {

struct ResultsReport {
  ScoredBoxesPerImage detections;  // parallel to the data set's images
  int64_t count = 0;               // entries that were used
  int64_t other_images = 0;        // entries of images that are not in the set (another split): left out
  int64_t other_classes = 0;       // entries of categories that are not in the set: left out
};
// Image and category ids are the data set's: LabelledImage::id, Dataset::category_ids (class index + 1 where
// a format has no ids). An entry's "file_name" and "category_name", which `jetline detect` writes, are
// stronger than its ids: an entry whose name is not in the set is left out where other entries' names are.
// With `by_index` class names do not count, only category ids.
Result<ResultsReport> read_results(const std::string& path, const Dataset& truth, bool by_index = false);
Result<ResultsReport> parse_results(ByteView json, const std::string& where, const Dataset& truth,
                                    bool by_index = false);

Status write_results(const std::string& path, const Dataset& truth, const ScoredBoxesPerImage& detections,
                     FileSystem& fs = real_file_system());

}  // namespace jetline
