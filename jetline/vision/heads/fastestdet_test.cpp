#include <cmath>

#include "jetline/vision/heads/heads_testing.h"

namespace jetline {
namespace {

using testing::HeadFixture;

// 64x32 at stride 16: a 4x2 grid; channels objectness, 4 box values, 3 classes.
HeadFixture fastestdet_fixture() {
  return HeadFixture({1, 3, 32, 64}, {{"758", {1, 8, 2, 4}, {"Concat", "Softmax"}}});
}

TEST(FastestDetHead, HandComputedBox) {
  HeadFixture f = fastestdet_fixture();
  ASSERT_EQ(f.recognised(), "fastestdet");
  const Card card = f.defaults("fastestdet");
  EXPECT_EQ(card.input.fit, Fit::kStretch);
  EXPECT_FLOAT_EQ(card.input.scale[0], 1 / 255.f);
  const size_t cells = 8, i = 6;  // x = 2, y = 1
  auto& v = f.values[0];
  v[0 * cells + i] = 0.81f;
  v[1 * cells + i] = 0.54930614f;   // tanh = 0.5
  v[2 * cells + i] = -0.54930614f;  // tanh = -0.5
  v[3 * cells + i] = 0;             // sigmoid = 0.5 -> 32 px wide
  v[4 * cells + i] = 1.0986123f;    // sigmoid = 0.75 -> 24 px high
  v[5 * cells + i] = 0.2f, v[6 * cells + i] = 0.1f, v[7 * cells + i] = 0.7f;
  const auto d = f.decode(card, 0.25f);
  ASSERT_EQ(d.size(), 1u);
  // Centre ((2+0.5)/4*64, (1-0.5)/2*32) = (40, 8).
  testing::expect_box(d[0], 24, -4, 56, 20);
  EXPECT_EQ(d[0].class_id, 2);
  // 0.81^0.6 * 0.7^0.4 by hand: exp(0.6*ln 0.81 + 0.4*ln 0.7) = exp(-0.126433 - 0.142670) = 0.764064.
  EXPECT_NEAR(d[0].score, 0.764064f, 2e-5);
}

TEST(FastestDetHead, EarlyRejectionLosesNothingAtTheThreshold) {
  HeadFixture f = fastestdet_fixture();
  auto& v = f.values[0];
  // Class score 1: the score is objectness^0.6, just above and below the threshold.
  for (size_t i = 0; i < 8; ++i) v[5 * 8 + i] = 1;
  v[0] = std::pow(0.501f, 1 / 0.6f);
  v[1] = std::pow(0.499f, 1 / 0.6f);
  EXPECT_EQ(f.decode(f.defaults("fastestdet"), 0.5f).size(), 1u);
  EXPECT_EQ(f.decode(f.defaults("fastestdet"), 0.0f).size(), 2u) << "only positive scores are above 0";
}

TEST(FastestDetHead, OtherMapsAreNotTakenForIt) {
  EXPECT_EQ(HeadFixture({1, 3, 32, 64}, {{"seg", {1, 21, 32, 64}, {"Softmax"}}}).recognised(), "");
  EXPECT_EQ(HeadFixture({1, 3, 32, 64}, {{"features", {1, 64, 2, 4}, {"Relu"}}}).recognised(), "");
  HeadFixture f({1, 3, 32, 64}, {{"o", {1, 5, 2, 4}, {}}});
  EXPECT_EQ(f.bind(f.defaults("fastestdet")).status().id(), "detect.head-mismatch");
}

}  // namespace
}  // namespace jetline
