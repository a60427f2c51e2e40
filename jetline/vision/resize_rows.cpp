#include "jetline/vision/resize_rows.h"

namespace jetline::resize_rows {
namespace {

void portable_row3(const uint8_t* source, const RowPlan& plan, int16_t* c0, int16_t* c1, int16_t* c2) {
  for (int x = 0; x < plan.count; ++x) {
    const uint8_t* p = source + plan.offset[x];
    const uint8_t* q = p + plan.step;
    const int a0 = plan.weights[2 * x], a1 = plan.weights[2 * x + 1];
    c0[x] = static_cast<int16_t>((p[0] * a0 + q[0] * a1) >> 4);
    c1[x] = static_cast<int16_t>((p[1] * a0 + q[1] * a1) >> 4);
    c2[x] = static_cast<int16_t>((p[2] * a0 + q[2] * a1) >> 4);
  }
}

void portable_row1(const uint8_t* source, const RowPlan& plan, int16_t* out) {
  for (int x = 0; x < plan.count; ++x) {
    const uint8_t* p = source + plan.offset[x];
    out[x] = static_cast<int16_t>((p[0] * plan.weights[2 * x] + p[plan.step] * plan.weights[2 * x + 1]) >> 4);
  }
}

inline int portable_level(int h0, int h1, int b0, int b1) {
  return ((h0 * b0 >> 16) + (h1 * b1 >> 16) + 2) >> 2;
}

void portable_blend_u8(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, uint8_t* out) {
  for (int x = 0; x < n; ++x) out[x] = static_cast<uint8_t>(portable_level(h0[x], h1[x], b0, b1));
}

void portable_blend_f32(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, float mean, float scale,
                        float* out) {
  for (int x = 0; x < n; ++x) {
    out[x] = (static_cast<float>(portable_level(h0[x], h1[x], b0, b1)) - mean) * scale;
  }
}

}  // namespace

const Kernels& portable_kernels() {
  static const Kernels k = {"portable", portable_row3, portable_row1, portable_blend_u8, portable_blend_f32};
  return k;
}

const Kernels& best_kernels() {
  static const Kernels& best = avx2_kernels()    ? *avx2_kernels()
                               : sse41_kernels() ? *sse41_kernels()
                                                 : portable_kernels();
  return best;
}

}  // namespace jetline::resize_rows
