// What the tests of the TensorRT module share: models made on the spot, plans of them, and the stand-in's
// state checked for leaks after every test.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "jetline/base/files.h"
#include "jetline/base/hash.h"
#include "jetline/engine/tensorrt/double/double_faults.h"
#include "jetline/engine/tensorrt/trt_builder.h"
#include "jetline/engine/tensorrt/trt_engine.h"
#include "tests/small_models.h"

namespace jetline {
namespace trt {

class SilentProgress : public Progress {
 public:
  void report(std::string_view stage, int64_t done, int64_t total, std::string_view note) override {
    ++calls;
    last_done = done;
    last_total = total;
    notes.emplace_back(note);
  }
  int calls = 0;
  int64_t last_done = 0, last_total = 0;
  std::vector<std::string> notes;
};

class TrtTest : public ::testing::Test {
 protected:
  void SetUp() override { trt_double::faults().reset(); }
  void TearDown() override {
    trt_double::faults().reset();
    EXPECT_EQ(trt_double::counts().live_objects, 0) << "TensorRT objects leaked";
    EXPECT_EQ(trt_double::counts().live_blocks, 0) << "memory leaked";
    EXPECT_EQ(trt_double::counts().live_handles, 0) << "CUDA handles leaked";
  }

  // y = relu(conv(x)) + x, x [1,3,8,8]; `dynamic`: the batch is open.
  std::string conv_model(bool dynamic = false) {
    Model model;
    model.set_opset("", 13);
    GraphBuilder b(model.graph());
    std::vector<Dim> shape = {1, 3, 8, 8};
    if (dynamic) shape[0] = Dim::named("batch");
    Value* x = b.input("x", DType::kF32, shape);
    Value* y = b.op("Relu", {testing::small_conv(b, x, 3, 3, 3, 1, 1, 5, "conv1")}, {}, "relu1");
    b.output(b.op("Add", {y, x}, {}, "add1"), "y", DType::kF32, shape);
    EXPECT_TRUE(b.status().ok()) << b.status().to_string();
    const std::string path = folder_.file(dynamic ? "dynamic.onnx" : "conv.onnx");
    EXPECT_TRUE(save_onnx(model, path).ok());
    return path;
  }

  Result<BuiltPlan> build_model(const std::string& path, const PlanBuildOptions& options = {}) {
    JETLINE_ASSIGN_OR_RETURN(const ModelSource source, examine_model(path, true));
    return build(source, options, progress_, cancel_);
  }

  // A built plan with its record on disk.
  std::string plan_file(const std::string& model, const PlanBuildOptions& options = {}) {
    auto built = build_model(model, options);
    EXPECT_TRUE(built.ok()) << built.status().to_string();
    if (!built.ok()) return "";
    const std::string path = folder_.file("model.plan");
    const Status s = write_plan(path, bytes_of(built->bytes), built->record);
    EXPECT_TRUE(s.ok()) << s.to_string();
    return path;
  }

  static ByteView bytes_of(const std::string& s) {
    return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
  }

  Result<std::unique_ptr<Engine>> load_plan(const std::string& path, EngineOptions options = {}) {
    options.engine = "tensorrt";
    JETLINE_ASSIGN_OR_RETURN(const ModelSource source, examine_model(path, false));
    return TrtEngine::load(source, options);
  }

  static void fill_ramp(const TensorView& v, float step) {
    for (int64_t i = 0; i < v.elements(); ++i) v.f32()[i] = std::sin(static_cast<float>(i) * step);
  }

  TemporaryDirectory folder_;
  SilentProgress progress_;
  CancelToken cancel_;
};

}  // namespace trt
}  // namespace jetline
