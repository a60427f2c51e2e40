// Resampling tables: which input pixels an output pixel is made of, and with which weights, exactly as
// TensorFlow's kernels compute them in float32. Internal to the operator rules.
//
// Sources: tensorflow/core/util/image_resizer_state.h (scales), tensorflow/core/kernels/image/
// {resize_nearest_neighbor_op,resize_bicubic_op,resize_area_op,scale_and_translate_op}.cc. Products are
// rounded to float32 one by one, so that no compiler fuses a multiplication with an addition.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace jetline::tf {

enum class ResizeMode { kLegacy, kAlignCorners, kHalfPixel };

// in / out, or (in - 1) / (out - 1) with aligned corners, in float32.
float resize_scale(int64_t in, int64_t out, ResizeMode mode);
// The input pixel of each output pixel of a nearest neighbour resize.
std::vector<int64_t> nearest_indices(int64_t in, int64_t out, ResizeMode mode);

// Each of `out` pixels is the weighted sum of `taps` input pixels; index and weight are [out, taps].
struct ResampleTable {
  int64_t out = 0, taps = 0;
  std::vector<int64_t> index;
  std::vector<float> weight;
};
// The 1025 coefficients of the two inner (near) and the two outer (far) pixels by fraction / 1024.
void cubic_coefficients(bool half_pixel, std::vector<float>* near, std::vector<float>* far);
ResampleTable cubic_table(int64_t in, int64_t out, ResizeMode mode);
ResampleTable area_table(int64_t in, int64_t out, bool align_corners);
// tf.raw_ops.ScaleAndTranslate; `kernel` as its kernel_type. Empty for a kernel that is not known.
ResampleTable scale_table(int64_t in, int64_t out, float scale, float translate, std::string_view kernel,
                          bool antialias);

// Output coordinate in input pixels of a bilinear resize, before clamping.
float linear_coordinate(int64_t i, float scale, ResizeMode mode);

}  // namespace jetline::tf
