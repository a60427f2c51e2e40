#include <cmath>

#include "jetline/vision/heads/heads_testing.h"

namespace jetline {
namespace {

using testing::HeadFixture;

// 320x240: 40*30*3 + 20*15*2 + 10*8*2 + 5*4*3 = 4420 anchors.
HeadFixture ultraface_fixture(std::vector<std::string> tail) {
  return HeadFixture({1, 3, 240, 320},
                     {{"scores", {1, 4420, 2}, {"Softmax"}}, {"boxes", {1, 4420, 4}, std::move(tail)}});
}

TEST(UltraFaceHead, DecodedBoxesAreFractionsOfTheInput) {
  HeadFixture f = ultraface_fixture({"Concat", "Exp", "Mul"});
  ASSERT_EQ(f.recognised(), "ultraface");
  const Card card = f.defaults("ultraface");
  EXPECT_EQ(card.input.order, ColorOrder::kRGB);
  f.values[0][2 * 7 + 1] = 0.9f;
  f.values[0][2 * 8] = 0.9f;  // background
  float* v = &f.values[1][4 * 7];
  v[0] = 0.25f, v[1] = 0.5f, v[2] = 0.5f, v[3] = 0.75f;
  const auto d = f.decode(card, 0.7f);
  ASSERT_EQ(d.size(), 1u);
  testing::expect_box(d[0], 80, 120, 160, 180);
  EXPECT_EQ(d[0].class_id, 0);
}

TEST(UltraFaceHead, RawOffsetsAreDecodedAgainstAnchors) {
  HeadFixture f = ultraface_fixture({"Concat", "Reshape"});
  const Card card = f.defaults("ultraface");
  // Stride 16 begins at 3600; cell x = 3, y = 2 (row of 20), its second size 48: index 3600 + (2*20+3)*2 + 1.
  const size_t i = 3600 + 43 * 2 + 1;
  f.values[0][2 * i + 1] = 0.8f;
  float* v = &f.values[1][4 * i];
  v[0] = 1, v[1] = -0.5f, v[2] = std::log(2.f) / 0.2f, v[3] = 0;
  const auto d = f.decode(card, 0.7f);
  ASSERT_EQ(d.size(), 1u);
  // Anchor centre (3.5*16, 2.5*16) = (56, 40), size 48. Centre moves by (4.8, -2.4); size 96 x 48.
  testing::expect_box(d[0], 60.8f - 48, 37.6f - 24, 60.8f + 48, 37.6f + 24);
}

TEST(UltraFaceHead, LastAnchorIsCutToTheImage) {
  HeadFixture f = ultraface_fixture({"Concat"});
  // The last anchor: stride 64, x = 4, y = 3, size 256. Its row's centre 3.5*64 = 224 lies inside 240, its
  // height 256 is cut to 240.
  f.values[0][2 * 4419 + 1] = 0.8f;
  const auto d = f.decode(f.defaults("ultraface"), 0.7f);
  ASSERT_EQ(d.size(), 1u);
  testing::expect_box(d[0], 288 - 128, 210 - 120, 288 + 128, 210 + 120);
}

TEST(UltraFaceHead, OtherPairsAreNotTakenForIt) {
  EXPECT_EQ(
      HeadFixture({1, 3, 300, 300}, {{"scores", {1, 1917, 2}, {}}, {"boxes", {1, 1917, 4}, {}}}).recognised(),
      "");
  HeadFixture f({1, 3, 240, 320}, {{"scores", {1, 4420, 2}, {}}, {"boxes", {1, 4419, 4}, {}}});
  EXPECT_EQ(f.bind(f.defaults("ultraface")).status().id(), "detect.head-mismatch");
}

}  // namespace
}  // namespace jetline
