#include "jetline/train/picture_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "jetline/base/random.h"

namespace jetline {
namespace {

Image math_noise(int width, int height, Random& random) {
  Image image(width, height);
  for (int64_t i = 0; i < image.stride() * height; ++i) image.data()[i] = static_cast<uint8_t>(random.next());
  return image;
}

cv::Mat math_mat(Image& image) {
  return {image.height(), image.width(), CV_8UC3, image.data()};
}

int math_worst(const Image& a, const Image& b) {
  int worst = 0;
  for (int64_t i = 0; i < a.stride() * a.height(); ++i)
    worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
  return worst;
}

TEST(PictureMath, WarpIsOpenCvs) {
  Random random(5);
  PictureWarp warp;
  for (int round = 0; round < 400; ++round) {
    Image from =
        math_noise(static_cast<int>(random.integer(1, 90)), static_cast<int>(random.integer(1, 90)), random);
    Image ours(static_cast<int>(random.integer(1, 120)), static_cast<int>(random.integer(1, 120))),
        theirs = ours;
    const AxisMap x = {(random.chance(0.5) ? 1 : -1) * std::exp(random.uniform(-1.5, 1.5)),
                       random.uniform(-60, 120)};
    const AxisMap y = {std::exp(random.uniform(-1.5, 1.5)), random.uniform(-40, 60)};
    const int border = static_cast<int>(random.integer(0, 255));
    warp.run(from, x, y, border, ours);
    cv::Mat to = math_mat(theirs);
    cv::warpAffine(math_mat(from), to, cv::Matx23d(x.step, 0, x.start, 0, y.step, y.start), to.size(),
                   cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT, cv::Scalar::all(border));
    EXPECT_EQ(math_worst(ours, theirs), 0) << round;
  }
}

TEST(PictureMath, WarpOfNothingButShiftMovesPixels) {
  Random random(6);
  Image from = math_noise(7, 5, random), to(7, 5);
  PictureWarp().run(from, {1, -2}, {1, 1}, 9, to);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(to.at(2, 0)[c], from.at(0, 1)[c]);
    EXPECT_EQ(to.at(6, 3)[c], from.at(4, 4)[c]);
    EXPECT_EQ(to.at(1, 2)[c], 9);
    EXPECT_EQ(to.at(4, 4)[c], 9);
  }
}

TEST(PictureMath, BlurIsOpenCvs) {
  Random random(7);
  PictureBlur blur;
  for (int round = 0; round < 60; ++round) {
    Image ours =
        math_noise(static_cast<int>(random.integer(3, 80)), static_cast<int>(random.integer(3, 80)), random);
    Image theirs = ours;
    const double sigma = random.uniform(0.3, 3);
    blur.run(ours, sigma);
    cv::Mat all = math_mat(theirs);
    cv::GaussianBlur(all, all, cv::Size(5, 5), sigma);
    EXPECT_EQ(math_worst(ours, theirs), 0) << sigma;
  }
}

TEST(PictureMath, BlurKeepsAnEvenPicture) {
  Image image(9, 4);
  for (int64_t i = 0; i < image.stride() * 4; ++i) image.data()[i] = static_cast<uint8_t>(10 + 100 * (i % 3));
  const Image before = image;
  PictureBlur().run(image, 0.8);
  EXPECT_EQ(math_worst(image, before), 0);
}

}  // namespace
}  // namespace jetline
