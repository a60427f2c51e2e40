// `jetline detect` and `bench` as a person meets them: exit codes, what is printed where, Ctrl-C. The model
// is made here: jetline's own head with one box in every picture.
#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/vision/image_io.h"
#include "tests/program.h"

namespace jetline {
namespace {

class DetectProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!file_exists(testing::program_folder() + "/libjetline_openvino.so")) {
      GTEST_SKIP() << "notice: needs the openvino module";
    }
    Model model;
    model.set_opset("", 13);
    GraphBuilder b(model.graph());
    Value* x = b.input("images", DType::kF32, {1, 3, 32, 64});
    std::vector<float> rows(32 * 6, 0.f);
    const float best[6] = {8, 4, 40, 20, 0.1f, 0.9f};
    std::copy(best, best + 6, rows.begin() + 5 * 6);
    // The picture plays no part in the result, but the graph must read it.
    Value* nothing = b.op("Mul", {b.op("ReduceMean", {x}, {{"keepdims", 0}}), b.scalar(0)});
    b.output(b.op("Add", {b.floats("rows", {1, 32, 6}, rows), nothing}), "detections", DType::kF32,
             {1, 32, 6});
    ASSERT_TRUE(b.status().ok()) << b.status().to_string();
    JETLINE_ASSERT_OK(save_onnx(model, dir_.file("m.onnx")));
    picture("a b.png", 64, 32);
  }
  void picture(const std::string& name, int width, int height) {
    Image image(width, height);
    for (int64_t i = 0; i < image.stride() * height; ++i) image.data()[i] = static_cast<uint8_t>(i * 7);
    JETLINE_ASSERT_OK(save_image(dir_.file(name), image));
  }
  ProcessResult run(const std::vector<std::string>& words) {
    return testing::run_program(words, dir_.path());
  }
  TemporaryDirectory dir_;
};

TEST_F(DetectProgram, JsonIsCocoResultsAndNothingElse) {
  const auto r = run({"detect", "m.onnx", "a b.png", "--json", "-o", "marked", "-o", "r.json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  const auto j = nlohmann::json::parse(r.output);
  ASSERT_EQ(j.size(), 1u);
  EXPECT_EQ(j[0]["image_id"], 1);
  EXPECT_EQ(j[0]["category_id"], 2);
  EXPECT_EQ(j[0]["bbox"], (std::vector<double>{8, 4, 32, 16}));
  EXPECT_EQ(j[0]["file_name"], "a b.png");
  EXPECT_TRUE(file_exists(dir_.file("marked/a b.png")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string file, read_file(dir_.file("r.json")));
  EXPECT_EQ(file, r.output);
  const auto again = run({"detect", "m.onnx", "a b.png", "-o", "r.json"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.errors.find("file.exists"), std::string::npos) << again.errors;
}

TEST_F(DetectProgram, UnreadablePicturesGiveOneAndStrictThree) {
  JETLINE_ASSERT_OK(write_file(dir_.file("bad.jpg"), "no picture"));
  const auto r = run({"detect", "m.onnx", "bad.jpg", "a b.png"});
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_NE(r.errors.find("skipped bad.jpg"), std::string::npos) << r.errors;
  EXPECT_NE(r.output.find("0.900"), std::string::npos) << r.output;
  const auto json = run({"detect", "m.onnx", "bad.jpg", "a b.png", "--json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_NE(json.errors.find("detect.skipped"), std::string::npos) << json.errors;
  const auto list = testing::json_of(json);
  ASSERT_TRUE(list.is_array()) << "nothing but the array: " << json.output;
  EXPECT_EQ(list.size(), 1u);
  EXPECT_EQ(run({"detect", "m.onnx", "bad.jpg", "a b.png", "--strict"}).exit_code, 3);
  EXPECT_EQ(run({"detect", "m.onnx", "none*.jpg"}).exit_code, 3);
  EXPECT_EQ(run({"detect", "m.onnx", "a b.png", "--size", "64by32"}).exit_code, 2);
  EXPECT_EQ(run({"detect", "m.onnx", "a b.png", "--head", "yolox"}).exit_code, 3);
  EXPECT_EQ(run({"detect", "m.onnx"}).exit_code, 2);
}

TEST_F(DetectProgram, CtrlCEndsCleanlyWithFinishedFiles) {
  picture("large.png", 1280, 960);
  const std::string command = "timeout --preserve-status -s INT 3 '" + testing::program_path() +
                              "' detect m.onnx $(yes large.png | head -n 3000) -o r.json --threads 1";
  const auto r = testing::run_shell(command, dir_.path());
  EXPECT_EQ(r.exit_code, 130) << r.errors;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string file, read_file(dir_.file("r.json")));
  EXPECT_LT(nlohmann::json::parse(file).size(), 3000u);
  // Terminals and wrappers deliver one Ctrl-C twice: that is still one.
  const auto twice = testing::run_shell(
      "'" + testing::program_path() +
          "' detect m.onnx $(yes large.png | head -n 3000) -o twice.json --threads 1 & "
          "sleep 2; kill -INT $!; kill -TERM $!; wait $!",
      dir_.path());
  EXPECT_EQ(twice.exit_code, 130) << twice.errors;
  EXPECT_TRUE(file_exists(dir_.file("twice.json")));
}

TEST_F(DetectProgram, BenchPrintsStagesAndConditions) {
  const auto r = run({"bench", "m.onnx", "-n", "20", "--image", "a b.png", "--json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  const auto j = nlohmann::json::parse(r.output);
  for (const char* stage : {"pre", "infer", "post", "total"}) {
    EXPECT_EQ(j["stages"][stage]["n"], 20);
    for (const char* key : {"median_ms", "p90_ms", "p99_ms"})
      EXPECT_TRUE(j["stages"][stage][key].is_number()) << key;
  }
  EXPECT_EQ(j["conditions"]["head"], "jetline");
  EXPECT_EQ(j["detections"], 20);
  EXPECT_GT(j["memory"]["peak_rss_bytes"].get<int64_t>(), 0);
  const auto text = run({"bench", "m.onnx", "-n", "5"});
  EXPECT_NE(text.output.find("conditions:"), std::string::npos) << text.output;
}

}  // namespace
}  // namespace jetline
