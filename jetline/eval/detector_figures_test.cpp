// A published figure as a check of the whole chain from pixels to AP: FastestDet trained on five fruits, on
// the 74 photographs of its validation list, plain resize to 512x512, score above 0.05, NMS 0.45. An
// independent OpenCV program found mAP50 0.991 with the area under every point of the precision envelope (VOC
// 2010 and later); the 101-point rule of COCO gives 0.9895 and the 11-point rule of VOC 2007 0.981 on the
// same detections. Those photographs also stand in the model's training list, so this checks arithmetic, not
// accuracy. Skips where model, photographs or engine are absent; heads, NMS and metrics have tests of their
// own everywhere.
#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "jetline/eval/metrics.h"
#include "jetline/vision/detector.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

TEST(DetectorFigures, FastestDetFruitsMeanAveragePrecision) {
  JETLINE_REQUIRE_TEST_DATA(model, "onnx/onnx_fastestdet_fruits/FastestDet.onnx");
  JETLINE_REQUIRE_TEST_DATA(data, "datasets/ds_fruits_yolo/data");
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  DatasetOptions split;
  split.split = "val";
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset fruits, load_dataset(data, split));
  ASSERT_EQ(fruits.images.size(), 74u);
  ASSERT_EQ(fruits.classes.size(), 5u);
  DetectorOptions options;
  options.score_threshold = 0.05f;
  options.nms_iou = 0.45f;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(model, options));
  EXPECT_EQ(detector->card().head, "fastestdet");
  EXPECT_EQ(detector->card().input.width, 512);
  EXPECT_EQ(detector->card().input.fit, Fit::kStretch);
  DetectionsPerImage found(fruits.images.size());
  for (size_t i = 0; i < found.size(); ++i) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Image image, load_image(fruits.images[i].path));
    JETLINE_ASSERT_OK(detector->detect(image, found[i]));
  }
  EXPECT_NEAR(voc_metrics(fruits, found, VocInterpolation::kEveryPoint).mAP50, 0.991, 0.003);
  EXPECT_NEAR(voc_metrics(fruits, found, VocInterpolation::k11Point).mAP50, 0.981, 0.003);
  EXPECT_NEAR(coco_metrics(fruits, found).AP50, 0.9895, 0.003);
}

}  // namespace
}  // namespace jetline
