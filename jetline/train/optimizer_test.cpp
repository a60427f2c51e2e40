#include "jetline/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace jetline {
namespace {

NetSpec one_conv() {
  NetSpec spec;
  jl_layer l = {};
  l.kind = JL_CONV;
  l.in_channels = l.out_channels = l.kernel = l.stride = l.groups = 1;
  l.weight = 0;
  l.beta = 1;
  l.gamma = l.mean = l.var = -1;
  spec.layers = {l};
  spec.parameter_count = 2;
  return spec;
}

TEST(AdamWTest, FirstTwoStepsByHand) {
  AdamW adam(one_conv(), 0.1, 1e9);
  std::vector<float> p = {1, 1};
  // Step 1: the bias-corrected moments are g and g^2, so the move is lr * sign(g); only the weight decays
  // first.
  adam.update(p, {0.5f, -2.f}, 1, 0.01);
  EXPECT_NEAR(p[0], 1 * (1 - 0.01 * 0.1) - 0.01, 1e-6);
  EXPECT_NEAR(p[1], 1 + 0.01, 1e-6);
  // Step 2 with g = 0: m = 0.09 g / 0.19, v = 0.000999 g^2 / 0.001999.
  const double before = p[1];
  adam.update(p, {0.f, 0.f}, 2, 0.01);
  EXPECT_NEAR(p[1] - before, 0.01 * (0.09 / 0.19) / std::sqrt(0.000999 / 0.001999), 1e-6);
}

TEST(AdamWTest, LongGradientsAreScaledDown) {
  AdamW a(one_conv(), 0, 1.0), b(one_conv(), 0, 1e9);
  std::vector<float> p = {0, 0}, q = {0, 0};
  a.update(p, {30, 40}, 1, 0.1);  // norm 50 becomes 1
  b.update(q, {0.6f, 0.8f}, 1, 0.1);
  EXPECT_NEAR(a.first[0], b.first[0], 1e-6);
  EXPECT_NEAR(a.second[1], b.second[1], 1e-6);
}

TEST(CosineLr, WarmsUpPeaksAndEndsLow) {
  EXPECT_NEAR(cosine_lr(0, 1000, 100, 1.0), 1.0 / 101, 1e-9);
  EXPECT_NEAR(cosine_lr(100, 1000, 100, 1.0), 1.0, 1e-9);
  EXPECT_NEAR(cosine_lr(550, 1000, 100, 1.0), 0.505, 1e-9);  // half way: (1 + 0.01) / 2
  EXPECT_NEAR(cosine_lr(1000, 1000, 100, 1.0), 0.01, 1e-9);
  EXPECT_NEAR(cosine_lr(5000, 1000, 100, 1.0), 0.01, 1e-9);
}

TEST(EmaTest, FollowsEarlyAndHoldsLate) {
  std::vector<float> average = {0};
  ema_update(average, {1}, 1, 0.998);
  EXPECT_GT(average[0], 0.98);  // after one step the start is forgotten
  average = {0};
  ema_update(average, {1}, 100000, 0.998);
  EXPECT_NEAR(average[0], 0.002, 1e-6);
}

}  // namespace
}  // namespace jetline
