// jetline build and the verbs that take a plan, as a user meets them: the built program beside a module over
// the stand-in of TensorRT.
#include <filesystem>

#include "jetline/base/testing.h"
#include "tests/program.h"
#include "tests/small_models.h"

namespace jetline {
namespace {

using testing::error_id;
using testing::json_of;
using testing::run_words;

class BuildCli : public ::testing::Test {
 protected:
  // The program with the stand-in of `release` (0: without) and the CPU engine where that was built.
  std::string program(int release) {
    const std::string folder = dir_.file("with" + std::to_string(release)), path = folder + "/jetline";
    if (file_exists(path)) return path;
    std::filesystem::create_directory(folder);
    std::filesystem::copy_file(testing::program_path(), path);
    if (release > 0) {
      std::filesystem::create_symlink(std::string(JETLINE_BINARY_DIR) + "/trt_double/" +
                                          std::to_string(release) + "/libjetline_tensorrt.so",
                                      folder + "/libjetline_tensorrt.so");
    }
    const std::string cpu = testing::program_folder() + "/libjetline_openvino.so";
    has_cpu_engine_ = file_exists(cpu);
    if (has_cpu_engine_) std::filesystem::create_symlink(cpu, folder + "/libjetline_openvino.so");
    return path;
  }

  ProcessResult run(int release, std::vector<std::string> words) {
    words.insert(words.begin(), program(release));
    words.push_back("--json");
    return run_words(words, dir_.path());
  }

  std::string model() {
    const std::string path = dir_.file("m.onnx");
    Model m;
    m.set_opset("", 13);
    GraphBuilder b(m.graph());
    Value* x = b.input("images", DType::kF32, {1, 3, 17, 23});
    Value* y = b.op("Relu", {testing::small_conv(b, x, 3, 8, 3, 2, 1, 1, "c1")}, {}, "r1");
    b.output(testing::small_conv(b, y, 8, 5, 1, 1, 1, 3, "c2"), "out", DType::kF32, {1, 5, 9, 12});
    JETLINE_EXPECT_OK(b.status());
    JETLINE_EXPECT_OK(save_onnx(m, path));
    return path;
  }

  TemporaryDirectory dir_;
  bool has_cpu_engine_ = false;
};

TEST_F(BuildCli, WithoutTensorRtTheModuleIsNamed) {
  const auto r = run(0, {"build", model(), "-o", dir_.file("m.plan")});
  EXPECT_EQ(r.exit_code, 4);
  EXPECT_EQ(error_id(r), "engine.not-installed");
  EXPECT_FALSE(file_exists(dir_.file("m.plan")));
}

TEST_F(BuildCli, APlanIsBuiltProvedAndRun) {
  const std::string plan = dir_.file("m.plan");
  const auto built = run(1006, {"build", model(), "-o", plan, "--timing-cache", dir_.file("times")});
  ASSERT_EQ(built.exit_code, 0) << built.output << built.errors;
  const auto j = json_of(built);
  EXPECT_EQ(j["layers"], 3);
  EXPECT_EQ(j["verified"]["done"], has_cpu_engine_) << j.dump();
  if (has_cpu_engine_) {
    EXPECT_LT(j["verified"]["worst"].get<double>(), 1e-5);
  }
  EXPECT_TRUE(file_exists(plan + ".json"));
  EXPECT_TRUE(file_exists(dir_.file("times")));

  // Named or not, the engine that a plan is made for runs it.
  for (const std::vector<std::string>& engine : {std::vector<std::string>{}, {"--engine", "tensorrt"}}) {
    std::vector<std::string> words = {"infer", plan, "--random", "3"};
    words.insert(words.end(), engine.begin(), engine.end());
    const auto ran = run(1006, words);
    ASSERT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_EQ(json_of(ran)["conditions"]["engine"], "tensorrt");
    EXPECT_EQ(json_of(ran)["outputs"][0]["shape"], (std::vector<int>{1, 5, 9, 12}));
  }
  EXPECT_EQ(error_id(run(1006, {"infer", model(), "--random", "3", "--engine", "tensorrt"})),
            "engine.needs-plan");
  EXPECT_EQ(error_id(run(0, {"infer", plan, "--random", "3"})), "engine.not-installed");

  // Nothing is overwritten unasked.
  EXPECT_EQ(error_id(run(1006, {"build", model(), "-o", plan})), "file.exists");
  EXPECT_EQ(run(1006, {"build", model(), "-o", plan, "--rebuild", "--no-verify"}).exit_code, 0);
}

TEST_F(BuildCli, PlansFromElsewhereAndDamagedOnesAreRefused) {
  const std::string plan = dir_.file("m.plan");
  ASSERT_EQ(run(802, {"build", model(), "-o", plan, "--no-verify"}).exit_code, 0);
  const auto newer = run(1006, {"infer", plan, "--random", "1"});
  EXPECT_EQ(newer.exit_code, 3);
  EXPECT_EQ(error_id(newer), "plan.older");
  EXPECT_EQ(run(802, {"infer", plan, "--random", "1"}).exit_code, 0);
  std::string bytes = read_file(plan).value();
  bytes[bytes.size() / 2] ^= 4;
  JETLINE_ASSERT_OK(write_file(plan, bytes));
  EXPECT_EQ(error_id(run(802, {"infer", plan, "--random", "1"})), "plan.damaged");
  JETLINE_ASSERT_OK(write_file(plan, bytes.substr(0, 100)));
  EXPECT_EQ(error_id(run(802, {"infer", plan, "--random", "1"})), "plan.truncated");
  JETLINE_ASSERT_OK(write_file(plan + ".json", "{}"));
  // Neither a record nor the header of a plan: read as a model, which it is not.
  EXPECT_TRUE(starts_with(error_id(run(802, {"infer", plan, "--random", "1"})), "onnx."));
}

TEST_F(BuildCli, WhatIsWrongIsSaidBeforeAnythingIsWritten) {
  const std::string m = model();
  EXPECT_EQ(error_id(run(1006, {"build", m, "-o", dir_.file("none/m.plan")})), "file.not-found");
  EXPECT_EQ(error_id(run(1006, {"build", m, "-o", dir_.file("m.plan"), "--precision", "fp8"})),
            "engine.unknown-option");
  EXPECT_EQ(error_id(run(1006, {"build", m, "-o", dir_.file("m.plan"), "--shapes", "images"})),
            "build.shape");
  EXPECT_EQ(error_id(run(1006, {"build", m, "-o", dir_.file("m.plan"), "--workspace", "much"})),
            "engine.unknown-option");
  EXPECT_FALSE(file_exists(dir_.file("m.plan")));
  EXPECT_FALSE(file_exists(dir_.file("m.plan.json")));
}

}  // namespace
}  // namespace jetline
