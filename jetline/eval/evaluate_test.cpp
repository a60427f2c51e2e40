#include "jetline/eval/evaluate.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "jetline/base/testing.h"
#include "jetline/data/random_dataset.h"
#include "jetline/eval/detection_errors.h"

namespace jetline {
namespace {

TEST(LabelMaps, ByNameThenByPosition) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const LabelMap named,
                               map_classes({"dog", "Traffic Light", "cat"}, {"cat", "traffic-light"}, false));
  EXPECT_EQ(named.to, (std::vector<int>{-1, 1, 0}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const LabelMap mixed,
                               map_classes({"pear", "cucumbers"}, {"pear", "cucumber"}, false));
  EXPECT_EQ(mixed.to, (std::vector<int>{0, 1}));
  EXPECT_EQ(mixed.notes.size(), 1u);
  EXPECT_EQ(map_classes({"a", "b"}, {"x"}, false).status().id(), "eval.classes-differ");
  JETLINE_ASSERT_OK_AND_ASSIGN(const LabelMap forced, map_classes({"a", "b"}, {"x"}, true));
  EXPECT_EQ(forced.to, (std::vector<int>{0, -1}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const LabelMap unnamed,
                               map_classes({"class 0", "class 1"}, {"x", "y"}, false));
  EXPECT_EQ(unnamed.to, (std::vector<int>{0, 1}));
  EXPECT_TRUE(unnamed.notes.empty());
}

// Knows the answer: finds what the data set says, shifted, with labels in another order.
class KnowingDetector : public Detector {
 public:
  explicit KnowingDetector(const Dataset& truth) : truth_(truth) {
    card_.labels = {"zebra", truth.classes[1], truth.classes[0]};
  }
  Status detect(const ImageView& image, std::vector<Detection>& out, StageTimes*) override {
    out.clear();
    const LabelledImage& item = truth_.images[at_++];
    EXPECT_EQ(image.width, item.width);
    EXPECT_EQ(image.height, item.height);
    for (const LabelledBox& b : item.boxes) {
      Detection d;
      d.box = b.box;
      d.class_id = 2 - b.class_id;
      d.score = 0.9f;
      out.push_back(d);
    }
    return Status();
  }
  const Card& card() const override { return card_; }
  std::map<std::string, std::string> conditions() const override { return {}; }

 private:
  const Dataset& truth_;
  Card card_;
  size_t at_ = 0;
};
class EvaluateQuiet : public Progress {
 public:
  void report(std::string_view, int64_t, int64_t, std::string_view) override {}
};

TEST(RunDetector, PicturesComeInOrderAndClassesAreTranslated) {
  TemporaryDirectory t;
  testing::RandomDatasetOptions o;
  o.classes = 2;
  o.images = 15;
  Dataset d = testing::random_dataset(t.path(), 8, o);
  KnowingDetector detector(d);
  EvaluateQuiet progress;
  CancelToken cancel;
  JETLINE_ASSERT_OK_AND_ASSIGN(const LabelMap map, map_classes(detector.card().labels, d.classes, false));
  JETLINE_ASSERT_OK_AND_ASSIGN(const DetectorRun run, run_detector(d, detector, map, progress, cancel));
  EXPECT_DOUBLE_EQ(coco_metrics(d, run.detections).AP, 1);
  // A picture that cannot be read stops the run and names the file.
  JETLINE_ASSERT_OK(write_file(d.images[7].path, "no picture"));
  KnowingDetector again(d);
  const auto broken = run_detector(d, again, map, progress, cancel);
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.status().where(), d.images[7].path);
  cancel.cancel();
  KnowingDetector third(d);
  EXPECT_EQ(run_detector(d, third, map, progress, cancel).status().exit_code(), 130);
}

TEST(DetectionErrorsTest, EveryDrawer) {
  Dataset d;
  d.classes = {"a", "b"};
  d.images.resize(1);
  const auto truth = [&](float x, int c) {
    LabelledBox b;
    b.box = {x, 0, x + 10, 10};
    b.class_id = c;
    d.images[0].boxes.push_back(b);
  };
  truth(0, 0), truth(100, 0), truth(200, 1), truth(300, 0);
  const ScoredBoxesPerImage found{{{0, 0, 0, 10, 10, 0.9},      // correct
                                   {0, 1, 0, 10, 10, 0.8},      // duplicate
                                   {0, 107, 0, 10, 10, 0.7},    // badly placed
                                   {0, 200, 0, 10, 10, 0.6},    // wrong class
                                   {1, 500, 500, 10, 10, 0.5},  // nothing there
                                   {0, 300, 0, 10, 10, 0.2}}};  // below the score
  const DetectionErrors e = find_detection_errors(d, found, {}, 0.4);
  EXPECT_EQ(e.correct, 1);
  EXPECT_EQ(e.duplicate, 1);
  EXPECT_EQ(e.localisation, 1);
  EXPECT_EQ(e.confusion, 1);
  EXPECT_EQ(e.background, 1);
  EXPECT_EQ(e.missed, 3);
  EXPECT_DOUBLE_EQ(e.precision, 0.2);
  EXPECT_DOUBLE_EQ(e.recall, 0.25);
  const DetectionErrors best = find_detection_errors(d, found);
  EXPECT_EQ(best.score, 0.9);  // F1: 0.4 after the first, at most 0.4 later
}

// The published figure of the fruits model: arithmetic of preprocessing, head, NMS and metric together.
TEST(EvalReal, FruitsFigure) {
  JETLINE_REQUIRE_TEST_DATA(data, "datasets/ds_fruits_yolo");
  JETLINE_REQUIRE_TEST_DATA(model, "onnx/onnx_fastestdet_fruits/FastestDet.onnx");
  const std::string program = std::string(JETLINE_BINARY_DIR) + "/bin/jetline";
  if (!file_exists(program) ||
      !file_exists(std::string(JETLINE_BINARY_DIR) + "/bin/libjetline_openvino.so")) {
    GTEST_SKIP() << "notice: needs the program and the openvino module";
  }
  TemporaryDirectory t;
  const std::string command = program + " eval '" + model + "' '" + data +
                              "' --split val --score 0.05 --nms 0.45 --json --quiet > '" +
                              t.file("out.json") + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(t.file("out.json")));
  const auto j = nlohmann::json::parse(text);
  EXPECT_NEAR(j["voc"]["AP50"].get<double>(), 0.991, 0.003)
      << "area under the whole curve, as VOC does since 2010";
  EXPECT_EQ(j["images"], 74);
}

}  // namespace
}  // namespace jetline
