// Detections as COCO results files: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, …].
// Pure functions but for the file access; thread-safe. Ids: data.syntax (line in `where`),
// data.results-mismatch (no entry belongs to the data set), those of files.h.
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
// a format has no ids). An entry with a "file_name" that no image id claims is matched by that name.
Result<ResultsReport> read_results(const std::string& path, const Dataset& truth);
Result<ResultsReport> parse_results(ByteView json, const std::string& where, const Dataset& truth);

Status write_results(const std::string& path, const Dataset& truth, const ScoredBoxesPerImage& detections,
                     FileSystem& fs = real_file_system());

}  // namespace jetline
