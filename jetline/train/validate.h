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

}  // namespace jetline
