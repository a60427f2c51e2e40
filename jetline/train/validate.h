// Running the network over the validation pictures and turning its predictions into detections, the way the
// exported model and the detector do it: unchanged pictures, decode, threshold, non-maximum suppression. Ids:
// torch.failed. One thread at a time.
#pragma once

#include <vector>

#include "jetline/base/progress.h"
#include "jetline/train/backend.h"
#include "jetline/train/image_cache.h"

namespace jetline {

struct DecodeOptions {
  float score_threshold = 0.01f;  // low, so that the metric sees the whole curve
  float nms_iou = 0.6f;
  int max_detections = 100;
};

// Detections of one picture, in pixels of its file, best first. `predictions`: anchors x (4 + classes), raw.
std::vector<Detection> decode_predictions(Span<const Anchor> anchors, const float* predictions, int classes,
                                          const CachedImage& image, const DecodeOptions& options);

// Runs with the weights that the backend holds.
Result<std::vector<std::vector<Detection>>> detect_all(NetBackend& backend, const NetSpec& net,
                                                       const ImageCache& cache, const InputSpec& spec,
                                                       const DecodeOptions& options,
                                                       const CancelToken& cancel);

// The score from which on detections are right most often: the threshold with the largest F1 when a detection
// counts that overlaps a true box of its class by 0.5 or more, each box once, best scores first. Half way to
// the next lower score, within 0.05..0.9; `fallback` when nothing is right.
float best_f1_threshold(const Dataset& truth, const std::vector<std::vector<Detection>>& detections,
                        float fallback);

}  // namespace jetline
