#include "jetline/train/loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace jetline {
namespace {

TEST(QualityFocalLoss, HandComputed) {
  // p = 0.5, t = 1: |0.5|^2 * ln 2 = 0.1732868; derivative (p-t)^3 + 2 (p-t) p (1-p) ln 2 = -0.125 -
  // 0.1732868.
  ScoreLoss l = quality_focal_loss(0, 1);
  EXPECT_NEAR(l.value, 0.1732868, 1e-6);
  EXPECT_NEAR(l.gradient, -0.2982868, 1e-6);
  // p = 0.5, t = 0 is the mirror image.
  l = quality_focal_loss(0, 0);
  EXPECT_NEAR(l.value, 0.1732868, 1e-6);
  EXPECT_NEAR(l.gradient, 0.2982868, 1e-6);
  // A prediction that equals its target costs nothing and pulls nowhere.
  l = quality_focal_loss(std::log(0.8f / 0.2f), 0.8f);
  EXPECT_NEAR(l.value, 0, 1e-9);
  EXPECT_NEAR(l.gradient, 0, 1e-6);
}

TEST(QualityFocalLoss, GradientIsTheSlopeAndExtremesAreFinite) {
  for (float target : {0.f, 0.3f, 1.f}) {
    for (double x = -6; x <= 6; x += 0.7) {
      const double h = 1e-2;
      const double slope =
          (static_cast<double>(quality_focal_loss(static_cast<float>(x + h), target).value) -
           static_cast<double>(quality_focal_loss(static_cast<float>(x - h), target).value)) /
          (2 * h);
      EXPECT_NEAR(quality_focal_loss(static_cast<float>(x), target).gradient, slope, 2e-3)
          << x << " " << target;
    }
    for (float x : {-200.f, 200.f}) {
      EXPECT_TRUE(std::isfinite(quality_focal_loss(x, target).value));
      EXPECT_TRUE(std::isfinite(quality_focal_loss(x, target).gradient));
    }
  }
}

TEST(DistanceIouLoss, HandComputed) {
  const Anchor anchor = {20, 20, 8};
  // Prediction 16..24 squared (t = 0); truth the same: no loss.
  const float zero[4] = {0, 0, 0, 0};
  EXPECT_NEAR(distance_iou_loss(anchor, zero, {16, 16, 24, 24}).value, 0, 1e-6);
  // Truth 8 to the right and disjoint: IoU 0, centres 8 apart, enclosing box 16 x 8: 1 + 64 / 320.
  EXPECT_NEAR(distance_iou_loss(anchor, zero, {24, 16, 32, 24}).value, 1.2, 1e-6);
  // Truth shifted by half a width: IoU 32 / 96, d^2 = 16, c^2 = 144 + 64: 1 - 1/3 + 16/208.
  EXPECT_NEAR(distance_iou_loss(anchor, zero, {20, 16, 28, 24}).value, 1 - 1.0 / 3 + 16.0 / 208, 1e-6);
}

TEST(DistanceIouLoss, GradientIsTheSlope) {
  const Anchor anchor = {100, 60, 16};
  const Box truths[] = {{80, 30, 140, 90}, {104, 63, 109, 70}, {300, 200, 340, 230}};
  for (const Box& truth : truths) {
    float t[4] = {0.3f, -0.4f, 0.7f, 0.2f};
    const BoxLoss l = distance_iou_loss(anchor, t, truth);
    for (int k = 0; k < 4; ++k) {
      const float keep = t[k];
      t[k] = keep + 1e-2f;
      const double up = distance_iou_loss(anchor, t, truth).value;
      t[k] = keep - 1e-2f;
      const double down = distance_iou_loss(anchor, t, truth).value;
      t[k] = keep;
      EXPECT_NEAR(l.gradient[k], (up - down) / 2e-2, 3e-3) << "value " << k;
    }
  }
}

TEST(DistanceIouLoss, HugePredictionStaysFinite) {
  const float t[4] = {1, 1, 500, 500};
  const BoxLoss l = distance_iou_loss({8, 8, 8}, t, {0, 0, 4, 4});
  EXPECT_TRUE(std::isfinite(l.value));
  for (float g : l.gradient) EXPECT_TRUE(std::isfinite(g));
}

std::vector<Anchor> grid_anchors() {
  std::vector<Anchor> a;
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x)
      a.push_back({8.f * static_cast<float>(x) + 4, 8.f * static_cast<float>(y) + 4, 8});
  }
  return a;
}

TEST(Assigner, TakesTheBestInsideAndNormalises) {
  const auto anchors = grid_anchors();
  std::vector<float> p(16 * 5, 0.f);  // every position predicts its own cell, score 0.5
  // Box of exactly cell 5 (8..16 squared). Candidates lie within a stride of its centre (12, 12): cell 5
  // only, because its neighbours' centres are exactly 8 away.
  Assigner one;
  auto r = one.assign(anchors, p.data(), 1, std::vector<TrainBox>{{{8, 8, 16, 16}, 0}});
  ASSERT_EQ(r.size(), 1u);
  EXPECT_EQ(r[0].position, 5);
  EXPECT_NEAR(r[0].target, 1, 1e-6);  // its own metric is the best, its IoU 1
  // Four cells 8..24: each predicts a quarter, IoU 1/4, all metrics equal: every target is the best IoU.
  r = one.assign(anchors, p.data(), 1, std::vector<TrainBox>{{{8, 8, 24, 24}, 0}});
  ASSERT_EQ(r.size(), 4u);
  for (const Assigned& a : r) EXPECT_NEAR(a.target, 0.25, 1e-6);
  // A position that predicts the box exactly takes target 1, and the others (1/4)^6 of it.
  p[5 * 5 + 0] = p[5 * 5 + 1] = 0.5f;
  p[5 * 5 + 2] = p[5 * 5 + 3] = std::log(2.f);
  r = one.assign(anchors, p.data(), 1, std::vector<TrainBox>{{{8, 8, 24, 24}, 0}});
  ASSERT_EQ(r.size(), 4u);
  EXPECT_EQ(r[0].position, 5);
  EXPECT_NEAR(r[0].target, 1, 1e-5);
  EXPECT_NEAR(r[1].target, std::pow(0.25, 6), 1e-6);
}

TEST(Assigner, TopKAndConflicts) {
  const auto anchors = grid_anchors();
  const std::vector<float> p(16 * 5, 0.f);
  AssignOptions options;
  options.top_k = 3;
  Assigner assigner(options);
  auto r = assigner.assign(anchors, p.data(), 1, std::vector<TrainBox>{{{0, 0, 32, 32}, 0}});
  ASSERT_EQ(r.size(), 3u);
  EXPECT_EQ(r[0].position, 0);  // equal metrics: the lower index
  // Two boxes want cell 5; it goes to the one it overlaps more.
  Assigner all;
  r = all.assign(anchors, p.data(), 1, std::vector<TrainBox>{{{0, 0, 32, 32}, 0}, {{8, 8, 16, 16}, 0}});
  for (const Assigned& a : r) EXPECT_EQ(a.truth, a.position == 5 ? 1 : 0) << a.position;
  EXPECT_TRUE(all.assign(anchors, p.data(), 1, std::vector<TrainBox>{}).empty());
}

TEST(DetectionLoss, GradientIsTheSlopeWhileTheAssignmentHolds) {
  // Without truths the loss is the score part alone; with one the box part joins. Slopes by finite
  // differences of values that do not change who is assigned (class logits of unassigned positions).
  const auto anchors = grid_anchors();
  DetectionLoss loss(anchors, 2);
  std::vector<float> p(2 * 16 * 6, 0.1f), g, unused;
  const std::vector<std::vector<TrainBox>> truths = {{{{8, 8, 16, 16}, 1}}, {}};
  const LossValue v = loss.compute(p, truths, g);
  EXPECT_GT(v.score, 0);
  EXPECT_GT(v.box, 0);
  EXPECT_NEAR(v.total, v.score + v.box, 1e-9);
  for (size_t at : {size_t{4}, size_t{6 * 3 + 5}, size_t{16 * 6 + 6 * 7 + 4}}) {
    const float keep = p[at];
    p[at] = keep + 1e-2f;
    const double up = loss.compute(p, truths, unused).total;
    p[at] = keep - 1e-2f;
    const double down = loss.compute(p, truths, unused).total;
    p[at] = keep;
    EXPECT_NEAR(g[at], (up - down) / 2e-2, 1e-3) << at;
  }
  // Positions without a truth have no opinion about boxes.
  EXPECT_EQ(g[0], 0);
  EXPECT_NE(g[5 * 6], 0);
}

}  // namespace
}  // namespace jetline
