// One random picture for training: scene, camera pose and lens faults, drawn from a Random. What is drawn
// from which range stands in docs/sim.md.
#pragma once

#include "jetline/base/random.h"
#include "jetline/devices/lens.h"
#include "jetline/sim/scene.h"
#include "jetline/sim/sensor.h"

namespace jetline::sim {

struct View {
  Scene scene;
  CameraPose pose;
  SensorSettings sensor;
};

struct ViewOptions {
  bool with_can = true;
  double min_height_px = 10;
};

View random_view(const Lens& lens, const ViewOptions& options, Random& random);

// Lens and sensor faults as cheap cameras have them; `scale` is the picture's width over 640.
SensorSettings random_sensor(Random& random, double scale);

// Whether an upright cylinder of radius `r` at (x, y) stands inside the room and clear of all objects by
// `gap`.
bool is_free(const Scene& scene, float x, float y, float r, float gap);

}  // namespace jetline::sim
