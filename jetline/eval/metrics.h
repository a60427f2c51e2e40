// Detection metrics: COCO's twelve figures (cocoapi's rules, to the last digit) and Pascal VOC's AP50. Pure
// functions of ground truth and detections; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "jetline/data/dataset.h"
#include "jetline/vision/detection.h"

namespace jetline {

// Detections of image i of the data set, in any order.
using DetectionsPerImage = std::vector<std::vector<Detection>>;

struct CocoMetrics {
  // Fractions 0..1; -1 where there is no ground truth of that kind, as pycocotools says it.
  double AP = -1, AP50 = -1, AP75 = -1, APs = -1, APm = -1, APl = -1;
  double AR1 = -1, AR10 = -1, AR100 = -1, ARs = -1, ARm = -1, ARl = -1;
  struct PerClass {
    std::string name;
    int64_t truths = 0;
    double AP = -1, AP50 = -1;
  };
  std::vector<PerClass> per_class;
};
CocoMetrics coco_metrics(const Dataset& truth, const DetectionsPerImage& detections);

enum class VocInterpolation { kEveryPoint /* VOC 2010+ */, k11Point /* VOC 2007 */ };
struct VocMetrics {
  double mAP50 = -1;
  std::vector<double> per_class;  // -1 where a class has no ground truth
};
VocMetrics voc_metrics(const Dataset& truth, const DetectionsPerImage& detections,
                       VocInterpolation interpolation = VocInterpolation::kEveryPoint, double min_iou = 0.5);

}  // namespace jetline
