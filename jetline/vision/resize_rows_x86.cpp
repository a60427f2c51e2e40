// SSE4.1 and AVX2 versions of the resize loops. The functions carry their instruction set as an attribute, so
// that the file compiles with the base flags; the tables below are handed out only where the processor has
// the instructions.
#include "jetline/vision/resize_rows.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#include <cstring>

namespace jetline::resize_rows {
namespace {

#define JETLINE_SSE41 __attribute__((target("sse4.1")))
#define JETLINE_AVX2 __attribute__((target("avx2")))

inline int64_t x86_load8(const uint8_t* p) {
  int64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

// The samples that a wide loop left over.
RowPlan x86_rest(const RowPlan& plan, int done) {
  return {plan.offset + done, plan.weights + 2 * done, plan.count - done, 0, plan.step};
}

// Per pixel: eight bytes r0 g0 b0 r1 g1 b1 x x become 16-bit pairs (r0 r1)(g0 g1)(b0 b1)(0 0); a multiply-add
// with (a0 a1) four times gives the three sums.
JETLINE_SSE41 void sse41_row3(const uint8_t* source, const RowPlan& plan, int16_t* c0, int16_t* c1,
                              int16_t* c2) {
  const __m128i pairs = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  int x = 0;
  for (; x + 4 <= plan.wide_count; x += 4) {
    const __m128i w = _mm_loadu_si128(reinterpret_cast<const __m128i*>(plan.weights + 2 * x));
    const int32_t* at = plan.offset + x;
    const __m128i p0 = _mm_shuffle_epi8(_mm_cvtsi64_si128(x86_load8(source + at[0])), pairs);
    const __m128i p1 = _mm_shuffle_epi8(_mm_cvtsi64_si128(x86_load8(source + at[1])), pairs);
    const __m128i p2 = _mm_shuffle_epi8(_mm_cvtsi64_si128(x86_load8(source + at[2])), pairs);
    const __m128i p3 = _mm_shuffle_epi8(_mm_cvtsi64_si128(x86_load8(source + at[3])), pairs);
    const __m128i s0 = _mm_srai_epi32(_mm_madd_epi16(p0, _mm_shuffle_epi32(w, 0x00)), 4);
    const __m128i s1 = _mm_srai_epi32(_mm_madd_epi16(p1, _mm_shuffle_epi32(w, 0x55)), 4);
    const __m128i s2 = _mm_srai_epi32(_mm_madd_epi16(p2, _mm_shuffle_epi32(w, 0xAA)), 4);
    const __m128i s3 = _mm_srai_epi32(_mm_madd_epi16(p3, _mm_shuffle_epi32(w, 0xFF)), 4);
    const __m128i rg01 = _mm_unpacklo_epi32(s0, s1), rg23 = _mm_unpacklo_epi32(s2, s3);  // r0 r1 g0 g1
    const __m128i b01 = _mm_unpackhi_epi32(s0, s1), b23 = _mm_unpackhi_epi32(s2, s3);
    const __m128i rg = _mm_packs_epi32(_mm_unpacklo_epi64(rg01, rg23), _mm_unpackhi_epi64(rg01, rg23));
    const __m128i b = _mm_packs_epi32(_mm_unpacklo_epi64(b01, b23), _mm_setzero_si128());
    _mm_storel_epi64(reinterpret_cast<__m128i*>(c0 + x), rg);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(c1 + x), _mm_unpackhi_epi64(rg, rg));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(c2 + x), b);
  }
  portable_kernels().row3(source, x86_rest(plan, x), c0 + x, c1 + x, c2 + x);
}

JETLINE_SSE41 inline __m128i sse41_levels(const int16_t* h0, const int16_t* h1, __m128i b0, __m128i b1) {
  const __m128i v0 = _mm_mulhi_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(h0)), b0);
  const __m128i v1 = _mm_mulhi_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(h1)), b1);
  return _mm_srai_epi16(_mm_add_epi16(_mm_add_epi16(v0, v1), _mm_set1_epi16(2)), 2);
}

JETLINE_SSE41 void sse41_blend_u8(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, uint8_t* out) {
  const __m128i w0 = _mm_set1_epi16(static_cast<int16_t>(b0)), w1 = _mm_set1_epi16(static_cast<int16_t>(b1));
  int x = 0;
  for (; x + 8 <= n; x += 8) {
    const __m128i v = sse41_levels(h0 + x, h1 + x, w0, w1);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + x), _mm_packus_epi16(v, v));
  }
  portable_kernels().blend_u8(h0 + x, h1 + x, b0, b1, n - x, out + x);
}

JETLINE_SSE41 void sse41_blend_f32(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, float mean,
                                   float scale, float* out) {
  const __m128i w0 = _mm_set1_epi16(static_cast<int16_t>(b0)), w1 = _mm_set1_epi16(static_cast<int16_t>(b1));
  const __m128 m = _mm_set1_ps(mean), s = _mm_set1_ps(scale);
  int x = 0;
  for (; x + 8 <= n; x += 8) {
    const __m128i v = sse41_levels(h0 + x, h1 + x, w0, w1);
    const __m128 lo = _mm_cvtepi32_ps(_mm_cvtepi16_epi32(v));
    const __m128 hi = _mm_cvtepi32_ps(_mm_cvtepi16_epi32(_mm_srli_si128(v, 8)));
    _mm_storeu_ps(out + x, _mm_mul_ps(_mm_sub_ps(lo, m), s));
    _mm_storeu_ps(out + x + 4, _mm_mul_ps(_mm_sub_ps(hi, m), s));
  }
  portable_kernels().blend_f32(h0 + x, h1 + x, b0, b1, n - x, mean, scale, out + x);
}

JETLINE_AVX2 void avx2_row3(const uint8_t* source, const RowPlan& plan, int16_t* c0, int16_t* c1,
                            int16_t* c2) {
  // Lane 0 holds pixels 0 and 1, lane 1 pixels 2 and 3.
  const __m256i first =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i second = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(8, -1, 11, -1, 9, -1, 12, -1, 10, -1, 13, -1, -1, -1, -1, -1));
  const __m256i weights02 = _mm256_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2),
                weights13 = _mm256_setr_epi32(1, 1, 1, 1, 3, 3, 3, 3);
  const __m256i by_channel =  // r0 g0 b0 0 r1 g1 b1 0 -> r0 r1 g0 g1 b0 b1 0 0
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
  const __m256i join = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  int x = 0;
  for (; x + 4 <= plan.wide_count; x += 4) {
    const int32_t* at = plan.offset + x;
    const __m128i p01 = _mm_set_epi64x(x86_load8(source + at[1]), x86_load8(source + at[0]));
    const __m128i p23 = _mm_set_epi64x(x86_load8(source + at[3]), x86_load8(source + at[2]));
    const __m256i p = _mm256_inserti128_si256(_mm256_castsi128_si256(p01), p23, 1);
    const __m256i w =
        _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(plan.weights + 2 * x)));
    const __m256i s02 = _mm256_srai_epi32(
        _mm256_madd_epi16(_mm256_shuffle_epi8(p, first), _mm256_permutevar8x32_epi32(w, weights02)), 4);
    const __m256i s13 = _mm256_srai_epi32(
        _mm256_madd_epi16(_mm256_shuffle_epi8(p, second), _mm256_permutevar8x32_epi32(w, weights13)), 4);
    const __m256i sums = _mm256_shuffle_epi8(_mm256_packs_epi32(s02, s13), by_channel);
    const __m256i planes = _mm256_permutevar8x32_epi32(sums, join);
    const __m128i rg = _mm256_castsi256_si128(planes);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(c0 + x), rg);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(c1 + x), _mm_unpackhi_epi64(rg, rg));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(c2 + x), _mm256_extracti128_si256(planes, 1));
  }
  portable_kernels().row3(source, x86_rest(plan, x), c0 + x, c1 + x, c2 + x);
}

JETLINE_AVX2 inline __m256i avx2_levels(const int16_t* h0, const int16_t* h1, __m256i b0, __m256i b1) {
  const __m256i v0 = _mm256_mulhi_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(h0)), b0);
  const __m256i v1 = _mm256_mulhi_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(h1)), b1);
  return _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(v0, v1), _mm256_set1_epi16(2)), 2);
}

JETLINE_AVX2 void avx2_blend_u8(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, uint8_t* out) {
  const __m256i w0 = _mm256_set1_epi16(static_cast<int16_t>(b0)),
                w1 = _mm256_set1_epi16(static_cast<int16_t>(b1));
  int x = 0;
  for (; x + 16 <= n; x += 16) {
    const __m256i v = avx2_levels(h0 + x, h1 + x, w0, w1);
    const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + x), bytes);
  }
  portable_kernels().blend_u8(h0 + x, h1 + x, b0, b1, n - x, out + x);
}

JETLINE_AVX2 void avx2_blend_f32(const int16_t* h0, const int16_t* h1, int b0, int b1, int n, float mean,
                                 float scale, float* out) {
  const __m256i w0 = _mm256_set1_epi16(static_cast<int16_t>(b0)),
                w1 = _mm256_set1_epi16(static_cast<int16_t>(b1));
  const __m256 m = _mm256_set1_ps(mean), s = _mm256_set1_ps(scale);
  int x = 0;
  for (; x + 16 <= n; x += 16) {
    const __m256i v = avx2_levels(h0 + x, h1 + x, w0, w1);
    const __m256 lo = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_castsi256_si128(v)));
    const __m256 hi = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_extracti128_si256(v, 1)));
    _mm256_storeu_ps(out + x, _mm256_mul_ps(_mm256_sub_ps(lo, m), s));
    _mm256_storeu_ps(out + x + 8, _mm256_mul_ps(_mm256_sub_ps(hi, m), s));
  }
  portable_kernels().blend_f32(h0 + x, h1 + x, b0, b1, n - x, mean, scale, out + x);
}

#undef JETLINE_SSE41
#undef JETLINE_AVX2

}  // namespace

const Kernels* sse41_kernels() {
  static const Kernels k = {"sse4.1", sse41_row3, portable_kernels().row1, sse41_blend_u8, sse41_blend_f32};
  return __builtin_cpu_supports("sse4.1") ? &k : nullptr;
}
const Kernels* avx2_kernels() {
  static const Kernels k = {"avx2", avx2_row3, portable_kernels().row1, avx2_blend_u8, avx2_blend_f32};
  return __builtin_cpu_supports("avx2") ? &k : nullptr;
}

}  // namespace jetline::resize_rows

#else

namespace jetline::resize_rows {
const Kernels* sse41_kernels() {
  return nullptr;
}
const Kernels* avx2_kernels() {
  return nullptr;
}
}  // namespace jetline::resize_rows

#endif
