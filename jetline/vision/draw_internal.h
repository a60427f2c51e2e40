// Shared by the drawing sources: Images as OpenCV sees them.
#pragma once

#include <opencv2/core.hpp>

#include "jetline/vision/draw.h"

namespace jetline {

cv::Mat draw_mat(Image& image);  // shares the pixels
cv::Scalar draw_scalar(const Image& image, Rgb color);

}  // namespace jetline
