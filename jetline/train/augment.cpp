#include "jetline/train/augment.h"

#include <algorithm>
#include <cmath>

namespace jetline {

ColorMatrix color_matrix(double brightness, double contrast, double saturation, double hue) {
  constexpr double kTurn = 6.283185307179586;
  const double c = std::cos(hue * kTurn), s = std::sin(hue * kTurn) / std::sqrt(3.0), u = (1 - c) / 3;
  // Rodrigues' rotation around (1,1,1)/sqrt(3).
  const double rotation[9] = {c + u, u - s, u + s, u + s, c + u, u - s, u - s, u + s, c + u};
  const double luma[3] = {0.299, 0.587, 0.114};
  ColorMatrix r;
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 3; ++k) {
      r.m[3 * i + k] =
          static_cast<float>(contrast * (saturation * rotation[3 * i + k] + (1 - saturation) * luma[k]));
    }
  }
  r.bias = static_cast<float>(brightness + (1 - contrast) * 127.5);
  return r;
}

Augmenter::Augmenter(const std::vector<CachedImage>& images, const InputSpec& spec,
                     const AugmentOptions& options)
    : images_(images), spec_(spec), options_(options), canvas_(spec.width, spec.height) {
  Random random(20240229);  // any fixed table will do: where it is read differs from picture to picture
  for (int i = 0; i < 8192; ++i) normals_.push_back(static_cast<float>(random.normal()));
}

Augmenter::Distortion Augmenter::draw_distortion(Random& random) const {
  Distortion d = {random.chance(options_.flip), random.chance(options_.geometry), 1, 1};
  if (!d.geometry) return d;
  // Uniform in the logarithm, so that halving and doubling are equally likely where the range allows both.
  d.zoom = std::exp(random.uniform(std::log(1 - options_.zoom / 2), std::log(1 + options_.zoom)));
  d.aspect = std::sqrt(1 + random.uniform(-options_.aspect, options_.aspect));
  return d;
}

Augmenter::Transform Augmenter::draw_transform(const CachedImage& image, const Frame& frame,
                                               Random& random) const {
  const double w = image.content.width(), h = image.content.height();
  const double fit = std::min(frame.width / w, frame.height / h);
  const Distortion d = draw_distortion(random);
  Transform t = {fit * d.zoom * d.aspect, fit * d.zoom / d.aspect, 0, 0};
  double shift_x = 0, shift_y = 0;
  if (d.geometry) {
    // What a zoom pushes out of the frame must be reachable by the shift.
    const double slack_x = std::fabs(w * t.scale_x - frame.width) / 2,
                 slack_y = std::fabs(h * t.scale_y - frame.height) / 2;
    shift_x = random.uniform(-1, 1) * (slack_x + options_.shift * frame.width);
    shift_y = random.uniform(-1, 1) * (slack_y + options_.shift * frame.height);
  }
  if (d.flip) t.scale_x = -t.scale_x;
  t.offset_x = frame.x + frame.width / 2.0 + shift_x - t.scale_x * w / 2;
  t.offset_y = frame.y + frame.height / 2.0 + shift_y - t.scale_y * h / 2;
  return t;
}

Augmenter::Transform Augmenter::draw_window(const CachedImage& image, const Frame& frame,
                                            Random& random) const {
  const double w = image.content.width(), h = image.content.height();
  const double fit = std::min({frame.width / w, frame.height / h, 1.0});
  const Distortion d = draw_distortion(random);
  const auto last = static_cast<int64_t>(image.boxes.size()) - 1;
  const Box* box = last < 0 ? nullptr : &image.boxes[static_cast<size_t>(random.integer(0, last))].box;
  // The largest scale, 1 at most, at which the object leaves a tenth of the window free.
  double room = 1;
  bool smaller = random.chance(0.3);
  if (box) {
    room = 0.9 * std::min(frame.width / double{box->width()}, frame.height / double{box->height()});
    smaller |= room < 1;
    room = std::max(fit, std::min(room, 1.0));
  }
  const double place = random.uniform(0, 1);
  const double scale = smaller ? fit * std::pow(room / fit, place) : 1;
  Transform t = {scale * d.zoom * d.aspect, scale * d.zoom / d.aspect, 0, 0};
  // Where the window's middle lies on the picture, one axis at a time.
  const bool around = random.chance(0.8) && box;
  const auto middle = [&](double size, double window, double low, double high) {
    const double at = random.uniform(-1, 1);
    if (!around) {
      return size / 2 + at * (std::fabs(size - window) / 2 + (d.geometry ? options_.shift * window : 0));
    }
    if (window >= size) return size / 2;
    const double free = std::max(0.0, window - (high - low)) / 2;
    return std::min(std::max((low + high) / 2 + at * free, window / 2), size - window / 2);
  };
  const double x = middle(w, frame.width / t.scale_x, box ? double{box->x1} : 0, box ? double{box->x2} : 0);
  const double y = middle(h, frame.height / t.scale_y, box ? double{box->y1} : 0, box ? double{box->y2} : 0);
  if (d.flip) t.scale_x = -t.scale_x;
  t.offset_x = frame.x + frame.width / 2.0 - t.scale_x * x;
  t.offset_y = frame.y + frame.height / 2.0 - t.scale_y * y;
  return t;
}

void Augmenter::warp(const CachedImage& image, const Frame& frame, const Transform& t,
                     std::vector<TrainBox>& boxes) {
  patch_.resize(frame.width, frame.height);
  // Maps are of pixel indices; continuous coordinates are half a pixel further.
  warp_.run(image.content, {1 / t.scale_x, (frame.x + 0.5 - t.offset_x) / t.scale_x - 0.5},
            {1 / t.scale_y, (frame.y + 0.5 - t.offset_y) / t.scale_y - 0.5},
            static_cast<int>(std::lrintf(std::min(std::max(spec_.pad, 0.f), 255.f))), patch_);
  for (int y = 0; y < frame.height; ++y) {
    std::copy_n(patch_.row(y), int64_t{3} * frame.width, canvas_.at(frame.x, frame.y + y));
  }
  for (const TrainBox& b : image.boxes) {
    double x1 = b.box.x1 * t.scale_x + t.offset_x, x2 = b.box.x2 * t.scale_x + t.offset_x;
    if (x1 > x2) std::swap(x1, x2);
    const double y1 = b.box.y1 * t.scale_y + t.offset_y, y2 = b.box.y2 * t.scale_y + t.offset_y;
    const Box clipped = {static_cast<float>(std::max(x1, double(frame.x))),
                         static_cast<float>(std::max(y1, double(frame.y))),
                         static_cast<float>(std::min(x2, double(frame.x + frame.width))),
                         static_cast<float>(std::min(y2, double(frame.y + frame.height)))};
    if (clipped.width() < 2 || clipped.height() < 2) continue;
    if (clipped.area() < 0.3 * (x2 - x1) * (y2 - y1)) continue;
    boxes.push_back({clipped, b.class_id});
  }
}

void Augmenter::finish(Random& random, float* out) {
  const AugmentOptions& o = options_;
  if (random.chance(o.blur)) blur_.run(canvas_, random.uniform(0.4, 1.3));
  const ColorMatrix c = color_matrix(
      255 * random.uniform(-o.brightness, o.brightness), 1 + random.uniform(-o.contrast, o.contrast),
      1 + random.uniform(-o.saturation, o.saturation), random.uniform(-o.hue, o.hue));
  const float noise = random.chance(o.noise) ? static_cast<float>(random.uniform(1, 8)) : 0.f;
  const int64_t pixels = int64_t{canvas_.width()} * canvas_.height();
  const uint8_t* p = canvas_.data();
  for (int64_t i = 0; i < pixels; ++i, p += 3, out += 3) {
    const float r = p[0], g = p[1], b = p[2];
    for (int k = 0; k < 3; ++k) {
      const float v = c.m[3 * k] * r + c.m[3 * k + 1] * g + c.m[3 * k + 2] * b + c.bias;
      out[k] = std::min(std::max(v, 0.f), 255.f);
    }
  }
  out -= 3 * pixels;
  if (noise > 0) {
    for (int64_t i = 0; i < 3 * pixels;) {  // runs from the table at random places
      size_t at = static_cast<size_t>(random.next() % (normals_.size() - 64));
      for (int k = 0; k < 64 && i < 3 * pixels; ++k, ++i) out[i] += noise * normals_[at++];
    }
  }
  for (int64_t i = 0; i < pixels; ++i, out += 3) {
    for (size_t k = 0; k < 3; ++k) out[k] = (out[k] - spec_.mean[k]) * spec_.scale[k];
  }
}

void Augmenter::run(size_t index, bool mosaic, Random& random, float* out, std::vector<TrainBox>& boxes) {
  boxes.clear();
  canvas_.resize(spec_.width, spec_.height);
  const bool four = random.chance(options_.mosaic) && mosaic;
  if (!four) {
    const Frame all = {0, 0, spec_.width, spec_.height};
    warp(images_[index], all, draw_transform(images_[index], all, random), boxes);
  } else {
    const int cx = static_cast<int>(random.uniform(0.35, 0.65) * spec_.width);
    const int cy = static_cast<int>(random.uniform(0.35, 0.65) * spec_.height);
    const Frame frames[4] = {{0, 0, cx, cy},
                             {cx, 0, spec_.width - cx, cy},
                             {0, cy, cx, spec_.height - cy},
                             {cx, cy, spec_.width - cx, spec_.height - cy}};
    for (int k = 0; k < 4; ++k) {
      const size_t i =
          k == 0 ? index : static_cast<size_t>(random.integer(0, static_cast<int64_t>(images_.size()) - 1));
      warp(images_[i], frames[k], draw_transform(images_[i], frames[k], random), boxes);
    }
  }
  finish(random, out);
}

void Augmenter::run_window(size_t index, int width, int height, Random& random, float* out,
                           std::vector<TrainBox>& boxes) {
  boxes.clear();
  canvas_.resize(width, height);
  const Frame all = {0, 0, width, height};
  warp(images_[index], all, draw_window(images_[index], all, random), boxes);
  finish(random, out);
}

}  // namespace jetline
