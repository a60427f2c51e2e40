#include "jetline/vision/detector.h"

#include "jetline/vision/coco_classes.h"
#include "jetline/vision/detector_testing.h"
#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

using testing::fake_row;
using testing::FakeModel;

class DetectorTest : public ::testing::Test {
 protected:
  // A model file and the fake engine that runs it.
  std::string install(const std::shared_ptr<FakeModel>& model, const Card* card = nullptr) {
    testing::install_fake_engine("fake-detector", model);
    const std::string path = dir_.file("m.onnx");
    testing::write_fake_model(*model, path, card);
    return path;
  }
  static DetectorOptions options() {
    DetectorOptions o;
    o.engine.engine = "fake-detector";
    return o;
  }
  TemporaryDirectory dir_;
};

TEST_F(DetectorTest, MapsBoxesToTheImageAndClips) {
  auto model = testing::fake_jetline_model();
  // The image is 128x128: letterbox into 64x32 is a 32x32 content at x = 16, scale 1/4.
  model->infer = [](const TensorView&, std::vector<TensorView>& out) {
    fake_row(out[0], 3, 20, 8, 28, 16, 0.9f, 0);      // -> (16, 32, 48, 64)
    fake_row(out[0], 4, 0, 0, 64, 32, 0, 0.8f);       // over the edges -> the whole image
    fake_row(out[0], 5, 2, 2, 10, 10, 0.95f, 0);      // wholly in the padding: no detection
    fake_row(out[0], 6, 21, 8, 29, 16, 0.7f, 0);      // suppressed by the first (IoU 7/9)
    fake_row(out[0], 7, 40, 20, 44, 24, 0.2f, 0.1f);  // below the threshold
  };
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(install(model), options()));
  EXPECT_EQ(detector->card().head, "jetline");
  EXPECT_TRUE(detector->card().labels.empty()) << "no names are made up";
  Image image(128, 128);
  std::vector<Detection> found = {Detection{}};
  StageTimes times;
  JETLINE_ASSERT_OK(detector->detect(image, found, &times));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(found[0].box.x1, 16, 1e-4);
  EXPECT_NEAR(found[0].box.y1, 32, 1e-4);
  EXPECT_NEAR(found[0].box.x2, 48, 1e-4);
  EXPECT_NEAR(found[0].box.y2, 64, 1e-4);
  EXPECT_EQ(found[1].class_id, 1);
  EXPECT_EQ(found[1].box.x1, 0);
  EXPECT_EQ(found[1].box.x2, 128);
  EXPECT_EQ(found[1].box.y2, 128);
  EXPECT_GT(times.pre + times.infer + times.post, 0);
  EXPECT_EQ(detector->detect(ImageView{}, found).id(), "detect.empty-image");
  EXPECT_TRUE(found.empty());
}

TEST_F(DetectorTest, FeedsWhatTheCardSays) {
  auto model = testing::fake_jetline_model();
  float first = -1, last = -1;
  model->infer = [&](const TensorView& in, std::vector<TensorView>&) {
    first = in.f32()[0];
    last = in.f32()[in.elements() - 1];
  };
  Card card;
  card.head = "jetline";
  card.labels = {"can", "cup"};
  card.input.width = 64;
  card.input.height = 32;
  card.input.order = ColorOrder::kBGR;
  card.input.fit = Fit::kStretch;
  card.input.mean = {{10, 20, 30}};
  card.input.scale = {{0.5f, 0.25f, 0.125f}};
  card.score_threshold = 0.6f;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(install(model, &card), options()));
  EXPECT_EQ(detector->card().labels[1], "cup");
  EXPECT_FLOAT_EQ(detector->card().score_threshold, 0.6f);
  Image image(64, 32);
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 64; ++x) {
      uint8_t* p = image.at(x, y);
      p[0] = 110, p[1] = 120, p[2] = 30;
    }
  }
  std::vector<Detection> found;
  JETLINE_ASSERT_OK(detector->detect(image, found));
  EXPECT_FLOAT_EQ(first, (30 - 10) * 0.5f) << "blue first";
  EXPECT_FLOAT_EQ(last, (110 - 30) * 0.125f) << "red last";
}

TEST_F(DetectorTest, ACardThatDoesNotFitTheInputIsBadInput) {
  auto model = testing::fake_jetline_model();
  const std::string path = install(model);
  for (const char* card : {"[input]\norder = \"gray\"\n", "[input]\nlayout = \"NHWC\"\n"}) {
    JETLINE_ASSERT_OK(write_file(dir_.file("m.card.toml"), card));
    const Status s = Detector::create(path, options()).status();
    EXPECT_EQ(s.id(), "detect.bad-input") << card;
    EXPECT_EQ(s.exit_code(), 3) << card;
  }
}

TEST_F(DetectorTest, SidecarOverlaysTheHeadsDefaults) {
  auto model = testing::fake_jetline_model();
  const std::string path = install(model);
  JETLINE_ASSERT_OK(
      write_file(dir_.file("m.card.toml"), "labels = [\"can\", \"cup\"]\nscore_threshold = 0.75\n"));
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(path, options()));
  EXPECT_EQ(detector->card().labels[0], "can");
  EXPECT_FLOAT_EQ(detector->card().score_threshold, 0.75f);
  EXPECT_FLOAT_EQ(detector->card().input.scale[0], 1 / 255.f) << "left open: as the head has it";
  DetectorOptions o = options();
  o.score_threshold = 0.1f;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto lower, Detector::create(path, o));
  EXPECT_FLOAT_EQ(lower->card().score_threshold, 0.1f);
  JETLINE_ASSERT_OK(write_file(dir_.file("m.card.toml"), "labels = [\"can\"\n"));
  EXPECT_EQ(Detector::create(path, options()).status().id(), "card.syntax");
}

TEST_F(DetectorTest, FreeInputSizesAreChosenBeforeCompilation) {
  auto model = std::make_shared<FakeModel>();
  model->inputs = {{"input", DType::kF32, {-1, 3, -1, -1}}};
  for (const char* kind : {"cls_", "obj_", "bbox_", "kps_"}) {
    const int64_t width = std::string(kind) == "bbox_" ? 4 : std::string(kind) == "kps_" ? 10 : 1;
    for (int64_t stride : {8, 16, 32}) {
      model->outputs.push_back({kind + std::to_string(stride), DType::kF32, {-1, -1, width}});
    }
  }
  const std::string path = install(model);
  // What the engine reports once the shape is fixed.
  model->inputs[0].shape = {1, 3, 64, 96};
  for (size_t i = 0; i < 12; ++i) {
    const int64_t s = 8 << (i % 3);
    model->outputs[i].shape = {1, (96 / s) * (64 / s), model->outputs[i].shape[2]};
  }
  DetectorOptions o = options();
  o.input_width = 96;
  o.input_height = 64;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(path, o));
  EXPECT_EQ(detector->card().head, "yunet");
  EXPECT_EQ(model->seen.shapes.at("input"), (std::vector<int64_t>{1, 3, 64, 96}));
}

TEST_F(DetectorTest, ClonesShareTheModelAndNothingElse) {
  auto model = testing::fake_jetline_model();
  model->requests = 2;
  model->infer = [](const TensorView&, std::vector<TensorView>& out) {
    fake_row(out[0], 0, 1, 1, 9, 9, 0.9f, 0);
  };
  JETLINE_ASSERT_OK_AND_ASSIGN(auto a, Detector::create(install(model), options()));
  EXPECT_EQ(a->optimal_clones(), 2);
  JETLINE_ASSERT_OK_AND_ASSIGN(auto b, a->clone());
  EXPECT_EQ(model->sessions, 2);
  a.reset();
  std::vector<Detection> found;
  JETLINE_ASSERT_OK(b->detect(Image(64, 32), found));
  EXPECT_EQ(found.size(), 1u);
}

TEST_F(DetectorTest, BadModelsAndOptionsAreNamed) {
  auto classifier = std::make_shared<FakeModel>();
  classifier->inputs = {{"input", DType::kF32, {1, 3, 64, 64}}};
  classifier->outputs = {{"out", DType::kF32, {1, 2}}};
  const std::string path = install(classifier);
  Status s = Detector::create(path, options()).status();
  EXPECT_EQ(s.id(), "detect.no-head");
  EXPECT_EQ(s.exit_code(), 3);
  EXPECT_NE(s.message().find("`out` [1, 2]"), std::string::npos) << s.message();
  EXPECT_NE(s.hint().find("--head"), std::string::npos);
  DetectorOptions o = options();
  o.head = "yolx";
  s = Detector::create(path, o).status();
  EXPECT_EQ(s.id(), "detect.unknown-head");
  EXPECT_NE(s.hint().find("yolox"), std::string::npos) << s.hint();
  for (const HeadKind* kind : head_registry()) {
    o.head = kind->name;
    EXPECT_EQ(Detector::create(path, o).status().id(), "detect.head-mismatch") << kind->name;
  }
  EXPECT_EQ(Detector::create(dir_.file("none.onnx"), options()).status().id(), "file.not-found");
  JETLINE_ASSERT_OK(write_file(dir_.file("text.onnx"), "this is no model"));
  EXPECT_EQ(Detector::create(dir_.file("text.onnx"), options()).status().exit_code(), 3);

  const std::string good = install(testing::fake_jetline_model());
  o = options();
  o.score_threshold = 1.5f;
  EXPECT_EQ(Detector::create(good, o).status().id(), "detect.threshold");
  o = options();
  o.input_width = 100;
  EXPECT_EQ(Detector::create(good, o).status().id(), "detect.bad-input");

  auto flat = std::make_shared<FakeModel>();
  flat->inputs = {{"x", DType::kF32, {1, 100}}};
  flat->outputs = {{"detections", DType::kF32, {1, 32, 6}}};
  o = options();
  o.head = "jetline";
  EXPECT_EQ(Detector::create(install(flat), o).status().id(), "detect.bad-input");
}

TEST(CocoClasses, IdsFollowThePublishedGaps) {
  const auto& names = coco_class_names();
  ASSERT_EQ(names.size(), 80u);
  EXPECT_EQ(coco_category_id(names, 0), 1);
  EXPECT_EQ(coco_category_id(names, 11), 13);  // stop sign, after the missing 12
  EXPECT_EQ(coco_category_id(names, 21), 23);  // bear
  EXPECT_EQ(coco_category_id(names, 79), 90);  // toothbrush
  EXPECT_EQ(coco_category_id({"can"}, 0), 1);
}

}  // namespace
}  // namespace jetline
