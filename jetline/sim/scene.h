// What the simulated camera looks at: one rectangular room, its lights, and things standing on the floor.
// Plain values, metres, world frame x and y on the floor (room corner at the origin), z up.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/random.h"
#include "jetline/sim/vec.h"

namespace jetline::sim {

enum class Shape { kCan, kCylinder, kBox, kSphere, kCone };

// A drink can of 330 ml: 66 mm across, 115 mm high (DIN EN standard body).
constexpr float kCanRadius = 0.033f;
constexpr float kCanHeight = 0.115f;

// An object stands on the floor at (x, y). Cylinder, can and cone: radius and height; sphere: radius; box:
// half extents hx, hy turned by yaw, and height.
struct Object {
  Shape shape = Shape::kCan;
  float x = 0, y = 0, yaw = 0;
  float radius = kCanRadius, height = kCanHeight;
  float hx = 0, hy = 0;
  int label = 0;    // cans: label_texture design
  int pattern = 0;  // others: 0 plain, 1 stripes, 2 two-tone, 3 cardboard print
  F4 color = F4{0.5f, 0.5f, 0.5f, 0}, color2 = F4{0.8f, 0.8f, 0.8f, 0};
  float gloss = 0.3f;        // 0 matt .. 1 shiny
  std::string name = "can";  // for pictures and reports

  // Radius of the smallest upright cylinder around it.
  float footprint() const { return shape == Shape::kBox ? std::hypot(hx, hy) : radius; }
  float top() const { return shape == Shape::kSphere ? 2 * radius : height; }
};

struct Light {
  V3 at;
  float radius = 0.15f;  // half-width of the lamp: how soft its shadows are
  F4 power;              // irradiance at 1 m, linear
};

struct Decal {                           // picture on a wall
  int wall = 0;                          // 0: x = 0, 1: x = width, 2: y = 0, 3: y = depth
  float s0 = 0, s1 = 0, z0 = 0, z1 = 0;  // extent along the wall and in height
  int poster = 0;
};

struct Room {
  float width = 5, depth = 5, height = 2.5f;
  int floor = 0, wall = 0;
  F4 floor_tint = F4{1, 1, 1, 0}, wall_tint = F4{1, 1, 1, 0}, ceiling = F4{.8f, .8f, .8f, 0};
  float floor_scale = 1.2f, wall_scale = 1.5f;  // metres that one tile of texture covers
  float skirting = 0.07f;                       // height of the skirting board, 0: none
  F4 skirting_color = F4{.7f, .7f, .7f, 0};
  std::vector<Decal> decals;
};

struct Scene {
  Room room;
  std::vector<Light> lights;
  F4 ambient = F4{.3f, .3f, .3f, 0};
  std::vector<Object> objects;
  int target = -1;  // index of the can to be found, -1: none
};

// Where and how the camera stands. yaw: direction on the floor, 0 along +x, counter-clockwise; pitch:
// upwards; roll: clockwise seen from behind. Radians.
struct CameraPose {
  V3 at;
  float yaw = 0, pitch = 0, roll = 0;
};

// A room of random size, finish and light, without objects.
Scene random_room(Random& random, float min_side, float max_side);
// The can to be found, turned at random.
Object target_can(Random& random);
// A distractor: kSameColor (red, but no can), kSameShape (a can of another brand), kAny (neither).
enum class Distractor { kSameColor, kSameShape, kAny };
Object random_distractor(Distractor kind, Random& random);

}  // namespace jetline::sim
