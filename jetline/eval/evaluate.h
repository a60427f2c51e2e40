// A detector over a whole data set: pictures are decoded on a thread of their own while the detector works on
// the calling thread. Ids: eval.classes-differ (the model's labels and the data set's classes have nothing in
// common), those of load_image (an unreadable picture stops the run: leaving it out would change the
// figures), cancelled.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/progress.h"
#include "jetline/eval/metrics.h"
#include "jetline/vision/detector.h"

namespace jetline {

// A class name without case, spaces, hyphens and underscores: what counts as the same name.
std::string plain_label(const std::string& name);

// For each class of the model the class of the data set, -1: its detections are left out.
struct LabelMap {
  std::vector<int> to;
  std::vector<std::string> notes;  // what a person should know about the mapping
};
// By name first (exact, then without regard to case, spaces and hyphens); what is left over by position when
// both lists have the same length. With `by_index`, or where the model has no labels, by position alone.
Result<LabelMap> map_classes(const std::vector<std::string>& model, const std::vector<std::string>& dataset,
                             bool by_index);

struct DetectorRun {
  ScoredBoxesPerImage detections;  // parallel to the data set's images, with the data set's class ids
  std::vector<StageTimes> times;   // per image
  double seconds = 0;              // whole run, decoding included
};
Result<DetectorRun> run_detector(const Dataset& truth, Detector& detector, const LabelMap& classes,
                                 Progress& progress, CancelToken& cancel);

}  // namespace jetline
