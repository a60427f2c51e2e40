#include "jetline/train/validate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace jetline {
namespace {

Detection scored(Box box, float score) {
  Detection d;
  d.box = box;
  d.score = score;
  return d;
}

TEST(BestF1Threshold, HandComputed) {
  Dataset truth;
  truth.images.resize(2);
  for (LabelledImage& i : truth.images) {
    i.boxes.resize(1);
    i.boxes[0].box = {0, 0, 10, 10};
  }
  const Box right = {0, 0, 10, 9}, wrong = {20, 20, 30, 30};
  // Scores .9 right, .8 wrong, .6 right, .2 wrong, .1 a second hit on a box that is taken:
  // F1 after each: 2/3, 2/4, 4/5, 4/6, 4/7. Best after .6, half way to .2.
  std::vector<std::vector<Detection>> found = {
      {scored(right, 0.9f), scored(right, 0.1f)},
      {scored(wrong, 0.8f), scored(right, 0.6f), scored(wrong, 0.2f)}};
  EXPECT_NEAR(best_f1_threshold(truth, found, 0.35f), 0.4f, 1e-6);
  found = {{scored(wrong, 0.9f)}, {}};
  EXPECT_EQ(best_f1_threshold(truth, found, 0.35f), 0.35f);
  // A certain detector still leaves room below its scores, a hopeless one is not let down to zero.
  found = {{scored(right, 1.f)}, {scored(right, 0.99f)}};
  EXPECT_NEAR(best_f1_threshold(truth, found, 0.35f), 0.495f, 1e-6);
  found = {{scored(right, 0.03f)}, {}};
  EXPECT_EQ(best_f1_threshold(truth, found, 0.35f), 0.05f);
}

TEST(DecodePredictions, BackToThePictureWithSuppression) {
  // Two positions say the same object, one says nothing; the picture is twice the size of the input.
  const std::vector<Anchor> anchors = {{4, 4, 8}, {12, 4, 8}, {20, 4, 8}};
  const float size = std::log(2.f);
  const std::vector<float> p = {1, 0, size, 0, 2.f, /**/ 0, 0, size, 0, 1.f, /**/ 0, 0, 0, 0, -9.f};
  CachedImage image;
  image.width = 48;
  image.height = 16;
  image.geometry.scale_x = image.geometry.scale_y = 0.5;
  image.geometry.content_w = 24;
  image.geometry.content_h = 8;
  const auto found = decode_predictions(anchors, p.data(), 1, image, DecodeOptions());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].box.x1, 8, 1e-4);  // input 4..20, picture 8..40
  EXPECT_NEAR(found[0].box.x2, 40, 1e-4);
  EXPECT_NEAR(found[0].box.y2, 16, 1e-4);
  EXPECT_NEAR(found[0].score, 1 / (1 + std::exp(-2.0)), 1e-6);
}

}  // namespace
}  // namespace jetline
