#include "jetline/vision/heads/heads_testing.h"

namespace jetline {
namespace {

using testing::HeadFixture;

// 64x32: strides 8, 16, 32 make 8*4 + 4*2 + 2*1 = 42 cells; two classes.
HeadFixture yolox_fixture(std::vector<std::string> tail = {"Concat", "Sigmoid"}) {
  return HeadFixture({1, 3, 32, 64}, {{"output", {1, 42, 7}, std::move(tail)}});
}

TEST(YoloxHead, HandComputedBoxes) {
  HeadFixture f = yolox_fixture();
  ASSERT_EQ(f.recognised(), "yolox");
  const Card card = f.defaults("yolox");
  EXPECT_EQ(card.input.order, ColorOrder::kBGR);
  EXPECT_EQ(card.input.fit, Fit::kLetterboxTopLeft);
  // Cell 10 of stride 8 is x = 2, y = 1. Centre (2.5, 1.25)*8 = (20, 10); size (e^ln2, e^0)*8 = (16, 8).
  float* a = &f.values[0][10 * 7];
  a[0] = 0.5f, a[1] = 0.25f, a[2] = 0.69314718f, a[3] = 0, a[4] = 0.8f, a[5] = 0.25f, a[6] = 0.75f;
  // Cell 41, the last, is x = 1, y = 0 of stride 32: centre (1-0.5, 0.5)*32 = (16, 16), size 32 x 16.
  float* b = &f.values[0][41 * 7];
  b[0] = -0.5f, b[1] = 0.5f, b[2] = 0, b[3] = -0.69314718f, b[4] = 1, b[5] = 0.5f, b[6] = 0.5f;
  // Objectness passes, the product does not.
  float* c = &f.values[0][3 * 7];
  c[4] = 0.9f, c[5] = 0.3f;
  const auto d = f.decode(card, 0.4f);
  ASSERT_EQ(d.size(), 2u);
  testing::expect_box(d[0], 12, 6, 28, 14);
  EXPECT_EQ(d[0].class_id, 1);
  EXPECT_NEAR(d[0].score, 0.6f, 1e-6);
  testing::expect_box(d[1], 0, 8, 32, 24);
  EXPECT_EQ(d[1].class_id, 0) << "equal classes: the lower one";
}

TEST(YoloxHead, DecodedInTheGraph) {
  HeadFixture f = yolox_fixture({"Concat", "Exp", "Sigmoid"});
  ASSERT_EQ(f.recognised(), "yolox");
  float* a = &f.values[0][10 * 7];
  a[0] = 20, a[1] = 10, a[2] = 16, a[3] = 8, a[4] = 1, a[5] = 0.5f;
  const auto d = f.decode(f.defaults("yolox"), 0.4f);
  ASSERT_EQ(d.size(), 1u);
  testing::expect_box(d[0], 12, 6, 28, 14);
}

TEST(YoloxHead, WrongCellCountIsNamed) {
  HeadFixture f({1, 3, 32, 64}, {{"output", {1, 41, 7}, {}}});
  EXPECT_EQ(f.recognised(), "");
  const auto head = f.bind(f.defaults("yolox"));
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.status().id(), "detect.head-mismatch");
  EXPECT_NE(head.status().message().find("42"), std::string::npos) << head.status().message();
}

}  // namespace
}  // namespace jetline
