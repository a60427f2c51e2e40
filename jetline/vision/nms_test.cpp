#include "jetline/vision/nms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace jetline {
namespace {

Detection nms_box(float x1, float y1, float x2, float y2, float score, int cls = 0) {
  Detection d;
  d.box = {x1, y1, x2, y2};
  d.score = score;
  d.class_id = cls;
  return d;
}

TEST(Nms, KeepsBestAndDropsOverlapOfTheSameClass) {
  Nms nms;
  std::vector<Detection> out;
  // IoU of the first two: 80 / 120 = 0.667.
  const std::vector<Detection> in = {nms_box(0, 0, 10, 10, 0.5f), nms_box(2, 0, 12, 10, 0.9f),
                                     nms_box(2, 0, 12, 10, 0.8f, 1), nms_box(30, 30, 40, 40, 0.3f)};
  nms.run(in, 0.5f, 100, out);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_FLOAT_EQ(out[0].score, 0.9f);
  EXPECT_EQ(out[1].class_id, 1);
  EXPECT_FLOAT_EQ(out[2].score, 0.3f);
  nms.run(in, 0.67f, 100, out);  // just above the IoU
  EXPECT_EQ(out.size(), 4u);
  nms.run(in, 0.5f, 1, out);
  EXPECT_EQ(out.size(), 1u);
  nms.run(in, 1.0f, 100, out);
  EXPECT_EQ(out.size(), 4u);
}

TEST(Nms, EqualScoresGoToTheLowerIndex) {
  Nms nms;
  std::vector<Detection> out, in;
  for (int i = 0; i < 100; ++i) in.push_back(nms_box(20.f * i, 0, 20.f * i + 10, 10, 0.5f, i % 3));
  nms.run(in, 0.5f, 1000, out);
  ASSERT_EQ(out.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_FLOAT_EQ(out[static_cast<size_t>(i)].box.x1, 20.f * i);
}

TEST(Nms, BoxSuppressedByADroppedBoxSurvives) {
  // B overlaps A, C overlaps B but not A: greedy keeps A and C.
  Nms nms;
  std::vector<Detection> out;
  nms.run(std::vector<Detection>{nms_box(0, 0, 10, 10, 0.9f), nms_box(4, 0, 14, 10, 0.8f),
                                 nms_box(8, 0, 18, 10, 0.7f)},
          0.4f, 10, out);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_FLOAT_EQ(out[1].score, 0.7f);
}

TEST(Nms, NotFiniteAndEmptyInput) {
  Nms nms;
  std::vector<Detection> out = {nms_box(0, 0, 1, 1, 1)};
  nms.run({}, 0.5f, 10, out);
  EXPECT_TRUE(out.empty());
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  nms.run(std::vector<Detection>{nms_box(nan, 0, 1, 1, 0.5f), nms_box(0, 0, 1, inf, 0.5f),
                                 nms_box(0, 0, 1, 1, nan), nms_box(0, 0, 1, 1, 0.5f)},
          0.5f, 10, out);
  EXPECT_EQ(out.size(), 1u);
}

TEST(Nms, MatchesThePlainDefinitionOnRandomBoxes) {
  uint32_t seed = 7;
  const auto next = [&] {
    return static_cast<float>((seed = seed * 1664525u + 1013904223u) >> 8) / 16777216.f;
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<Detection> in;
    for (int i = 0; i < 200; ++i) {
      const float x = next() * 60, y = next() * 60;
      in.push_back(nms_box(x, y, x + 5 + next() * 30, y + 5 + next() * 30, std::floor(next() * 20) / 20,
                           static_cast<int>(next() * 3)));
    }
    // The definition: repeatedly take the best remaining box and remove what it suppresses.
    std::vector<bool> gone(in.size(), false);
    std::vector<Detection> want, out;
    for (;;) {
      int best = -1;
      for (size_t i = 0; i < in.size(); ++i) {
        if (!gone[i] && (best < 0 || in[i].score > in[static_cast<size_t>(best)].score))
          best = static_cast<int>(i);
      }
      if (best < 0) break;
      const Detection b = in[static_cast<size_t>(best)];
      want.push_back(b);
      for (size_t i = 0; i < in.size(); ++i) {
        if (in[i].class_id == b.class_id && iou(in[i].box, b.box) > 0.45f) gone[i] = true;
      }
      gone[static_cast<size_t>(best)] = true;
    }
    Nms nms;
    nms.run(in, 0.45f, 1000, out);
    ASSERT_EQ(out.size(), want.size());
    for (size_t i = 0; i < out.size(); ++i) {
      EXPECT_EQ(out[i].box.x1, want[i].box.x1);
      EXPECT_EQ(out[i].score, want[i].score);
    }
  }
}

}  // namespace
}  // namespace jetline
