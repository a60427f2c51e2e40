// The plugins against ONNX's NonMaxSuppression, which the onnx node tests cover, and against numbers worked
// out by hand.
#include <algorithm>

#include "jetline/base/random.h"
#include "jetline/graph/evaluate/evaluate_testing.h"

namespace jetline {
namespace {

using testing::evaluate_op;
using testing::floats;
using testing::ints;
using testing::shown;

Tensor plugin_scalar(float v) {
  return floats({1}, {v});
}

struct PluginRow {
  float score;
  int64_t cls;
  std::vector<float> box;
  bool operator<(const PluginRow& o) const { return score > o.score; }
};

// The best `rows` of what NonMaxSuppression selects.
std::vector<PluginRow> plugin_expected(const Tensor& boxes, const Tensor& scores, int64_t classes, float iou,
                                       float low, size_t rows) {
  const int64_t n = boxes.dims()[1];
  std::vector<float> turned(static_cast<size_t>(n * classes));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t k = 0; k < classes; ++k)
      turned[static_cast<size_t>(k * n + i)] = scores.at<float>(i * classes + k);
  }
  const auto picked = evaluate_op(
      "NonMaxSuppression",
      {boxes, floats({1, classes, n}, turned), ints({1}, {n}), plugin_scalar(iou), plugin_scalar(low)});
  EXPECT_TRUE(picked.ok());
  std::vector<PluginRow> all;
  for (int64_t r = 0; r < (*picked)[0].dims()[0]; ++r) {
    const auto k = (*picked)[0].at<int64_t>(3 * r + 1), i = (*picked)[0].at<int64_t>(3 * r + 2);
    PluginRow row{scores.at<float>(i * classes + k), k, {}};
    for (int64_t e = 0; e < 4; ++e) row.box.push_back(boxes.at<float>(4 * i + e));
    all.push_back(row);
  }
  std::sort(all.begin(), all.end());
  if (all.size() > rows) all.resize(rows);
  return all;
}

TEST(EvaluateNmsPlugins, SameAsNonMaxSuppressionOnRandomBoxes) {
  Random random(5);
  const int64_t n = 60, classes = 4;
  std::vector<float> b, s;
  for (int64_t i = 0; i < n; ++i) {
    const double y = random.uniform(0, 0.7), x = random.uniform(0, 0.7);
    for (double v : {y, x, y + random.uniform(0.05, 0.3), x + random.uniform(0.05, 0.3)})
      b.push_back(static_cast<float>(v));
    for (int64_t k = 0; k < classes; ++k) s.push_back(static_cast<float>(random.uniform(0, 1)));
  }
  const Tensor boxes = floats({1, n, 4}, b), scores = floats({1, n, classes}, s);
  for (int64_t rows : {10, 200}) {
    const auto expected = plugin_expected(boxes, scores, classes, 0.4f, 0.3f, static_cast<size_t>(rows));
    const auto a =
        evaluate_op("EfficientNMS_TRT", {boxes, scores},
                    {{"score_threshold", 0.3f}, {"iou_threshold", 0.4f}, {"max_output_boxes", rows}}, 13, 4);
    const auto c = evaluate_op("BatchedNMSDynamic_TRT", {floats({1, n, 1, 4}, b), scores},
                               {{"scoreThreshold", 0.3f},
                                {"iouThreshold", 0.4f},
                                {"keepTopK", rows},
                                {"topK", 4096},
                                {"numClasses", classes},
                                {"shareLocation", 1}},
                               13, 4);
    ASSERT_TRUE(a.ok() && c.ok()) << a.status().to_string() << c.status().to_string();
    ASSERT_EQ((*a)[0].at<int32_t>(0), static_cast<int32_t>(expected.size()));
    ASSERT_EQ((*c)[0].at<int32_t>(0), static_cast<int32_t>(expected.size()));
    for (size_t r = 0; r < expected.size(); ++r) {
      const auto i = static_cast<int64_t>(r);
      EXPECT_EQ((*a)[2].at<float>(i), expected[r].score);
      EXPECT_EQ((*a)[3].at<int32_t>(i), expected[r].cls);
      EXPECT_EQ((*c)[2].at<float>(i), expected[r].score);
      EXPECT_EQ((*c)[3].at<float>(i), static_cast<float>(expected[r].cls));
      for (int64_t e = 0; e < 4; ++e) {
        EXPECT_EQ((*a)[1].at<float>(4 * i + e), expected[r].box[static_cast<size_t>(e)]);
        EXPECT_EQ((*c)[1].at<float>(4 * i + e), expected[r].box[static_cast<size_t>(e)]);
      }
    }
    if (rows > static_cast<int64_t>(expected.size())) {  // what is left is filled
      EXPECT_EQ((*a)[2].at<float>(rows - 1), 0);
      EXPECT_EQ((*c)[3].at<float>(rows - 1), -1);
    }
  }
}

TEST(EvaluateNmsPlugins, LogitsBackgroundAnchorsAndAllClasses) {
  const Tensor scores = floats({1, 2, 2}, {2, 0, 1, 3});
  const Tensor boxes = floats({1, 2, 4}, {0, 0, 1, 1, 0, 0, 1, 1});
  const auto logits = evaluate_op(
      "EfficientNMS_TRT", {boxes, scores},
      {{"score_threshold", 0.6f}, {"iou_threshold", 0.5f}, {"max_output_boxes", 3}, {"score_activation", 1}},
      13, 4);
  ASSERT_TRUE(logits.ok());
  EXPECT_EQ(shown((*logits)[2]), "float[1,3] 0.952574 0.880797 0");
  EXPECT_EQ(shown((*logits)[3]), "int32[1,3] 1 0 0");
  const auto one = evaluate_op(
      "EfficientNMS_TRT", {boxes, scores},
      {{"score_threshold", 0.1f}, {"iou_threshold", 0.5f}, {"max_output_boxes", 2}, {"class_agnostic", 1}},
      13, 4);
  EXPECT_EQ(shown((*one)[0]), "int32[1,1] 1");
  const auto without = evaluate_op(
      "EfficientNMS_TRT", {boxes, scores},
      {{"score_threshold", 0.1f}, {"iou_threshold", 0.5f}, {"max_output_boxes", 2}, {"background_class", 1}},
      13, 4);
  EXPECT_EQ(shown((*without)[2]), "float[1,2] 2 0");
  // Centre and size: deltas (0.1, 0, 0, ln 2) on an anchor at (2, 2) of 2 x 2 are y 2.2, x 2, 2 high, 4 wide.
  const auto anchored = evaluate_op(
      "EfficientNMS_TRT",
      {floats({1, 1, 4}, {0.1f, 0, 0, 0.6931472f}), floats({1, 1, 1}, {0.9f}),
       floats({1, 1, 4}, {2, 2, 2, 2})},
      {{"score_threshold", 0.1f}, {"iou_threshold", 0.5f}, {"max_output_boxes", 1}, {"box_coding", 1}}, 13,
      4);
  ASSERT_TRUE(anchored.ok());
  EXPECT_EQ(shown((*anchored)[1]), "float[1,1,4] 1.2 0 3.2 4");
}

TEST(EvaluateNmsPlugins, InputsThatDoNotFit) {
  const Tensor boxes = floats({1, 2, 4}, std::vector<float>(8)), scores = floats({1, 3, 1}, {1, 2, 3});
  EXPECT_EQ(evaluate_op("EfficientNMS_TRT", {boxes, scores}, {{"max_output_boxes", 3}}, 13, 4).status().id(),
            "graph.evaluate-input");
  EXPECT_EQ(
      evaluate_op("EfficientNMS_TRT", {boxes, floats({1, 2, 1}, {1, 2})}, {{"max_output_boxes", 0}}, 13, 4)
          .status()
          .id(),
      "graph.evaluate-input");
}

}  // namespace
}  // namespace jetline
