// From light to the picture a cheap camera delivers: motion and lens blur, vignetting, exposure and white
// balance, photon noise, tone curve, 8 bits. Deterministic for a given Random.
//
// Threads: one thread at a time per Sensor; memory is taken at the first frame of a size.
#pragma once

#include <vector>

#include "jetline/base/random.h"
#include "jetline/sim/vec.h"
#include "jetline/vision/image.h"

namespace jetline::sim {

struct SensorSettings {
  float exposure = 0;      // factor on the light; 0: automatic, `key` becomes the mean
  float key = 0.17f;       // linear mean that automatic exposure aims at
  float motion_x = 0;      // pixels that the picture moves to the side while the shutter is open
  float blur = 0.5f;       // deviation of the lens's spot, pixels
  float vignette = 0.25f;  // light lost in the corners, 0..1
  float noise =
      0.012f;  // deviation at full scale after the square root (photon noise), 0.005 good .. 0.05 dark
  F4 white_balance = F4{1, 1, 1, 0};
  float contrast = 1;  // exponent of the tone curve, 0.8..1.25
};

class Sensor {
 public:
  // `light`: width x height linear pixels. `out` becomes RGB of that size. Returns the exposure used.
  float develop(const std::vector<F4>& light, int width, int height, const SensorSettings& settings,
                Random& random, Image& out);

 private:
  void blur_rows(int width, int height, float motion, float sigma);
  std::vector<F4> a_, b_;
  std::vector<float> falloff_;
  std::vector<uint8_t> curve_;
  float curve_contrast_ = -1;
  std::vector<F4> noise_;
  int width_ = 0, height_ = 0;
};

}  // namespace jetline::sim
