// The 80 classes of the COCO detection task, which public models of 80 classes mean, and the category ids of
// its annotation files (1 to 90 with gaps). Source: cocodataset.org, instances_val2017.json. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jetline {

const std::vector<std::string>& coco_class_names();  // 80, index = class id
// Id to write for a class in COCO results: COCO's own where `labels` are its 80 classes, else class id + 1
// (what jetline's readers give to formats without ids).
int64_t coco_category_id(const std::vector<std::string>& labels, int class_id);

}  // namespace jetline
