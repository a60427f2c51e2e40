// Inside the room: the three formats as text. The plan says which image goes where; nothing here touches a
// disk but through OutputFolder.
#pragma once

#include <string>
#include <vector>

#include "jetline/data/output_folder.h"

namespace jetline::data_writer {

struct PlannedImage {
  const LabelledImage* image = nullptr;
  std::string split;     // "" without splits
  std::string name;      // relative name without the format's folders: "a/b.jpg"
  std::string relative;  // image file below the data set
  int width = 0, height = 0;
};

struct WritePlan {
  std::string format;
  std::vector<std::string> classes;
  std::vector<int64_t> category_ids;  // parallel to classes
  std::vector<std::string> splits;    // of this run, in order
  std::vector<PlannedImage> images;   // split by split
};

// Each writes all label files of the plan and counts into `report`.
Status write_voc_labels(const WritePlan& plan, const SaveOptions& options, OutputFolder& out,
                        SaveReport& report);
Status write_coco_labels(const WritePlan& plan, OutputFolder& out, SaveReport& report);
Status write_yolo_labels(const WritePlan& plan, OutputFolder& out, SaveReport& report);

// Text of one label file (used by repairs too).
std::string voc_xml_text(const PlannedImage& p, const std::vector<std::string>& classes, bool round);
std::string yolo_txt_text(const PlannedImage& p, int64_t& crowds_dropped);

std::string coco_text(const WritePlan& plan, const std::string& split, SaveReport& report);
// The `names:` map of a data.yaml.
std::string yaml_names_text(const std::vector<std::string>& classes);

// Splits known before in the folder, then those of this run, each once.
std::vector<std::string> all_splits(const WritePlan& plan, const OutputFolder& out);

}  // namespace jetline::data_writer
