#include "jetline/vision/heads/heads_testing.h"

namespace jetline {
namespace {

using testing::HeadFixture;

// 64x32: 32, 8 and 2 cells; two classes, 8 bins.
HeadFixture nanodet_fixture(std::vector<std::string> tail = {"Sigmoid"}) {
  return HeadFixture({1, 3, 32, 64}, {{"cls_pred_stride_8", {1, 32, 2}, tail},
                                      {"cls_pred_stride_16", {1, 8, 2}, tail},
                                      {"cls_pred_stride_32", {1, 2, 2}, tail},
                                      {"dis_pred_stride_8", {1, 32, 32}, {}},
                                      {"dis_pred_stride_16", {1, 8, 32}, {}},
                                      {"dis_pred_stride_32", {1, 2, 32}, {}}});
}

TEST(NanoDetHead, HandComputedBox) {
  HeadFixture f = nanodet_fixture();
  ASSERT_EQ(f.recognised(), "nanodet");
  const Card card = f.defaults("nanodet");
  EXPECT_EQ(card.input.fit, Fit::kLetterbox);
  EXPECT_FLOAT_EQ(card.input.mean[0], 103.53f);
  f.values[1][5 * 2 + 1] = 0.9f;  // stride 16, cell 5: x = 1, y = 1, centre (24, 24)
  float* side = &f.values[4][5 * 32];
  side[0 * 8 + 1] = 100;                            // left: all mass on bin 1 -> 16 px
  side[1 * 8 + 0] = 100;                            // top: bin 0 -> 0 px
  side[2 * 8 + 2] = side[2 * 8 + 3] = 100;          // right: half bin 2, half bin 3 -> 2.5 * 16 = 40 px
  for (int k = 0; k < 8; ++k) side[3 * 8 + k] = 7;  // bottom: uniform, mean 3.5 -> 56 px
  const auto d = f.decode(card, 0.35f);
  ASSERT_EQ(d.size(), 1u);
  testing::expect_box(d[0], 8, 24, 64, 80);
  EXPECT_EQ(d[0].class_id, 1);
  EXPECT_FLOAT_EQ(d[0].score, 0.9f);
}

TEST(NanoDetHead, AppliesTheSigmoidWhereTheGraphDoesNot) {
  HeadFixture f = nanodet_fixture({"Reshape"});
  for (size_t i = 0; i < 3; ++i) std::fill(f.values[i].begin(), f.values[i].end(), -20.f);
  f.values[0][0] = 2.1972246f;  // sigmoid = 0.9
  const auto d = f.decode(f.defaults("nanodet"), 0.35f);
  ASSERT_EQ(d.size(), 1u);
  EXPECT_NEAR(d[0].score, 0.9f, 1e-5);
}

TEST(NanoDetHead, PlusHasOneOutputAndCornerCells) {
  // Strides 8 to 64 of 64x64: 64 + 16 + 4 + 1 = 85 cells; 3 classes + 32.
  HeadFixture f({1, 3, 64, 64}, {{"output", {1, 85, 35}, {"Sigmoid"}}});
  ASSERT_EQ(f.recognised(), "nanodet");
  const Card card = f.defaults("nanodet");
  EXPECT_EQ(card.input.fit, Fit::kStretch);
  float* row = &f.values[0][(64 + 6) * 35];  // stride 16, cell 6: x = 2, y = 1 -> (32, 16)
  row[2] = 0.5f;
  for (int side = 0; side < 4; ++side) row[3 + side * 8 + 1] = 100;  // 16 px each way
  const auto d = f.decode(card, 0.35f);
  ASSERT_EQ(d.size(), 1u);
  testing::expect_box(d[0], 16, 0, 48, 32);
  EXPECT_EQ(d[0].class_id, 2);
}

TEST(NanoDetHead, MissingLevelIsAMismatch) {
  HeadFixture f = nanodet_fixture();
  f.facts.outputs.pop_back();
  EXPECT_EQ(f.recognised(), "");
  EXPECT_EQ(f.bind(f.defaults("nanodet")).status().id(), "detect.head-mismatch");
}

}  // namespace
}  // namespace jetline
