// The two inner loops of the preprocessor, with a wider version chosen at run time where the processor has
// it. Fixed point as OpenCV's INTER_LINEAR on 8-bit images (modules/imgproc/src/resize.cpp:
// INTER_RESIZE_COEF_BITS 11):
//
//   row   h = (p0 a0 + p1 a1) >> 4             a0 + a1 = 2048, so 0 <= h <= 32640
//   level v = ((h0 b0 >> 16) + (h1 b1 >> 16) + 2) >> 2    b0 + b1 = 2048
//
// Pure functions; all versions give the same numbers.
#pragma once

#include <cstdint>

namespace jetline::resize_rows {

// One source row of `n_out` samples to come: for output x, p0 stands at byte offset[x] and p1 `step` bytes
// later (0 when the row has one pixel), weights[2 x] = a0, weights[2 x + 1] = a1.
struct RowPlan {
  const int32_t* offset;
  const int16_t* weights;
  int count;       // output samples
  int wide_count;  // of these, so many first ones may read 8 bytes at their offset
  int step;        // bytes between neighbouring pixels, 0 for a row of one pixel
};

struct Kernels {
  const char* name;  // "avx2", "sse4.1", "portable"
  // Interleaved three-channel source to three planes.
  void (*row3)(const uint8_t* source, const RowPlan& plan, int16_t* c0, int16_t* c1, int16_t* c2);
  void (*row1)(const uint8_t* source, const RowPlan& plan, int16_t* out);
  void (*blend_u8)(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, uint8_t* out);
  // out = (level - mean) * scale
  void (*blend_f32)(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, float mean, float scale,
                    float* out);
};

const Kernels& portable_kernels();
const Kernels* sse41_kernels();  // null where the processor or the compiler lacks it
const Kernels* avx2_kernels();
const Kernels& best_kernels();

}  // namespace jetline::resize_rows
