// The training pictures in memory: each decoded once and resized once to its place in the network's input,
// exactly as preprocessing does it at run time (bilinear, letterbox), so that later passes over the data cost
// no decoding.
//
// Immutable after load(), then safe to read from several threads. Ids: those of load_image, train.no-data,
// train.memory (the pictures would take more than 8 GiB).
#pragma once

#include <vector>

#include "jetline/base/progress.h"
#include "jetline/base/status.h"
#include "jetline/data/dataset.h"
#include "jetline/train/assign.h"
#include "jetline/vision/image.h"
#include "jetline/vision/preprocess.h"

namespace jetline {

struct CachedImage {
  Image content;  // RGB, geometry.content_w x content_h
  FitGeometry geometry;
  int width = 0, height = 0;    // of the file
  std::vector<TrainBox> boxes;  // in pixels of `content`; crowds are left out
};

class ImageCache {
 public:
  // Decodes with `threads` threads. The order is the data set's.
  static Result<ImageCache> load(const Dataset& dataset, const InputSpec& spec, int threads,
                                 const char* stage, Progress& progress, const CancelToken& cancel);
  const std::vector<CachedImage>& images() const { return images_; }
  int64_t bytes() const;

 private:
  std::vector<CachedImage> images_;
};

// Puts `image` into `out` (spec.height x spec.width x 3 floats, channels innermost) with padding and
// normalisation, unchanged otherwise: what Preprocessor gives for layout NHWC.
void place_unchanged(const CachedImage& image, const InputSpec& spec, float* out);

}  // namespace jetline
