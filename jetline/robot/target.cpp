#include "jetline/robot/target.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

// Elevation above the floor's plane of pixel (u, v) as a slope along the floor, for a camera pitched by
// `pitch`.
double slope_of(const Lens& lens, double pitch, double u, double v) {
  const auto r = lens.ray(u, v);
  const double forward = r[2] * std::cos(pitch) + r[1] * std::sin(pitch);
  const double up = r[2] * std::sin(pitch) - r[1] * std::cos(pitch);
  return up / std::max(std::hypot(forward, r[0]), 1e-6);
}

// Angle to the left in the floor's plane.
double azimuth_of(const Lens& lens, double pitch, double u, double v) {
  const auto r = lens.ray(u, v);
  return -std::atan2(r[0], r[2] * std::cos(pitch) + r[1] * std::sin(pitch));
}

// A box this near to the border counts as cut: of the picture's width, about a pixel of the detector's input.
constexpr double kBorder = 0.006;
constexpr double kFar = 20;  // m
constexpr double kAgree =
    1.12;  // nothing hides the thing when height and width say the same but for this factor

}  // namespace

Sighting locate(const Box& b, const Lens& lens, const Chassis& chassis, const TargetSize& size) {
  Sighting s;
  if (!(b.width() > 0.5f) || !(b.height() > 0.5f)) return s;
  const double pitch = chassis.camera_pitch;
  const double x1 = static_cast<double>(b.x1), x2 = static_cast<double>(b.x2), y1 = static_cast<double>(b.y1),
               y2 = static_cast<double>(b.y2);
  const double cx = (x1 + x2) / 2, cy = (y1 + y2) / 2;
  const double border = kBorder * lens.width;
  const bool cut_left = x1<border, cut_right = x2> lens.width - border,
             cut_y = y1 < border || y2 > lens.height - border;
  const double slope = slope_of(lens, pitch, cx, y1) - slope_of(lens, pitch, cx, y2);
  // The box's upper and lower edges are seen on the near side of the thing, a radius before its axis.
  const double by_height = slope > 1e-4 ? size.height / slope + size.radius : kFar;
  const double half = std::fabs(azimuth_of(lens, pitch, x1, cy) - azimuth_of(lens, pitch, x2, cy)) / 2;
  const double by_width = half > 1e-4 ? size.radius / std::sin(std::min(half, 1.5)) : kFar;
  s.cut = cut_left || cut_right || cut_y;
  // Two figures that agree are worth more than one; the smaller of two would on average be too small.
  const double small = std::min(by_height, by_width), large = std::max(by_height, by_width);
  s.distance = std::min(!s.cut && large < kAgree * small ? (small + large) / 2 : small, kFar);
  s.bearing = azimuth_of(lens, pitch, cx, cy);
  if (cut_left != cut_right) {
    // The middle of what is left is not the middle of the thing: that lies half a width from the edge in
    // sight.
    const double wide = std::asin(std::min(size.radius / std::max(s.distance, size.radius), 1.0));
    const double edge = azimuth_of(lens, pitch, cut_left ? x2 : x1, cy);
    s.bearing = cut_left ? std::max(s.bearing, edge + wide) : std::min(s.bearing, edge - wide);
  }
  s.ok = std::isfinite(s.distance) && std::isfinite(s.bearing);
  return s;
}

void TargetTrack::place(const Sighting& s, const Pose2& p, const Chassis& c, double& x, double& y) {
  const double a = p.yaw + s.bearing;
  x = p.x + c.camera_forward * std::cos(p.yaw) + s.distance * std::cos(a);
  y = p.y + c.camera_forward * std::sin(p.yaw) + s.distance * std::sin(a);
}

void TargetTrack::add(const Sighting& s, const Pose2& p, const Chassis& c, Nanos captured) {
  double x, y;
  place(s, p, c, x, y);
  if (!known_) {
    x_ = x, y_ = y;
    known_ = true;
    sightings_ = 0;
  } else {
    // Across the line of sight a single box is exact to a pixel; along it the error grows with the distance.
    const double a = std::atan2(y - p.y, x - p.x);
    const double dx = x - x_, dy = y - y_;
    const double along = dx * std::cos(a) + dy * std::sin(a), across = -dx * std::sin(a) + dy * std::cos(a);
    const double ka = std::max(0.3, 1.0 / (sightings_ + 1)), kc = std::max(0.6, 1.0 / (sightings_ + 1));
    x_ += ka * along * std::cos(a) - kc * across * std::sin(a);
    y_ += ka * along * std::sin(a) + kc * across * std::cos(a);
  }
  ++sightings_;
  last_seen_ = captured;
}

double TargetTrack::distance(const Pose2& p) const {
  return std::hypot(x_ - p.x, y_ - p.y);
}
double TargetTrack::bearing(const Pose2& p) const {
  return wrap_angle(std::atan2(y_ - p.y, x_ - p.x) - p.yaw);
}

}  // namespace jetline
