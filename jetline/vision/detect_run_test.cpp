#include "jetline/vision/detect_run.h"

#include <nlohmann/json.hpp>

#include "jetline/vision/detect_outputs.h"
#include "jetline/vision/detector_testing.h"
#include "jetline/vision/fake_frame_source.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

// One detection a picture, whose x tells the picture's first red level: shows that results and pictures
// belong together.
class DetectRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto model = testing::fake_jetline_model();
    model->requests = 3;
    model->infer = [](const TensorView& in, std::vector<TensorView>& out) {
      const float level = in.f32()[0] * 64;  // 0..64
      testing::fake_row(out[0], 0, level, 4, level + 8, 12, 0.9f, 0);
    };
    testing::install_fake_engine("fake-run", model);
    testing::write_fake_model(*model, dir_.file("m.onnx"));
    DetectorOptions o;
    o.engine.engine = "fake-run";
    auto made = Detector::create(dir_.file("m.onnx"), o);
    ASSERT_TRUE(made.ok()) << made.status().to_string();
    detector_ = std::move(*made);
    JETLINE_ASSERT_OK(real_file_system().make_directories(dir_.file("in/sub")));
  }
  std::string picture(const std::string& name, int level) {
    Image image(64, 32);
    std::fill(image.data(), image.data() + 64 * 32 * 3, static_cast<uint8_t>(level));
    const std::string path = dir_.file("in/" + name);
    EXPECT_TRUE(save_image(path, image).ok());
    return path;
  }
  DetectReport run(DetectRunOptions options, CancelToken* cancel = nullptr) {
    auto report = run_detect(*detector_, options, nullptr, cancel);
    EXPECT_TRUE(report.ok()) << report.status().to_string();
    return report.ok() ? *report : DetectReport();
  }
  static double level_of(const DetectedImage& i) { return i.detections.at(0).box.x1 * 255 / 64; }

  TemporaryDirectory dir_;
  std::unique_ptr<Detector> detector_;
};

TEST_F(DetectRunTest, FolderKeepsOrderNamesAndIds) {
  for (int i = 0; i < 40; ++i) picture("p" + std::to_string(100 + i) + ".png", 4 * i);
  picture("sub/a b \xc3\xa4.png", 200);
  DetectRunOptions o;
  o.inputs = {dir_.file("in")};
  const DetectReport r = run(o);
  ASSERT_EQ(r.images.size(), 41u);
  for (size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(r.images[i].id, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(r.images[i].name, "p" + std::to_string(100 + i) + ".png");
    EXPECT_NEAR(level_of(r.images[i]), 4.0 * static_cast<double>(i), 0.01);
  }
  EXPECT_EQ(r.images[40].name, "sub/a b \xc3\xa4.png");
  EXPECT_TRUE(r.status().ok());
}

TEST_F(DetectRunTest, UnreadablePicturesAreListedAndSkipped) {
  picture("a.png", 10);
  JETLINE_ASSERT_OK(write_file(dir_.file("in/b.png"), "not a picture"));
  picture("c.png", 30);
  DetectRunOptions o;
  o.inputs = {dir_.file("in"), dir_.file("missing.jpg")};
  o.outputs = {dir_.file("r.json")};
  const DetectReport r = run(o);
  ASSERT_EQ(r.images.size(), 2u);
  EXPECT_EQ(r.images[1].id, 3) << "a skipped picture keeps its place";
  ASSERT_EQ(r.skipped.size(), 2u);
  EXPECT_EQ(r.skipped[1].why.id(), "file.not-found");
  EXPECT_EQ(r.status().id(), "detect.skipped");
  EXPECT_EQ(r.status().exit_code(), 1);
  EXPECT_TRUE(file_exists(dir_.file("r.json")));
  o.strict = true;
  o.outputs = {dir_.file("strict.json")};
  const auto strict = run_detect(*detector_, o);
  ASSERT_FALSE(strict.ok());
  EXPECT_EQ(strict.status().exit_code(), 3);
  EXPECT_FALSE(file_exists(dir_.file("strict.json"))) << "nothing half done";
}

TEST_F(DetectRunTest, WritesCocoResultsAndAnnotatedPictures) {
  picture("a.png", 20);
  picture("sub/a.jpg", 40);
  DetectRunOptions o;
  o.inputs = {dir_.file("in/*.png"), dir_.file("in/sub")};
  o.outputs = {dir_.file("r.json"), dir_.file("marked")};
  const DetectReport r = run(o);
  EXPECT_EQ(r.written.size(), 3u);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(dir_.file("r.json")));
  const auto j = nlohmann::json::parse(text);
  ASSERT_EQ(j.size(), 2u);
  EXPECT_EQ(j[0]["image_id"], 1);
  EXPECT_EQ(j[0]["category_id"], 1);
  EXPECT_EQ(j[0]["file_name"], "a.png");
  EXPECT_NEAR(j[0]["bbox"][0].get<double>(), 20 * 64 / 255.0, 0.01);
  EXPECT_NEAR(j[0]["bbox"][2].get<double>(), 8, 0.01);
  EXPECT_NEAR(j[0]["score"].get<double>(), 0.9, 1e-6);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image marked, load_image(dir_.file("marked/a.png")));
  bool changed = false;
  for (int64_t i = 0; i < 64 * 32 * 3; ++i) changed = changed || marked.data()[i] != 20;
  EXPECT_TRUE(changed);
  EXPECT_TRUE(file_exists(dir_.file("marked/a.jpg")));
}

TEST_F(DetectRunTest, NothingIsOverwrittenUnasked) {
  const std::string a = picture("a.png", 20);
  JETLINE_ASSERT_OK(write_file(dir_.file("r.json"), "mine"));
  DetectRunOptions o;
  o.inputs = {a};
  o.outputs = {dir_.file("r.json")};
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "file.exists");
  o.force = true;
  EXPECT_TRUE(run_detect(*detector_, o).ok());
  o.outputs = {dir_.file("in")};  // the annotated picture would replace its input
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "detect.output");
  // Nor may it replace another input: b.bmp is annotated as b.jpg.
  const std::string b = picture("b.jpg", 20);
  o.inputs = {dir_.file("in/b.bmp"), b};
  const Status other = run_detect(*detector_, o).status();
  EXPECT_EQ(other.id(), "detect.output") << other.to_string();
  o.inputs = {a};
  o.outputs = {dir_.file("x.mp4")};
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "detect.output");
  o.inputs = {dir_.file("nothing*.png")};
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "detect.no-input");
  o.inputs = {};
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "detect.no-input");
}

TEST_F(DetectRunTest, FullDiskAndReadOnlyFolderLeaveNothing) {
  picture("a.png", 20);
  FaultyFileSystem fs;
  DetectRunOptions o;
  o.fs = &fs;
  o.inputs = {dir_.file("in")};
  o.outputs = {dir_.file("r.json")};
  fs.bytes_left = 10;
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "file.disk-full");
  fs.bytes_left = INT64_MAX;
  fs.read_only = true;
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "file.permission");
  o.outputs = {dir_.file("marked")};
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "file.permission");
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto left, list_directory(dir_.path()));
  EXPECT_EQ(left, (std::vector<std::string>{"in", "m.onnx"}));
}

TEST_F(DetectRunTest, CancelKeepsWhatIsFinished) {
  for (int i = 0; i < 50; ++i) picture("p" + std::to_string(100 + i) + ".png", i);
  CancelToken cancel;
  DetectRunOptions o;
  o.inputs = {dir_.file("in")};
  o.outputs = {dir_.file("r.json")};
  int seen = 0;
  o.on_image = [&](const DetectedImage&) {
    if (++seen == 5) cancel.cancel();
  };
  const DetectReport r = run(o, &cancel);
  EXPECT_GE(r.images.size(), 5u);
  EXPECT_LT(r.images.size(), 50u);
  EXPECT_EQ(r.status().exit_code(), 130);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(dir_.file("r.json")));
  EXPECT_EQ(nlohmann::json::parse(text).size(), r.images.size());
}

TEST_F(DetectRunTest, VideoFramesInOrderUntilTheStreamBreaks) {
  DetectRunOptions o;
  o.inputs = {"street.mp4"};
  const auto open = [](int64_t frames, int64_t broken) {
    return [=](const std::string&) -> Result<std::unique_ptr<FrameSource>> {
      VideoInfo info;
      info.width = 64;
      info.height = 32;
      info.fps = 10;
      info.frames = frames;
      auto source = std::make_unique<FakeFrameSource>(info, [](int64_t i, Image& frame) {
        frame.resize(64, 32);
        std::fill(frame.data(), frame.data() + 64 * 32 * 3, static_cast<uint8_t>(i));
      });
      source->faults.disconnect_at = broken;
      return std::unique_ptr<FrameSource>(std::move(source));
    };
  };
  o.open_stream = open(30, INT64_MAX);
  DetectReport r = run(o);
  ASSERT_EQ(r.images.size(), 30u);
  for (size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(r.images[i].frame, static_cast<int64_t>(i));
    EXPECT_NEAR(level_of(r.images[i]), static_cast<double>(i), 0.01);
  }
  o.max_frames = 7;
  EXPECT_EQ(run(o).images.size(), 7u);
  o.max_frames = 0;
  o.open_stream = open(30, 12);
  r = run(o);
  EXPECT_EQ(r.images.size(), 12u);
  ASSERT_EQ(r.skipped.size(), 1u);
  EXPECT_EQ(r.skipped[0].why.id(), "video.read-failed");
  o.strict = true;
  EXPECT_EQ(run_detect(*detector_, o).status().id(), "video.read-failed");
}

TEST(DetectResults, IdsFromNamesAndRounding) {
  EXPECT_EQ(id_from_name("000000000139.jpg"), 139);
  EXPECT_EQ(id_from_name("sub/7.png"), 7);
  EXPECT_EQ(id_from_name("frame7.png"), -1);
  EXPECT_EQ(id_from_name("99999999999999999999.png"), -1);
  EXPECT_EQ(coco_results_json({}, {"can"}), "[]\n");
  DetectedImage image;
  image.id = 5;
  image.name = "a\"\xff.jpg";  // a name that is not UTF-8 still makes valid JSON
  Detection d;
  d.box = {1.23456f, -0.00001f, 3, 4};
  d.score = 0.1234567f;
  d.landmark_count = 5;
  d.landmarks[4] = {7.5f, 8.25f};
  image.detections = {d};
  const auto j = nlohmann::json::parse(coco_results_json({image}, {"can"}));
  EXPECT_EQ(j[0]["category_name"], "can");
  EXPECT_FALSE(nlohmann::json::parse(coco_results_json({image}, {}))[0].contains("category_name"));
  EXPECT_EQ(j[0]["bbox"][0].get<double>(), 1.235);
  EXPECT_EQ(j[0]["bbox"][1].dump(), "0.0") << "no negative zero";
  EXPECT_EQ(j[0]["landmarks"].size(), 10u);
  EXPECT_EQ(j[0]["landmarks"][9].get<double>(), 8.25);
}

TEST(DetectOutputsPlan, SameNamesFromSeveralFoldersGetNumbers) {
  const std::vector<DetectInput> inputs = {{DetectInput::Kind::kImage, "x/a.jpg", "a.jpg"},
                                           {DetectInput::Kind::kImage, "y/a.jpg", "a.jpg"},
                                           {DetectInput::Kind::kImage, "y/b.webp", "b.webp"},
                                           {DetectInput::Kind::kVideo, "v.avi", "v.avi"}};
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto plan, plan_outputs(inputs, {"/nonexistent-folder/out"}, false));
  EXPECT_EQ(plan.pictures[0][0], "/nonexistent-folder/out/a.jpg");
  EXPECT_EQ(plan.pictures[1][0], "/nonexistent-folder/out/a-2.jpg");
  EXPECT_EQ(plan.pictures[2][0], "/nonexistent-folder/out/b.jpg") << "a format we write";
  EXPECT_EQ(plan.pictures[3][0], "/nonexistent-folder/out/v.mp4");
}

}  // namespace
}  // namespace jetline
