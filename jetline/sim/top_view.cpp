#include "jetline/sim/top_view.h"

#include <algorithm>
#include <cmath>

#include "jetline/sim/renderer.h"
#include "jetline/sim/sensor.h"

namespace jetline::sim {

TopView::TopView(const Episode& e, int size) : episode_(e), size_(size) {
  // Start, can and what stands between them, with some room around; not more than the whole room.
  const Room& room = e.scene.room;
  const Object& can = e.scene.objects[static_cast<size_t>(e.scene.target)];
  double x0 = std::min(e.start.x, static_cast<double>(can.x)),
         x1 = std::max(e.start.x, static_cast<double>(can.x));
  double y0 = std::min(e.start.y, static_cast<double>(can.y)),
         y1 = std::max(e.start.y, static_cast<double>(can.y));
  for (const Object& o : e.scene.objects) {
    x0 = std::min(x0, static_cast<double>(o.x)), x1 = std::max(x1, static_cast<double>(o.x));
    y0 = std::min(y0, static_cast<double>(o.y)), y1 = std::max(y1, static_cast<double>(o.y));
  }
  const double whole = 1.12 * static_cast<double>(std::max(room.width, room.depth));
  const double side = std::min(std::max(x1 - x0, y1 - y0) + 1.1, whole);
  const auto centre = [&](double lo, double hi, double room_side) {
    const double c = (lo + hi) / 2, reach = side / 2 - 0.15;  // little of what lies outside of the walls
    return 2 * reach >= room_side ? room_side / 2 : std::min(std::max(c, reach), room_side - reach);
  };
  center_x_ = centre(x0, x1, static_cast<double>(room.width));
  center_y_ = centre(y0, y1, static_cast<double>(room.depth));
  const double height = 3.0 * side;  // from high above, so that walls lean little
  Lens lens = Lens::standard(size, size);
  lens.f = size * height / side;
  scale_ = lens.f / height;
  Renderer renderer(lens);
  renderer.set_cutaway(0.35f, srgb(236, 238, 241));
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
  s.key = 0.24f;
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
