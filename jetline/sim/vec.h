// Small vectors of the renderer. V3: metres in the world (x, y on the floor, z up). F4: linear light RGB with
// a spare fourth lane, a GCC/Clang vector type so that colour arithmetic is one SSE or NEON instruction a
// step.
#pragma once

#include <cmath>

namespace jetline::sim {

using F4 = float __attribute__((vector_size(16)));
inline F4 f4(float r, float g, float b, float a = 0) {
  return F4{r, g, b, a};
}
inline F4 f4(float s) {
  return F4{s, s, s, s};
}

struct V3 {
  float x = 0, y = 0, z = 0;
};
inline V3 operator+(V3 a, V3 b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
inline V3 operator-(V3 a, V3 b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline V3 operator*(V3 a, float s) {
  return {a.x * s, a.y * s, a.z * s};
}
inline float dot(V3 a, V3 b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
inline float length(V3 a) {
  return std::sqrt(dot(a, a));
}
inline V3 normalized(V3 a) {
  return a * (1 / length(a));
}
inline V3 reflect(V3 d, V3 n) {
  return d - n * (2 * dot(d, n));
}

constexpr double kPi = 3.14159265358979323846;

inline float clamp01(float x) {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}
inline float mixf(float a, float b, float t) {
  return a + (b - a) * t;
}
inline F4 mix4(F4 a, F4 b, float t) {
  return a + (b - a) * t;
}
// sRGB byte colour to linear light with the 2.2 power, close enough for textures.
inline F4 srgb(int r, int g, int b) {
  const auto c = [](int v) { return std::pow(static_cast<float>(v) / 255.f, 2.2f); };
  return F4{c(r), c(g), c(b), 0};
}
inline float smoothstep(float a, float b, float x) {
  const float t = clamp01((x - a) / (b - a));
  return t * t * (3 - 2 * t);
}

}  // namespace jetline::sim
