#include "jetline/vision/heads/heads_testing.h"

namespace jetline {
namespace {

using testing::HeadFixture;

TEST(JetlineHead, TakesBoxesAsTheyAreAndTheBestClass) {
  // Strides 8 and 16 of 64x32: 32 + 8 = 40 locations, three classes.
  HeadFixture f({1, 3, 32, 64}, {{"detections", {1, 40, 7}, {"Concat", "Exp", "Sigmoid"}}});
  ASSERT_EQ(f.recognised(), "jetline");
  float* a = &f.values[0][13 * 7];
  a[0] = 1, a[1] = 2, a[2] = 30, a[3] = 20, a[4] = 0.2f, a[5] = 0.6f, a[6] = 0.6f;
  f.values[0][39 * 7 + 4] = 0.3f;
  const Card card = f.defaults("jetline");
  EXPECT_EQ(card.head_params.at("strides"), (std::vector<double>{8, 16}));
  const auto d = f.decode(card, 0.25f);
  ASSERT_EQ(d.size(), 2u);
  testing::expect_box(d[0], 1, 2, 30, 20, 0);
  EXPECT_EQ(d[0].class_id, 1) << "equal classes: the lower one";
  EXPECT_FLOAT_EQ(d[0].score, 0.6f);
  EXPECT_EQ(d[1].class_id, 0);
}

TEST(JetlineHead, StridesOfTheCardMustFit) {
  HeadFixture f({1, 3, 32, 64}, {{"detections", {1, 40, 7}, {}}});
  Card card = f.defaults("jetline");
  card.head_params["strides"] = {16};
  EXPECT_EQ(f.bind(card).status().id(), "detect.head-mismatch");
  card.head_params["strides"] = {0};
  EXPECT_EQ(f.bind(card).status().id(), "detect.head-mismatch");
  card.head_params.clear();
  EXPECT_TRUE(f.bind(card).ok());
}

TEST(HeadRegistry, NamesAreUniqueAndFound) {
  for (const HeadKind* kind : head_registry()) EXPECT_EQ(find_head(kind->name), kind);
  EXPECT_EQ(head_registry().size(), 8u);
  EXPECT_EQ(find_head("ssd"), nullptr);
}

TEST(HeadRegistry, ClassifiersAndOddInputsHaveNoHead) {
  EXPECT_EQ(HeadFixture({1, 3, 64, 64}, {{"23", {1, 2}, {"Tanh"}}}).recognised(), "");
  EXPECT_EQ(HeadFixture({1, 40}, {{"detections", {1, 40, 7}, {}}}).recognised(), "");
  EXPECT_EQ(HeadFixture({1, 3, 64, 64}, {}).recognised(), "");
}

}  // namespace
}  // namespace jetline
