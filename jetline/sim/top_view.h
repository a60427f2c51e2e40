// The room seen from above like a doll's house, and where floor coordinates lie in that picture. Drawn once
// per episode; paths and robots are drawn over copies of it.
#pragma once

#include <vector>

#include "jetline/robot/chassis.h"
#include "jetline/sim/episode.h"
#include "jetline/vision/draw.h"
#include "jetline/vision/image.h"

namespace jetline::sim {

class TopView {
 public:
  // A square picture of `size` pixels.
  TopView(const Episode& episode, int size);
  const Image& room() const { return room_; }
  Point2f at(double x, double y) const;
  double pixels_per_metre() const { return scale_; }
  void draw_robot(Image& image, const Pose2& pose, Rgb color) const;
  void draw_path(Image& image, const std::vector<Pose2>& path, Rgb color) const;
  // Ring round the can.
  void draw_target(Image& image, Rgb color) const;
  // The camera's field of view.
  void draw_view(Image& image, const Pose2& pose, double half_angle, double reach, Rgb color) const;

 private:
  const Episode episode_;
  Image room_;
  double scale_ = 1, center_x_ = 0, center_y_ = 0;
  int size_ = 0;
};

}  // namespace jetline::sim
