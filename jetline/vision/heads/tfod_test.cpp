#include "jetline/vision/heads/heads_testing.h"

namespace jetline {
namespace {

using testing::HeadFixture;

std::vector<testing::FakeOutput> tfod_fake_outputs(bool own) {
  std::vector<testing::FakeOutput> out = {{"detection_boxes", {1, 3, 4}, {"Concat"}},
                                          {"detection_classes", {1, 3}, {"Add"}},
                                          {"detection_scores", {1, 3}, {"TopK"}}};
  if (own) out.push_back({"num_detections", {1}, {"ReduceSum"}});
  return out;
}

TEST(TfodHead, ReadsTensorFlowsOwnOutputs) {
  HeadFixture f({1, 100, 200, 3}, tfod_fake_outputs(true));
  ASSERT_EQ(f.recognised(), "tfod");
  Card card = f.defaults("tfod");
  EXPECT_EQ(card.head_params["first_class"], std::vector<double>{1});
  card.input.width = 200;
  card.input.height = 100;
  const float boxes[] = {0.1f, 0.2f, 0.3f, 0.4f, 0, 0, 1, 1, 0.5f, 0.5f, 0.6f, 0.6f};
  std::copy(std::begin(boxes), std::end(boxes), f.values[0].begin());
  f.values[1] = {3, 1, 0};  // the last is padding: no class has the id 0
  f.values[2] = {0.9f, 0.2f, 0.8f};
  const auto d = f.decode(card, 0.5f);
  ASSERT_EQ(d.size(), 1u);
  EXPECT_EQ(d[0].class_id, 2);
  EXPECT_FLOAT_EQ(d[0].score, 0.9f);
  testing::expect_box(d[0], 40, 10, 80, 30);
}

TEST(TfodHead, ClassesOfTheDetectorFormCountFromZero) {
  HeadFixture f({1, 100, 200, 3}, tfod_fake_outputs(false));
  ASSERT_EQ(f.recognised(), "tfod");
  Card card = f.defaults("tfod");
  f.values[1] = {3, 1, 0};
  f.values[2] = {0.9f, 0.2f, 0.8f};
  const auto d = f.decode(card, 0.5f);
  ASSERT_EQ(d.size(), 2u);
  EXPECT_EQ(d[0].class_id, 3);
  EXPECT_EQ(d[1].class_id, 0);
}

TEST(TfodSsdHead, EveryClassOfAnAnchorIsACandidate) {
  HeadFixture f({1, 100, 200, 3}, {{"boxes", {1, 2, 4}, {"Concat"}}, {"scores", {1, 2, 3}, {"Sigmoid"}}});
  EXPECT_EQ(f.recognised(), "") << "two such outputs do not say how pictures are normalised";
  Card card = f.defaults("tfod-ssd");
  card.input.width = 200;
  card.input.height = 100;
  const float boxes[] = {0, 0, 0.5f, 0.5f, 0.25f, 0.5f, 0.75f, 1};
  std::copy(std::begin(boxes), std::end(boxes), f.values[0].begin());
  f.values[1] = {0.1f, 0.9f, 0.6f, 0.5f, 0.7f, 0.2f};
  const auto d = f.decode(card, 0.5f);
  ASSERT_EQ(d.size(), 3u) << "0.5 is not above 0.5";
  EXPECT_EQ(d[0].class_id, 1);
  EXPECT_EQ(d[1].class_id, 2);
  EXPECT_EQ(d[2].class_id, 1);
  testing::expect_box(d[2], 100, 25, 200, 75);
}

TEST(TfodSsdHead, OutputsThatDoNotFitAreRefused) {
  HeadFixture f({1, 100, 200, 3}, {{"boxes", {1, 2, 4}, {}}, {"scores", {1, 3, 3}, {}}});
  EXPECT_EQ(f.bind(f.defaults("tfod-ssd")).status().id(), "detect.head-mismatch");
}

}  // namespace
}  // namespace jetline
