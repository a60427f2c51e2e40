// Detections of many pictures as COCO results: [{"image_id","category_id","bbox":[x,y,width,height],"score",
// "file_name", "landmarks"?}], one entry a detection, pixel coordinates of the upright image.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/vision/detection.h"

namespace jetline {

struct DetectedImage {
  int64_t id = 0;      // 1-based position among all pictures and frames of the run, or the number in its name
  std::string name;    // path as given (folders: below the folder)
  int64_t frame = -1;  // of a video or camera
  std::vector<Detection> detections;
};

// `labels` decide the category ids (coco_classes.h). Coordinates are rounded to 1/1000 pixel, scores to 1e-6.
std::string coco_results_json(const std::vector<DetectedImage>& images,
                              const std::vector<std::string>& labels);

// The whole number in a name without extension ("000000000139.jpg" -> 139, COCO's way); -1 when it is none.
int64_t id_from_name(const std::string& name);

}  // namespace jetline
