// From a picture to the tensor that enters the network, in one pass: bilinear resize, padding, channel order,
// normalisation, layout. Bilinear as OpenCV's INTER_LINEAR on 8-bit images (11-bit fixed-point weights, pixel
// centres, no antialiasing), within 1 level of cv::resize + cv::copyMakeBorder, then (level - mean) * scale.
//
// Threads: one thread at a time per Preprocessor. All memory of an image size is taken when that size is
// first seen; further frames of it allocate nothing. Ids: preprocess.size, preprocess.dtype.
#pragma once

#include <memory>

#include "jetline/base/status.h"
#include "jetline/graph/card.h"
#include "jetline/vision/detection.h"
#include "jetline/vision/image.h"

namespace jetline {

// Where the image lies in the tensor: tensor = image * scale + offset, in continuous pixel coordinates (a
// full image is 0,0,width,height). The content is the content_w x content_h rectangle at the offset; around
// it is padding.
struct FitGeometry {
  double scale_x = 1, scale_y = 1, offset_x = 0, offset_y = 0;
  int content_w = 0, content_h = 0;
  // A box in tensor pixels as a box in image pixels, clamped to the image of image_w x image_h.
  Box to_image(const Box& tensor_box, int image_w, int image_h) const;
  // A point in tensor pixels as a point in image pixels, not clamped (landmarks may lie outside).
  void to_image(float tensor_x, float tensor_y, float& image_x, float& image_y) const {
    image_x = static_cast<float>((tensor_x - offset_x) / scale_x);
    image_y = static_cast<float>((tensor_y - offset_y) / scale_y);
  }
  Box to_tensor(const Box& image_box) const;
};

// The geometry of an image of image_w x image_h in the tensor of `spec`. With r = min(W / w, H / h):
//   kStretch           content W x H
//   kLetterbox         content round(w r) x round(h r), halves to even; left and top padding floor((W - cw) /
//   2)
//                      (the letterbox of Ultralytics' YOLO: round(dw - 0.1))
//   kLetterboxTopLeft  content int(w r) x int(h r) at 0,0 (preproc of YOLOX)
// A content side is at least 1. The scale is content / image on each axis, which is what the resize does; the
// reference programs invert with r instead, which differs from it by less than one tensor pixel at the far
// edge. Precondition: image_w, image_h > 0.
FitGeometry fit_geometry(const InputSpec& spec, int image_w, int image_h);

class Preprocessor {
 public:
  // dtype float (32 bits), float16 or uint8 (rounded to nearest even, clamped to 0..255).
  static Result<Preprocessor> create(const InputSpec& spec);
  ~Preprocessor();
  Preprocessor(Preprocessor&&) noexcept;
  Preprocessor& operator=(Preprocessor&&) noexcept;

  // Fills `tensor`: one image of the spec's layout, dtype and size, tensor_bytes() long, aligned to its
  // element. `image` in any PixelFormat, not empty. A grey tensor of a colour image is 0.299 R + 0.587 G +
  // 0.114 B.
  void run(const ImageView& image, void* tensor);

  // Geometry of the last run().
  const FitGeometry& geometry() const;
  const InputSpec& spec() const;
  int channels() const;  // 1 for a grey tensor, else 3
  int64_t tensor_bytes() const;

 private:
  struct State;
  explicit Preprocessor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace jetline
