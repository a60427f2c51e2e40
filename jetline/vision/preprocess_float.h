// Bilinear resizing in float, as TensorFlow's ResizeBilinear computes it, for networks trained on its pixels:
// the levels are not rounded. Several times slower than the fixed-point way of preprocess.cpp. A detail of
// it; allocates nothing.
#pragma once

#include "jetline/vision/preprocess.h"
#include "jetline/vision/preprocess_values.h"

namespace jetline {

// `spec.resample` is one of the float kinds; `geometry` of this image and spec; `values` writes the padding.
void resample_float(const ImageView& image, const InputSpec& spec, const FitGeometry& geometry,
                    const PreValues& values, void* tensor);

}  // namespace jetline
