// A labelled set of images in memory: paths and boxes, never pixels. One type for every file format; readers
// and writers live in one file a format (voc.cpp, coco.cpp, yolo.cpp). A plain value; no thread rules.
//
// Ids: data.not-found, data.unknown-format, data.ambiguous, data.no-split, data.syntax (file and line in
// `where`), data.image-missing, data.image-broken, data.unknown-class, data.not-utf8, data.empty, and those
// of files.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/vision/detection.h"

namespace jetline {

struct LabelledBox {
  Box box;  // continuous pixel corners as in Detection; VOC's 1-based inclusive corners are converted on
            // reading
  int class_id = 0;
  bool difficult = false;  // VOC: not counted in the metric
  bool crowd = false;      // COCO iscrowd: matches any number of detections, counted as neither
  double area = -1;        // COCO's own (segmentation) area; below 0: the box's
  int64_t id = 0;          // annotation id where the format has one
  // x, y, width, height as a COCO file wrote them, in double precision. Counts only while it agrees with
  // `box` (see exact_xywh), so code that moves the box need not care.
  std::array<double, 4> written{};
  std::string where;  // "file:line" of the label, for the doctor
};

struct LabelledImage {
  std::string path;           // openable from the current folder
  std::string name;           // relative name as the format writes it
  int width = 0, height = 0;  // as labelled; 0 when the format does not say (YOLO)
  int64_t id = 0;             // COCO image id, else 1-based position
  std::vector<LabelledBox> boxes;
  std::string label_file;  // where the labels stand
};

struct Dataset {
  std::string format;                 // "voc", "coco", "yolo"
  std::string root;                   // folder given by the user
  std::vector<std::string> classes;   // index = class id
  std::vector<int64_t> category_ids;  // COCO's own ids, parallel to classes; empty: class id + 1
  std::vector<LabelledImage> images;  // in the order of the split file, else by name
};

struct DatasetOptions {
  std::string format;                // "" = recognised
  std::string split;                 // "train", "val" ... where the format has splits; "" = everything
  std::vector<std::string> classes;  // fixes order and membership: boxes of other classes are left out;
                                     // empty = as found (VOC: classes.txt, else sorted by name)
  std::string labels_path;           // COCO json, or YOLO names file, when it is not in the usual place
  bool skip_missing = false;  // leave out listed images that are not there (YOLO; else data.image-missing)
};

// Left, top, width and height in double precision: `written` when it rounds to `box`, else from `box`.
std::array<double, 4> exact_xywh(const LabelledBox& b);

// `path` is a folder (VOC: Annotations/ + JPEGImages/ + ImageSets/Main, or annotations/ + images/; YOLO:
// images/
// + labels/ or data.yaml or lists) or a file (COCO json, YOLO data.yaml).
// VOC and COCO sets load without their images; YOLO needs the size of every image that has boxes.
Result<Dataset> load_dataset(const std::string& path, const DatasetOptions& options = {});

// Names of the splits that load_dataset(path, {.split = name}) takes; empty when the set has none.
Result<std::vector<std::string>> dataset_splits(const std::string& path, const DatasetOptions& options = {});

}  // namespace jetline
