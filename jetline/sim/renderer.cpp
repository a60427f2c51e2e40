#include "jetline/sim/renderer.h"

#include <algorithm>
#include <limits>

#include "jetline/sim/shapes.h"

namespace jetline::sim {
namespace {
// Room surfaces as they stand in id_.
enum RoomSurface { kFloorSurface = 0, kCeilingSurface = 1, kWallSurface = 2 /* + wall 0..3 */ };
constexpr int kFirstObjectId = 16;
}  // namespace

Renderer::Renderer(const Lens& lens) : lens_(lens) {
  const size_t n = static_cast<size_t>(lens.width) * static_cast<size_t>(lens.height);
  ray_x_.resize(n), ray_y_.resize(n), ray_z_.resize(n);
  for (int y = 0; y < lens.height; ++y) {
    for (int x = 0; x < lens.width; ++x) {
      const auto r = lens.ray(x + 0.5, y + 0.5);
      const size_t i = static_cast<size_t>(y) * static_cast<size_t>(lens.width) + static_cast<size_t>(x);
      ray_x_[i] = static_cast<float>(r[0]), ray_y_[i] = static_cast<float>(r[1]),
      ray_z_[i] = static_cast<float>(r[2]);
    }
  }
  radiance_.resize(n, f4(0));
  depth_.resize(n);
  id_.resize(n);
  pixel_angle_ = static_cast<float>(1 / lens.f);
  const auto w = static_cast<size_t>(lens.width);
  row_x_.resize(w), row_y_.resize(w), row_z_.resize(w), row_t_.resize(w), row_surface_.resize(w);
}

void Renderer::set_scene(const Scene& scene) {
  scene_ = scene;
  light_.bake(scene_);
  floor_texture_ = &floor_texture(scene_.room.floor);
  wall_texture_ = &wall_texture(scene_.room.wall);
  floor_mean_ = floor_texture_->mean() * scene_.room.floor_tint;
  wall_mean_ = wall_texture_->mean() * scene_.room.wall_tint;
  for (auto& wall : decals_) wall.clear();
  for (const Decal& d : scene_.room.decals) decals_[d.wall].push_back(d);
}

void Renderer::set_camera(const CameraPose& p) {
  at_ = p.at;
  forward_ = {std::cos(p.yaw) * std::cos(p.pitch), std::sin(p.yaw) * std::cos(p.pitch), std::sin(p.pitch)};
  const V3 right{std::sin(p.yaw), -std::cos(p.yaw), 0};
  const V3 down{forward_.y * right.z - forward_.z * right.y, forward_.z * right.x - forward_.x * right.z,
                forward_.x * right.y - forward_.y * right.x};
  right_ = right * std::cos(p.roll) + down * std::sin(p.roll);
  down_ = down * std::cos(p.roll) - right * std::sin(p.roll);
}

F4 Renderer::light_at(int surface, V3 p) const {
  if (surface == kFloorSurface) return light_.floor(p.x, p.y);
  if (surface == kCeilingSurface) {
    // Lamps hang below the ceiling: it lives from what the floor throws back.
    return direct_light(scene_, {p.x, p.y, 0.6f}, {0, 0, 1}) * 0.35f + scene_.ambient;
  }
  const int wall = surface - kWallSurface;
  return light_.wall(wall, wall < 2 ? p.y : p.x, p.z);
}

// Colour of the room's surface; `spot` is the width of the pixel on it, metres.
F4 Renderer::paint_at(int surface, V3 p, float spot) const {
  const Room& room = scene_.room;
  if (surface == kFloorSurface) {
    const float k = 1 / room.floor_scale;
    return floor_texture_->sample(p.x * k, p.y * k, spot * k) * room.floor_tint;
  }
  if (surface == kCeilingSurface) return room.ceiling;
  const int wall = surface - kWallSurface;
  const float s = wall < 2 ? p.y : p.x, z = p.z;
  if (z > cut_height_) return cut_color_;
  if (z < room.skirting) {
    const float groove = std::fabs(z - room.skirting * 0.82f) < 0.004f || z < 0.004f ? 0.6f : 1.0f;
    return room.skirting_color * groove;
  }
  const float under = z - room.skirting < 0.012f ? 0.8f : 1.0f;  // the board's shadow line
  for (const Decal& d : decals_[wall]) {
    if (s > d.s0 && s < d.s1 && z > d.z0 && z < d.z1) {
      const float u = (s - d.s0) / (d.s1 - d.s0), v = (z - d.z0) / (d.z1 - d.z0);
      return poster_texture(d.poster).sample(u * 0.992f + 0.004f, v * 0.992f + 0.004f, spot / (d.s1 - d.s0));
    }
  }
  const float k = 1 / room.wall_scale;
  return wall_texture_->sample(s * k, z * k, spot * k) * room.wall_tint * under;
}

// The scalar twin of draw_room_row, for single rays.
F4 Renderer::shade_room(V3 d, uint8_t& id) const {
  const Room& room = scene_.room;
  constexpr float kInf = std::numeric_limits<float>::max();
  const float tz = d.z < 0 ? -at_.z / d.z : d.z > 0 ? (room.height - at_.z) / d.z : kInf;
  const float tx = d.x < 0 ? -at_.x / d.x : d.x > 0 ? (room.width - at_.x) / d.x : kInf;
  const float ty = d.y < 0 ? -at_.y / d.y : d.y > 0 ? (room.depth - at_.y) / d.y : kInf;
  float t = tz, cosine = std::fabs(d.z);
  int surface = d.z < 0 ? kFloorSurface : kCeilingSurface;
  if (tx < t) t = tx, cosine = std::fabs(d.x), surface = kWallSurface + (d.x < 0 ? 0 : 1);
  if (ty < t) t = ty, cosine = std::fabs(d.y), surface = kWallSurface + (d.y < 0 ? 2 : 3);
  id = static_cast<uint8_t>(surface);
  const V3 p = at_ + d * t;
  return paint_at(surface, p, spot_width(t, cosine)) * light_at(surface, p);
}

void Renderer::draw_room_row(int y) {
  const Room& room = scene_.room;
  const int w = lens_.width;
  const size_t at = static_cast<size_t>(y) * static_cast<size_t>(w);
  const float* rx = ray_x_.data() + at;
  const float* ry = ray_y_.data() + at;
  const float* rz = ray_z_.data() + at;
  float *dx = row_x_.data(), *dy = row_y_.data(), *dz = row_z_.data(), *dt = row_t_.data();
  int* surface = row_surface_.data();
  const float w_left = room.width - at_.x, d_left = room.depth - at_.y, h_left = room.height - at_.z;
  for (int x = 0; x < w; ++x) {  // straight arithmetic: the compiler makes it four pixels wide
    const float vx = right_.x * rx[x] + down_.x * ry[x] + forward_.x * rz[x];
    const float vy = right_.y * rx[x] + down_.y * ry[x] + forward_.y * rz[x];
    const float vz = right_.z * rx[x] + down_.z * ry[x] + forward_.z * rz[x];
    const float tz = (vz < 0 ? -at_.z : h_left) / vz;
    const float tx = (vx < 0 ? -at_.x : w_left) / vx;
    const float ty = (vy < 0 ? -at_.y : d_left) / vy;
    const int sz = vz < 0 ? kFloorSurface : kCeilingSurface;
    const int sx = vx < 0 ? kWallSurface : kWallSurface + 1;
    const int sy = vy < 0 ? kWallSurface + 2 : kWallSurface + 3;
    const float t1 = tx < tz ? tx : tz;
    const int s1 = tx < tz ? sx : sz;
    dx[x] = vx, dy[x] = vy, dz[x] = vz;
    dt[x] = ty < t1 ? ty : t1;
    surface[x] = ty < t1 ? sy : s1;
  }
  for (int x0 = 0, x1; x0 < w; x0 = x1) {
    for (x1 = x0 + 1; x1 < w && surface[x1] == surface[x0];) ++x1;
    draw_run(surface[x0], at, x0, x1);
  }
}

// Pixels x0..x1 of a row that show one surface. Light changes slowly along it: it is computed at every fourth
// pixel and blended in between.
void Renderer::draw_run(int surface, size_t row, int x0, int x1) {
  constexpr int kStride = 4;
  const auto point = [&](int x) {
    const auto i = static_cast<size_t>(x);
    return V3{at_.x + row_x_[i] * row_t_[i], at_.y + row_y_[i] * row_t_[i], at_.z + row_z_[i] * row_t_[i]};
  };
  const std::vector<float>& axis = surface < kWallSurface       ? row_z_
                                   : surface < kWallSurface + 2 ? row_x_
                                                                : row_y_;
  F4 light = light_at(surface, point(x0));
  for (int x = x0; x < x1; x += kStride) {
    const int end = std::min(x + kStride, x1), ahead = std::min(x + kStride, x1 - 1);
    const F4 next = light_at(surface, point(ahead));
    const F4 slope = (next - light) * (ahead > x ? 1.0f / static_cast<float>(ahead - x) : 0.0f);
    const auto first = static_cast<size_t>(x);
    const float spot = spot_width(row_t_[first], std::fabs(axis[first]));
    for (int k = x; k < end; ++k) {
      const size_t i = row + static_cast<size_t>(k);
      radiance_[i] = paint_at(surface, point(k), spot) * light;
      depth_[i] = row_t_[static_cast<size_t>(k)];
      id_[i] = static_cast<uint8_t>(surface);
      light += slope;
    }
    light = next;
  }
}

Renderer::Rect Renderer::bounds(const Object& o, int margin) const {
  constexpr int kSides = 12;
  const float r = o.footprint() * 1.04f;  // the polygon encloses the circle
  double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
  for (int i = 0; i < 2 * kSides; ++i) {
    const double a = 2 * kPi * (i % kSides) / kSides;
    const V3 p = V3{o.x + r * static_cast<float>(std::cos(a)), o.y + r * static_cast<float>(std::sin(a)),
                    i < kSides ? 0 : o.top()} -
                 at_;
    double u, v;
    const float z = dot(p, forward_);
    if (!lens_.project(dot(p, right_), dot(p, down_), z, u, v) ||
        (lens_.kind == Lens::Kind::kPinhole && z < 0.02f)) {
      // Partly beside or behind the camera: nothing tighter is known than the picture and as much around it.
      const bool behind = z < -2 * r && dot(V3{o.x, o.y, 0} - at_, forward_) < -2 * r;
      if (behind) return {0, 0, 0, 0};
      return {-lens_.width, -lens_.height, 2 * lens_.width, 2 * lens_.height};
    }
    x0 = std::min(x0, u), x1 = std::max(x1, u), y0 = std::min(y0, v), y1 = std::max(y1, v);
  }
  const auto clip = [](double v, int n) {
    return static_cast<int>(std::min(std::max(v, -1.0 * n), 2.0 * n));
  };
  return {clip(std::floor(x0) - margin, lens_.width), clip(std::floor(y0) - margin, lens_.height),
          clip(std::ceil(x1) + margin, lens_.width), clip(std::ceil(y1) + margin, lens_.height)};
}

void Renderer::draw_object(int index) {
  const Object& o = scene_.objects[static_cast<size_t>(index)];
  const Rect r = bounds(o, 3);
  SurfaceHit hit;
  for (int y = std::max(r.y0, 0); y < std::min(r.y1, lens_.height); ++y) {
    for (int x = std::max(r.x0, 0); x < std::min(r.x1, lens_.width); ++x) {
      const size_t i = static_cast<size_t>(y) * static_cast<size_t>(lens_.width) + static_cast<size_t>(x);
      const V3 d = world(ray_x_[i], ray_y_[i], ray_z_[i]);
      if (!intersect(o, at_, d, depth_[i], hit)) continue;
      depth_[i] = hit.t;
      radiance_[i] = shade_object(o, d, hit);
      id_[i] = static_cast<uint8_t>(kFirstObjectId + 4 * index + hit.part);
    }
  }
}

F4 Renderer::trace(V3 d, const std::vector<int>& candidates) const {
  SurfaceHit hit, best;
  const Object* object = nullptr;
  for (int c : candidates) {
    const Object& o = scene_.objects[static_cast<size_t>(c)];
    if (intersect(o, at_, d, best.t, hit)) best = hit, object = &o;
  }
  uint8_t unused;
  return object ? shade_object(*object, d, best) : shade_room(d, unused);
}

void Renderer::refine_outlines() {
  const int w = lens_.width, h = lens_.height;
  std::vector<int> candidates;
  std::vector<Rect> rects;
  for (const Object& o : scene_.objects) rects.push_back(bounds(o, 3));
  static constexpr float kOffsets[4][2] = {
      {-.375f, -.125f}, {.125f, -.375f}, {.375f, .125f}, {-.125f, .375f}};
  for (int y = 0; y + 1 < h; ++y) {
    const uint8_t* row = id_.data() + static_cast<size_t>(y) * static_cast<size_t>(w);
    const uint8_t* below = row + w;
    const uint8_t* above = y ? row - w : row;
    for (int x = 0; x + 1 < w; ++x) {
      const uint8_t c = row[x];
      if (c == row[x + 1] && c == below[x] && c == above[x] && (x == 0 || c == row[x - 1])) continue;
      candidates.clear();
      for (size_t k = 0; k < rects.size(); ++k) {
        if (x >= rects[k].x0 && x < rects[k].x1 && y >= rects[k].y0 && y < rects[k].y1)
          candidates.push_back(static_cast<int>(k));
      }
      const size_t i = static_cast<size_t>(y) * static_cast<size_t>(w) + static_cast<size_t>(x);
      const size_t right = i + 1, down = i + static_cast<size_t>(w);
      F4 sum = f4(0);
      for (const auto& q : kOffsets) {
        const float a = q[0], b = q[1];
        sum += trace(world(ray_x_[i] + a * (ray_x_[right] - ray_x_[i]) + b * (ray_x_[down] - ray_x_[i]),
                           ray_y_[i] + a * (ray_y_[right] - ray_y_[i]) + b * (ray_y_[down] - ray_y_[i]),
                           ray_z_[i] + a * (ray_z_[right] - ray_z_[i]) + b * (ray_z_[down] - ray_z_[i])),
                     candidates);
      }
      radiance_[i] = sum * 0.25f;
    }
  }
}

void Renderer::render(const CameraPose& pose) {
  set_camera(pose);
  for (int y = 0; y < lens_.height; ++y) draw_room_row(y);
  for (size_t k = 0; k < scene_.objects.size(); ++k) draw_object(static_cast<int>(k));
  refine_outlines();
}

int Renderer::object_at(int x, int y) const {
  const int id = id_[static_cast<size_t>(y) * static_cast<size_t>(lens_.width) + static_cast<size_t>(x)];
  return id < kFirstObjectId ? -1 : (id - kFirstObjectId) / 4;
}

Truth Renderer::truth(int object) const {
  Truth truth;
  const Object& o = scene_.objects[static_cast<size_t>(object)];
  const Rect r = bounds(o, 2);
  int x0 = lens_.width, y0 = lens_.height, x1 = -1, y1 = -1;
  // A near can is counted on every n-th pixel: about 10,000 are enough for the fraction.
  const double area = std::max(0.0, static_cast<double>(r.x1 - r.x0) * (r.y1 - r.y0));
  const int step = std::max(1, static_cast<int>(std::sqrt(area / 10000)));
  int64_t whole = 0, seen = 0;
  SurfaceHit hit;
  for (int y = r.y0; y < r.y1; ++y) {
    for (int x = r.x0; x < r.x1; ++x) {
      const bool inside = x >= 0 && y >= 0 && x < lens_.width && y < lens_.height;
      const bool visible = inside && object_at(x, y) == object;
      if (visible) {
        ++truth.visible_pixels;
        x0 = std::min(x0, x), x1 = std::max(x1, x), y0 = std::min(y0, y), y1 = std::max(y1, y);
      }
      if ((x - r.x0) % step || (y - r.y0) % step) continue;
      seen += visible;
      if (visible) {
        ++whole;
        continue;
      }
      const auto ray = lens_.ray(x + 0.5, y + 0.5);
      const V3 d = world(static_cast<float>(ray[0]), static_cast<float>(ray[1]), static_cast<float>(ray[2]));
      whole += intersect(o, at_, d, 1e9f, hit);
    }
  }
  if (truth.visible_pixels == 0) return truth;
  truth.box = {static_cast<float>(x0), static_cast<float>(y0), static_cast<float>(x1 + 1),
               static_cast<float>(y1 + 1)};
  truth.visible = whole > 0 ? static_cast<double>(seen) / static_cast<double>(whole) : 0;
  return truth;
}

}  // namespace jetline::sim
