// A labelled set of images in memory: paths and boxes, never pixels. One type for every file format; readers and
// writers live in one file a format (voc.cpp, coco.cpp, yolo.cpp). A plain value; no thread rules.
//
// Ids: data.unknown-format, data.syntax (file and line in `where`), data.empty, and the doctor's findings
// (data/doctor.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/vision/detection.h"

namespace jetline {

struct LabelledBox {
  Box box;  // continuous pixel corners as in Detection; VOC's 1-based inclusive corners are converted on reading
  int class_id = 0;
  bool difficult = false;  // VOC: not counted in the metric
  bool crowd = false;      // COCO iscrowd: matches any number of detections, counted as neither
  double area = -1;        // COCO's own (segmentation) area; below 0: the box's
  int64_t id = 0;          // annotation id where the format has one
  std::string where;       // "file:line" of the label, for the doctor
};

struct LabelledImage {
  std::string path;             // openable from the current folder
  std::string name;             // relative name as the format writes it
  int width = 0, height = 0;    // as labelled; 0 when the format does not say (YOLO)
  int64_t id = 0;               // COCO image id, else 1-based position
  std::vector<LabelledBox> boxes;
  std::string label_file;       // where the labels stand
};

struct Dataset {
  std::string format;                // "voc", "coco", "yolo"
  std::string root;                  // folder given by the user
  std::vector<std::string> classes;  // index = class id
  std::vector<int64_t> category_ids; // COCO's own ids, parallel to classes; empty: class id + 1
  std::vector<LabelledImage> images; // in the order of the split file, else by name
};

struct DatasetOptions {
  std::string format;                // "" = recognised
  std::string split;                 // "train", "val" ... where the format has splits; "" = everything
  std::vector<std::string> classes;  // fixes order and membership; empty = as found (VOC: sorted by name)
  std::string labels_path;           // COCO json, or YOLO names file, when it is not in the usual place
};

// `path` is a folder (VOC: Annotations/ + JPEGImages/ + ImageSets/Main, or annotations/ + images/; YOLO: images/
// + labels/ or data.yaml or lists) or a file (COCO json, YOLO data.yaml).
Result<Dataset> load_dataset(const std::string& path, const DatasetOptions& options = {});

}  // namespace jetline
