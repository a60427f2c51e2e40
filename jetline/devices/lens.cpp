#include "jetline/devices/lens.h"

#include <cmath>

namespace jetline {
namespace {
constexpr double kLensPi = 3.14159265358979323846;
constexpr double kWideK1 = -0.035;  // pulls the border in by about 5 % at 68 degrees, as cheap wide lenses do
}  // namespace

Lens Lens::standard(int width, int height) {
  Lens lens;
  lens.width = width;
  lens.height = height;
  lens.cx = width / 2.0;
  lens.cy = height / 2.0;
  lens.f = lens.cx / std::tan(62.0 / 2 * kLensPi / 180);
  return lens;
}

Lens Lens::wide(int width, int height) {
  Lens lens = standard(width, height);
  lens.kind = Kind::kEquidistant;
  lens.k1 = kWideK1;
  const double theta = 136.0 / 2 * kLensPi / 180;
  lens.f = std::hypot(lens.cx, lens.cy) / (theta + kWideK1 * theta * theta * theta);
  return lens;
}

std::array<double, 3> Lens::ray(double u, double v) const {
  const double x = (u - cx) / f, y = (v - cy) / f;
  if (kind == Kind::kPinhole) {
    const double n = 1 / std::sqrt(x * x + y * y + 1);
    return {x * n, y * n, n};
  }
  const double r = std::hypot(x, y);
  if (r < 1e-12) return {0, 0, 1};
  double theta = r;
  for (int i = 0; i < 8; ++i) {  // Newton on theta + k1 theta^3 = r
    const double slope = 1 + 3 * k1 * theta * theta;
    if (slope < 0.05) break;
    theta -= (theta + k1 * theta * theta * theta - r) / slope;
  }
  const double s = std::sin(theta) / r;
  return {x * s, y * s, std::cos(theta)};
}

bool Lens::project(double x, double y, double z, double& u, double& v) const {
  if (kind == Kind::kPinhole) {
    if (z <= 1e-9) return false;
    u = cx + f * x / z;
    v = cy + f * y / z;
    return true;
  }
  const double r = std::hypot(x, y);
  if (r < 1e-12) {
    if (z <= 0) return false;
    u = cx;
    v = cy;
    return true;
  }
  const double theta = std::atan2(r, z);
  // Past the turning point of the polynomial the model no longer is one-to-one.
  if (k1 < 0 && 1 + 3 * k1 * theta * theta < 0.05) return false;
  const double d = f * (theta + k1 * theta * theta * theta) / r;
  u = cx + d * x;
  v = cy + d * y;
  return true;
}

double Lens::bearing(double u, double v) const {
  const auto r = ray(u, v);
  return std::atan2(r[0], r[2]);
}

}  // namespace jetline
