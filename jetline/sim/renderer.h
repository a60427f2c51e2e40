// Draws a scene as a camera sees it, in linear light, and knows of every pixel what it shows: that is where
// the labels come from. Ray casting against analytic shapes on one core; pixels at outlines are refined with
// four more rays. The same scene and pose give the same pixels.
//
// Threads: one thread at a time per Renderer; textures are shared. No errors: every finite input gives a
// picture.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/devices/lens.h"
#include "jetline/sim/lightmap.h"
#include "jetline/sim/scene.h"
#include "jetline/sim/texture.h"
#include "jetline/vision/detection.h"

namespace jetline::sim {

// What a picture shows of one object. The box encloses its visible pixels (empty when there are none).
struct Truth {
  Box box;
  int64_t visible_pixels = 0;
  // Visible part of the silhouette that it would have alone and without the picture's border, 0..1.
  double visible = 0;
};

class Renderer {
 public:
  explicit Renderer(const Lens& lens);

  // Takes a copy and computes the light; call again when something moved.
  void set_scene(const Scene& scene);
  void render(const CameraPose& pose);
  // Walls end at this height and `around` is seen above them: for views into the room from above.
  void set_cutaway(float height, F4 around) { cut_height_ = height, cut_color_ = around; }

  const Lens& lens() const { return lens_; }
  const Scene& scene() const { return scene_; }
  // Of the last render(): linear light, row by row, width x height; about 0.2 for a middle grey in good
  // light.
  const std::vector<F4>& radiance() const { return radiance_; }
  // Of the last render(): index of the object in each pixel, -1 for the room.
  int object_at(int x, int y) const;
  Truth truth(int object) const;

 private:
  struct Rect {
    int x0, y0, x1, y1;  // half-open
  };
  void set_camera(const CameraPose& pose);
  void draw_room_row(int y);
  void draw_run(int surface, size_t row, int x0, int x1);
  void draw_object(int index);
  void refine_outlines();
  F4 shade_room(V3 direction, uint8_t& id) const;
  F4 light_at(int surface, V3 p) const;
  F4 paint_at(int surface, V3 p, float spot) const;
  F4 shade_object(const Object& object, V3 direction, const struct SurfaceHit& hit) const;
  // Width of a pixel on a surface; the root is a compromise between its long and its short side.
  float spot_width(float t, float cosine) const {
    return t * pixel_angle_ / std::sqrt(cosine > 0.02f ? cosine : 0.02f);
  }
  F4 environment(V3 direction) const;
  F4 trace(V3 direction, const std::vector<int>& candidates) const;
  Rect bounds(const Object& object, int margin) const;  // not clipped to the picture
  V3 world(float rx, float ry, float rz) const { return right_ * rx + down_ * ry + forward_ * rz; }

  Lens lens_;
  Scene scene_;
  Lightmap light_;
  std::vector<float> ray_x_, ray_y_, ray_z_;  // camera frame, unit length
  std::vector<F4> radiance_;
  std::vector<float> depth_;
  std::vector<uint8_t> id_;  // 0..5 room surfaces, 16 + 4 object + part
  V3 at_, right_, down_, forward_;
  float pixel_angle_ = 0;
  float cut_height_ = 1e9f;
  F4 cut_color_ = F4{0, 0, 0, 0};
  F4 floor_mean_, wall_mean_;
  const Texture* floor_texture_ = nullptr;
  const Texture* wall_texture_ = nullptr;
  std::vector<Decal> decals_[4];  // by wall
  std::vector<float> row_x_, row_y_, row_z_, row_t_;
  std::vector<int> row_surface_;
};

}  // namespace jetline::sim
