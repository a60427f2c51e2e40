// Writing labelled image sets in the three formats that load_dataset reads. A new data set is built in a
// temporary folder beside its place and renamed when it is complete, so that a full disk or a kill leaves no
// half set. The layouts, what each format cannot say (crowds in YOLO, class order in VOC ...) and what is
// done about it stand in docs/data.md.
//
// Ids: data.unknown-format, data.image-missing, data.no-size (YOLO needs the size of every labelled image),
// data.class-name (a name that the format cannot hold), data.not-ours (the folder holds files that jetline
// did not write: nothing is replaced), data.not-inside, file.exists, and those of files.h. Thread-safe for
// different folders.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/progress.h"
#include "jetline/data/dataset.h"

namespace jetline {

enum class ImagePlacement {
  kCopy,     // the bytes of each image file are copied, never re-encoded
  kLink,     // symbolic links with absolute targets
  kInPlace,  // images lie below the folder already, where dataset_image_path() says; only labels are written
};

struct SaveOptions {
  ImagePlacement images = ImagePlacement::kCopy;
  std::string split;       // "" = a set without splits; else letters, digits, '-', '_' and '.': "train"
  bool force = false;      // replace a data set that jetline wrote before (it knows by the manifest it left)
  bool round_voc = false;  // VOC corners as whole pixels, for readers that cannot take fractions
  Progress* progress = nullptr;
  CancelToken* cancel = nullptr;
};

struct SaveReport {
  int64_t images = 0, boxes = 0;
  int64_t crowds_dropped = 0;  // YOLO cannot say "crowd": such boxes are left out
  int64_t areas_dropped = 0;   // segmentation areas that only COCO can hold
};

// Where the writer puts (and with kInPlace expects) an image: "dir/images/train/a.jpg" for YOLO and COCO,
// "dir/JPEGImages/a.jpg" for VOC. `name` may have subfolders.
std::string dataset_image_path(const std::string& dir, const std::string& format, const std::string& split,
                               const std::string& name);

// Writes one set (options.split names it) or several splits of one set with the same classes. With kInPlace
// the folder exists and each label file appears atomically; when writing fails, those already written are
// removed.
Status save_dataset(const Dataset& dataset, const std::string& dir, const std::string& format,
                    const SaveOptions& options, FileSystem& fs = real_file_system());

struct NamedSplit {
  std::string name;
  Dataset dataset;
};
Result<SaveReport> save_splits(const std::vector<NamedSplit>& splits, const std::string& dir,
                               const std::string& format, const SaveOptions& options,
                               FileSystem& fs = real_file_system());

}  // namespace jetline
