#include "jetline/vision/heads/heads_testing.h"

namespace jetline {
namespace {

using testing::HeadFixture;

// 64x32: 32, 8 and 2 cells.
std::vector<testing::FakeOutput> yunet_fake_outputs(bool named) {
  std::vector<testing::FakeOutput> out;
  const char* names[] = {"cls", "obj", "bbox", "kps"};
  const int64_t widths[] = {1, 1, 4, 10}, cells[] = {32, 8, 2};
  for (int kind = 0; kind < 4; ++kind) {
    for (int level = 0; level < 3; ++level) {
      out.push_back({named ? std::string(names[kind]) + "_" + std::to_string(8 << level)
                           : std::to_string(kind * 3 + level),
                     {1, cells[level], widths[kind]},
                     {"Reshape"}});
    }
  }
  return out;
}

TEST(YuNetHead, HandComputedBoxAndLandmarks) {
  for (bool named : {true, false}) {
    HeadFixture f({1, 3, 32, 64}, yunet_fake_outputs(named));
    ASSERT_EQ(f.recognised(), "yunet");
    const Card card = f.defaults("yunet");
    EXPECT_EQ(card.labels, std::vector<std::string>{"face"});
    const size_t cell = 5;  // stride 16: x = 1, y = 1
    f.values[1][cell] = 0.9f;
    f.values[4][cell] = 0.4f;
    float* box = &f.values[7][cell * 4];
    box[0] = 0.5f, box[1] = -0.25f, box[2] = 0.69314718f, box[3] = 0;  // centre (24, 12), size 32 x 16
    float* kps = &f.values[10][cell * 10];
    for (int k = 0; k < 10; ++k) kps[k] = 0.125f * static_cast<float>(k);
    const auto d = f.decode(card, 0.5f);
    ASSERT_EQ(d.size(), 1u);
    testing::expect_box(d[0], 8, 4, 40, 20);
    EXPECT_NEAR(d[0].score, 0.6f, 1e-6);  // sqrt(0.36)
    ASSERT_EQ(d[0].landmark_count, 5);
    for (size_t k = 0; k < 5; ++k) {
      EXPECT_FLOAT_EQ(d[0].landmarks[k][0], 16 + 4.f * static_cast<float>(k));
      EXPECT_FLOAT_EQ(d[0].landmarks[k][1], 18 + 4.f * static_cast<float>(k));
    }
  }
}

TEST(YuNetHead, ScoresOutsideTheUnitRangeAreCut) {
  HeadFixture f({1, 3, 32, 64}, yunet_fake_outputs(true));
  f.values[0][0] = 3, f.values[3][0] = 1;
  f.values[0][1] = -1, f.values[3][1] = -1;  // the product would be positive
  const auto d = f.decode(f.defaults("yunet"), 0.5f);
  ASSERT_EQ(d.size(), 1u);
  EXPECT_FLOAT_EQ(d[0].score, 1);
}

TEST(YuNetHead, DynamicShapesAreRecognisedAndBoundLater) {
  HeadFixture f({-1, 3, 32, 64}, yunet_fake_outputs(true));
  f.facts.inputs[0].shape = {-1, 3, -1, -1};
  for (OutputFacts& o : f.facts.outputs) o.shape[0] = o.shape[1] = -1;
  EXPECT_EQ(f.recognised(), "yunet");
  Card card = f.defaults("yunet");
  EXPECT_EQ(card.input.width, 320) << "a free size takes the family's";
  card.input.width = 100;
  EXPECT_EQ(f.bind(card).status().id(), "detect.head-mismatch") << "not a multiple of 32";
}

}  // namespace
}  // namespace jetline
