// Detection metrics: COCO's twelve figures (cocoapi's rules, to the last digit) and Pascal VOC's AP50. Pure
// functions of ground truth and detections; thread-safe.
//
// Rules: cocoapi's cocoeval.py (evaluateImg, accumulate, summarize) with `bbox`; VOC's devkit (VOCevaldet.m).
// One deliberate difference: pycocotools counts a match with an annotation whose id is 0 as none (0 is its
// "unmatched"); here ids do not matter.
#pragma once

#include <string>
#include <vector>

#include "jetline/data/dataset.h"
#include "jetline/vision/detection.h"

namespace jetline {

// Detections of image i of the data set, in any order (equal scores count in the given order, as in cocoapi).
using DetectionsPerImage = std::vector<std::vector<Detection>>;

// The same in double precision, as a results file has them: left, top, width, height in pixels.
struct ScoredBox {
  int class_id = 0;
  double x = 0, y = 0, w = 0, h = 0, score = 0;
};
using ScoredBoxesPerImage = std::vector<std::vector<ScoredBox>>;
ScoredBoxesPerImage to_scored_boxes(const DetectionsPerImage& detections);

struct MetricOptions {
  // Objects lower than this many pixels count neither as found nor as missed, and detections lower than that
  // which match nothing count not as wrong: COCO's own rule for sizes outside the asked range. 0: everything
  // counts.
  double min_height = 0;
};

struct CocoMetrics {
  // Fractions 0..1; -1 where there is no ground truth of that kind, as pycocotools says it.
  double AP = -1, AP50 = -1, AP75 = -1, APs = -1, APm = -1, APl = -1;
  double AR1 = -1, AR10 = -1, AR100 = -1, ARs = -1, ARm = -1, ARl = -1;
  struct PerClass {
    std::string name;
    int64_t truths = 0;  // that count: neither crowds nor below min_height
    double AP = -1, AP50 = -1, AR100 = -1;
  };
  std::vector<PerClass> per_class;
};
CocoMetrics coco_metrics(const Dataset& truth, const DetectionsPerImage& detections,
                         const MetricOptions& options = {});
CocoMetrics coco_metrics(const Dataset& truth, const ScoredBoxesPerImage& detections,
                         const MetricOptions& options = {});

enum class VocInterpolation { kEveryPoint /* VOC 2010+ */, k11Point /* VOC 2007 */ };
struct VocMetrics {
  double mAP50 = -1;
  std::vector<double> per_class;  // -1 where a class has no ground truth
};
// Difficult and crowd objects count neither as found nor as missed. IoU in continuous coordinates, which for
// VOC's whole pixels equals the devkit's formula with +1.
VocMetrics voc_metrics(const Dataset& truth, const DetectionsPerImage& detections,
                       VocInterpolation interpolation = VocInterpolation::kEveryPoint, double min_iou = 0.5);
VocMetrics voc_metrics(const Dataset& truth, const ScoredBoxesPerImage& detections,
                       VocInterpolation interpolation = VocInterpolation::kEveryPoint, double min_iou = 0.5,
                       const MetricOptions& options = {});

}  // namespace jetline
