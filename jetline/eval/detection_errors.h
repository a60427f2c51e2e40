// What is wrong, in words: every wrong detection above one score is put into one drawer, every missed object
// counted. The drawers follow Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection Errors"
// (2020). Pure functions; thread-safe.
#pragma once

#include <cstdint>

#include "jetline/eval/metrics.h"

namespace jetline {

struct DetectionErrors {
  double score =
      0;  // detections from this score on are looked at: the one with the best F1 unless it was given
  double precision = 0, recall = 0, f1 = 0;  // at IoU 0.5
  int64_t truths = 0;
  int64_t correct = 0;
  int64_t duplicate = 0;     // the object was found by a better detection already
  int64_t localisation = 0;  // right class, IoU 0.1 to 0.5
  int64_t confusion = 0;     // IoU from 0.5 with an object of another class
  int64_t background = 0;    // nothing there
  int64_t missed = 0;
};
// score < 0: the score with the best F1. Crowd, difficult and too low objects count neither way.
DetectionErrors find_detection_errors(const Dataset& truth, const ScoredBoxesPerImage& detections,
                                      const MetricOptions& options = {}, double score = -1);

}  // namespace jetline
