// How a camera maps directions to pixels. Camera frame: x right, y down, z forward; pixel coordinates are
// continuous (the picture spans 0,0..width,height). Values; thread-safe.
#pragma once

#include <array>

namespace jetline {

struct Lens {
  enum class Kind {
    kPinhole,      // r = f tan(theta)
    kEquidistant,  // r = f (theta + k1 theta^3), theta the angle from the axis (Kannala & Brandt 2006, two
                   // terms)
  };
  Kind kind = Kind::kPinhole;
  int width = 640, height = 480;
  double f = 532.6;  // pixels; square pixels
  double cx = 320, cy = 240;
  double k1 = 0;

  // 62 degrees horizontally (Raspberry Pi camera v2 and its kin), no distortion.
  static Lens standard(int width = 640, int height = 480);
  // 136 degrees along the diagonal with barrel distortion.
  static Lens wide(int width = 640, int height = 480);

  // Direction of pixel (u, v), unit length.
  std::array<double, 3> ray(double u, double v) const;
  // Pixel of a point in the camera frame; false when it cannot be imaged (behind a pinhole, or at the
  // centre).
  bool project(double x, double y, double z, double& u, double& v) const;
  // Angle to the right of the axis, in the horizontal plane, of pixel (u, v), for a camera that looks level.
  double bearing(double u, double v) const;
};

}  // namespace jetline
