#include "jetline/sim/top_view.h"

#include <algorithm>
#include <cmath>

#include "jetline/sim/renderer.h"
#include "jetline/sim/sensor.h"

namespace jetline::sim {

TopView::TopView(const Episode& e, int size) : episode_(e), size_(size) {
  const Room& room = e.scene.room;
  const double side = static_cast<double>(std::max(room.width, room.depth));
  // From high above, so that walls lean little; 7 % of the picture is left around the floor.
  const double height = 2.6 * side;
  Lens lens = Lens::standard(size, size);
  lens.f = 0.86 * size * height / side;
  scale_ = lens.f / height;
  center_x_ = static_cast<double>(room.width) / 2;
  center_y_ = static_cast<double>(room.depth) / 2;
  Renderer renderer(lens);
  renderer.set_cutaway(0.4f, srgb(236, 238, 241));
  renderer.set_scene(e.scene);
  CameraPose pose;
  pose.at = {static_cast<float>(center_x_), static_cast<float>(center_y_), static_cast<float>(height)};
  pose.yaw = static_cast<float>(kPi / 2);
  pose.pitch = static_cast<float>(-kPi / 2);
  renderer.render(pose);
  SensorSettings s;
  s.blur = 0.3f;
  s.vignette = 0;
  s.noise = 0;
  s.exposure = 0.8f;
  Sensor sensor;
  Random random(0);
  sensor.develop(renderer.radiance(), size, size, s, random, room_);
}

Point2f TopView::at(double x, double y) const {
  return {static_cast<float>(size_ / 2.0 + (x - center_x_) * scale_),
          static_cast<float>(size_ / 2.0 - (y - center_y_) * scale_)};
}

void TopView::draw_robot(Image& image, const Pose2& p, Rgb color) const {
  const double r = episode_.chassis.radius;
  const auto px = [&](double forward, double left) {
    return at(p.x + forward * std::cos(p.yaw) - left * std::sin(p.yaw),
              p.y + forward * std::sin(p.yaw) + left * std::cos(p.yaw));
  };
  const auto radius = static_cast<float>(r * scale_);
  fill_circle(image, at(p.x, p.y), radius, color);
  const std::vector<Point2f> arrow = {px(0.8 * r, 0), px(-0.45 * r, 0.5 * r), px(-0.2 * r, 0),
                                      px(-0.45 * r, -0.5 * r)};
  fill_polygon(image, arrow, {255, 255, 255});
  draw_circle(image, at(p.x, p.y), radius, {255, 255, 255}, std::max(1.0f, radius * 0.12f));
}

void TopView::draw_path(Image& image, const std::vector<Pose2>& path, Rgb color) const {
  std::vector<Point2f> points;
  for (const Pose2& p : path) points.push_back(at(p.x, p.y));
  const auto width = static_cast<float>(std::max(2.0, 0.018 * scale_));
  draw_polyline(image, points, false, {255, 255, 255}, width * 1.9f);
  draw_polyline(image, points, false, color, width);
}

void TopView::draw_target(Image& image, Rgb color) const {
  const Object& can = episode_.scene.objects[static_cast<size_t>(episode_.scene.target)];
  draw_circle(image, at(static_cast<double>(can.x), static_cast<double>(can.y)),
              static_cast<float>(0.085 * scale_), color, static_cast<float>(std::max(2.0, 0.02 * scale_)));
}

void TopView::draw_view(Image& image, const Pose2& p, double half, double reach, Rgb color) const {
  const double x = p.x + episode_.chassis.camera_forward * std::cos(p.yaw),
               y = p.y + episode_.chassis.camera_forward * std::sin(p.yaw);
  for (int side = -1; side <= 1; side += 2) {
    const double a = p.yaw + side * half;
    draw_line(image, at(x, y), at(x + reach * std::cos(a), y + reach * std::sin(a)), color, 1.5f);
  }
}

}  // namespace jetline::sim
