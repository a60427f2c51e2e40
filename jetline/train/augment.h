// Random changes to a training picture: mirror, zoom, stretch and shift in one warp; brightness, contrast,
// saturation and hue in one colour matrix; blur; noise; four pictures in one (mosaic, Bochkovskiy et al.
// 2020). The result is a pure function of the pictures, the options and the Random handed in.
//
// Threads: an Augmenter keeps scratch memory, one thread at a time.
#pragma once

#include <vector>

#include "jetline/base/random.h"
#include "jetline/train/image_cache.h"
#include "jetline/train/picture_math.h"
#include "jetline/train/train.h"

namespace jetline {

class Augmenter {
 public:
  Augmenter(const std::vector<CachedImage>& images, const InputSpec& spec, const AugmentOptions& options);
  // Writes one network input (height x width x 3 floats) and its true boxes in input pixels. Boxes of which
  // less than 30 % is left inside, or that are under 2 pixels wide or high, are dropped. `mosaic`: allowed
  // now.
  void run(size_t index, bool mosaic, Random& random, float* out, std::vector<TrainBox>& boxes);
  // The same for a window of width x height (at most the input's) on the picture, so that most of what a step
  // works on is near an object. Seven windows in ten show the network's own scale; the others, and all for an
  // object that would not fit, a scale between that and the one at which the whole picture fits. Eight in ten
  // lie around an object, which may be anywhere inside them; the others, and those of a picture without
  // objects, anywhere. Zoom, stretch, mirror and colours as for whole pictures, no mosaic.
  void run_window(size_t index, int width, int height, Random& random, float* out,
                  std::vector<TrainBox>& boxes);

 private:
  struct Frame {  // target rectangle in input pixels
    int x, y, width, height;
  };
  struct Transform {  // input = content * scale + offset, mirrored when scale_x < 0
    double scale_x, scale_y, offset_x, offset_y;
  };
  struct Distortion {
    bool flip, geometry;
    double zoom, aspect;  // factors; 1 without geometry
  };
  Distortion draw_distortion(Random& random) const;
  Transform draw_transform(const CachedImage& image, const Frame& frame, Random& random) const;
  Transform draw_window(const CachedImage& image, const Frame& frame, Random& random) const;
  void warp(const CachedImage& image, const Frame& frame, const Transform& t, std::vector<TrainBox>& boxes);
  void finish(Random& random, float* out);

  const std::vector<CachedImage>& images_;
  InputSpec spec_;
  AugmentOptions options_;
  Image canvas_, patch_;
  PictureWarp warp_;
  PictureBlur blur_;
  std::vector<float> normals_;  // table of unit normals for the noise
};

// Row-major 3x3 matrix and a bias for RGB levels: `hue` in turns, the others as factors (1: unchanged);
// brightness in levels. Hue turns around the grey axis; saturation mixes with the luma of BT.601.
struct ColorMatrix {
  float m[9];
  float bias;
};
ColorMatrix color_matrix(double brightness, double contrast, double saturation, double hue);

}  // namespace jetline
