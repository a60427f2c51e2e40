#include "jetline/engine/tensorrt/trt_builder.h"

#include "jetline/engine/tensorrt/trt_testing.h"

namespace jetline {
namespace trt {
namespace {

class TrtBuilderTest : public TrtTest {};

TEST_F(TrtBuilderTest, ARecordSaysWhatWasBuiltAndForWhat) {
  PlanBuildOptions o;
#if TRT_HAS_LEVEL
  o.level = 1;
#endif
  o.workspace = 100 << 20;
  auto built = build_model(conv_model(), o);
  ASSERT_TRUE(built.ok()) << built.status().to_string();
  const PlanRecord& r = built->record;
  EXPECT_EQ(r.host.tensorrt, header_release());
  EXPECT_EQ(r.host.compute_capability, "8.7");
  EXPECT_EQ(r.host.gpu, "Double GPU");
  EXPECT_EQ(r.workspace, 100 << 20);
  EXPECT_EQ(r.level, o.level);
  EXPECT_EQ(r.attempts, 1);
  EXPECT_EQ(r.strongly_typed, NV_TENSORRT_MAJOR >= 11);
  ASSERT_EQ(r.inputs.size(), 1u);
  EXPECT_EQ(r.inputs[0].name, "x");
  EXPECT_EQ(r.outputs[0].shape, (std::vector<int64_t>{1, 3, 8, 8}));
  EXPECT_EQ(r.layers, (std::vector<std::string>{"conv1", "relu1", "add1"}));
}

TEST_F(TrtBuilderTest, OptionsThatThisReleaseLacksAreRefused) {
  const std::string model = conv_model();
  PlanBuildOptions o;
  o.precision = "int4";
  EXPECT_EQ(build_model(model, o).status().id(), "engine.unknown-option");
  o = {};
  o.device = "3";
  EXPECT_EQ(build_model(model, o).status().id(), "engine.unknown-option");
  o = {};
  o.dla_core = 4;
  EXPECT_EQ(build_model(model, o).status().id(), "engine.unknown-option");
  o = {};
  o.strongly_typed = true;
  EXPECT_EQ(build_model(model, o).ok(), TRT_HAS_STRONG_TYPES);
  o = {};
  o.level = 2;
  EXPECT_EQ(build_model(model, o).ok(), TRT_HAS_LEVEL);
  o = {};
  o.precision = "fp16";
  EXPECT_EQ(build_model(model, o).ok(), TRT_HAS_PRECISION_FLAGS);
  o.strongly_typed = true;
  EXPECT_EQ(build_model(model, o).status().id(), "engine.unknown-option");
}

TEST_F(TrtBuilderTest, AnOperatorThatIsNotReadIsNamed) {
  trt_double::faults().unsupported_op = "Relu";
  const Status s = build_model(conv_model()).status();
  EXPECT_EQ(s.id(), "build.parse");
  EXPECT_NE(s.message().find("No importer registered for op: Relu"), std::string::npos) << s.message();
  EXPECT_NE(s.message().find(library_release()), std::string::npos) << s.message();
}

TEST_F(TrtBuilderTest, OpenShapesNeedARange) {
  const std::string model = conv_model(true);
  EXPECT_EQ(build_model(model).status().id(), "build.no-profile");
  PlanBuildOptions o;
  o.shapes["y"] = {{1, 3, 8, 8}, {1, 3, 8, 8}, {1, 3, 8, 8}};
  EXPECT_EQ(build_model(model, o).status().id(), "build.no-profile");
  o.shapes = {{"x", {{1, 3, 8, 8}, {2, 3, 8, 8}, {1, 3, 8, 8}}}};
  EXPECT_EQ(build_model(model, o).status().id(), "build.shape") << "max below opt";
  o.shapes = {{"x", {{1, 3, 9, 8}, {2, 3, 9, 8}, {3, 3, 9, 8}}}};
  EXPECT_EQ(build_model(model, o).status().id(), "build.shape") << "a dimension that the model fixes";
  o.shapes = {{"x", {{1, 3, 8, 8}, {2, 3, 8, 8}, {3, 3, 8, 8}}}, {"z", {{1}, {1}, {1}}}};
  EXPECT_EQ(build_model(model, o).status().id(), "build.shape") << "no such input";
  o.shapes.erase("z");
  auto built = build_model(model, o);
  ASSERT_TRUE(built.ok()) << built.status().to_string();
  EXPECT_EQ(built->record.shapes.at("x").max[0], 3);
  EXPECT_EQ(built->record.inputs[0].shape[0], -1);
}

TEST_F(TrtBuilderTest, LessMemoryIsTriedAndSaid) {
  PlanBuildOptions o;
  o.workspace = int64_t{1} << 30;
  trt_double::faults().memory_for_workspace = 300 << 20;
  auto built = build_model(conv_model(), o);
  ASSERT_TRUE(built.ok()) << built.status().to_string();
  EXPECT_EQ(built->record.attempts, 2);
  EXPECT_EQ(built->record.workspace, 256 << 20);
  ASSERT_EQ(built->notes.size(), 1u);
  EXPECT_NE(built->notes[0].find("not enough memory"), std::string::npos);
  trt_double::faults().memory_for_workspace = 0;
  const Status s = build_model(conv_model(), o).status();
  EXPECT_EQ(s.id(), "engine.out-of-memory") << s.to_string();
}

TEST_F(TrtBuilderTest, OtherFailuresAreNotTriedAgain) {
  trt_double::faults().builder_fails = true;
  const int timed = trt_double::counts().timed_layers;
  const Status s = build_model(conv_model()).status();
  EXPECT_EQ(s.id(), "build.failed");
  EXPECT_NE(s.message().find("Could not find any implementation"), std::string::npos) << s.message();
  EXPECT_EQ(trt_double::counts().timed_layers - timed, 3) << "one attempt";
}

TEST_F(TrtBuilderTest, AStopDuringTheBuildGivesNothing) {
  int steps = 0;
  trt_double::faults().during_build = [&] {
    if (++steps == 2) cancel_.cancel();
  };
  EXPECT_EQ(build_model(conv_model()).status().kind(), ErrorKind::kCancelled);
  if (TRT_HAS_PROGRESS) {
    EXPECT_EQ(steps, 2) << "the builder is told at its next step";
  }
}

TEST_F(TrtBuilderTest, AStoppedBuildGoesOnFromItsTimings) {
  PlanBuildOptions o;
  o.timing_cache = folder_.file("times.cache");
  int steps = 0;
  trt_double::faults().during_build = [&] {
    if (++steps == 2) cancel_.cancel();
  };
  ASSERT_FALSE(build_model(conv_model(), o).ok());
  trt_double::faults().during_build = nullptr;
  const int known = TRT_HAS_PROGRESS ? 2 : 3;  // before, the builder cannot be interrupted
  const int before = trt_double::counts().timed_layers;
  const ModelSource source = examine_model(conv_model(), true).value();
  const CancelToken fresh;
  ASSERT_TRUE(build(source, o, progress_, fresh).ok());
  EXPECT_EQ(trt_double::counts().timed_layers - before, 3 - known);
}

TEST_F(TrtBuilderTest, ProgressGoesUpToTheWhole) {
  ASSERT_TRUE(build_model(conv_model()).ok());
  EXPECT_GT(progress_.calls, 2);
  if (TRT_HAS_PROGRESS) {
    EXPECT_EQ(progress_.last_total, 1000);
    EXPECT_GE(progress_.last_done, 500);
  } else {
    EXPECT_EQ(progress_.last_total, 0) << "no total is known";
    EXPECT_EQ(progress_.notes.back(), "add1");
  }
}

TEST_F(TrtBuilderTest, ATimingCacheSparesTheNextBuild) {
  PlanBuildOptions o;
  o.timing_cache = folder_.file("times.cache");
  int before = trt_double::counts().timed_layers;
  ASSERT_TRUE(build_model(conv_model(), o).ok());
  EXPECT_EQ(trt_double::counts().timed_layers - before, 3);
  before = trt_double::counts().timed_layers;
  auto second = build_model(conv_model(), o);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(trt_double::counts().timed_layers - before, 0);
  EXPECT_TRUE(second->notes.empty());
  // Another GPU's times say nothing here.
  trt_double::faults().compute_minor = 2;
  before = trt_double::counts().timed_layers;
  auto third = build_model(conv_model(), o);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(trt_double::counts().timed_layers - before, 3);
  EXPECT_EQ(third->notes.size(), 1u);
  // A damaged file is an empty one, and is replaced.
  for (const std::string& damage : {std::string("rubbish"), std::string("")}) {
    ASSERT_TRUE(write_file(o.timing_cache, damage).ok());
    EXPECT_TRUE(build_model(conv_model(), o).ok());
  }
  std::string text = read_file(o.timing_cache).value();
  text[text.size() - 3] ^= 1;
  ASSERT_TRUE(write_file(o.timing_cache, text).ok());
  before = trt_double::counts().timed_layers;
  auto healed = build_model(conv_model(), o);
  ASSERT_TRUE(healed.ok());
  EXPECT_EQ(trt_double::counts().timed_layers - before, 3);
}

TEST_F(TrtBuilderTest, WithoutGpuOrDriverThereIsAReason) {
  const std::string model = conv_model();
  trt_double::faults().devices = 0;
  EXPECT_EQ(build_model(model).status().id(), "engine.no-gpu");
  trt_double::faults().devices = 1;
  trt_double::faults().old_driver = true;
  EXPECT_EQ(build_model(model).status().id(), "engine.driver");
  trt_double::faults().old_driver = false;
  trt_double::faults().library_version = 7103;
  EXPECT_EQ(build_model(model).status().id(), "engine.load-failed");
}

TEST_F(TrtBuilderTest, APlanThatDoesNotLoadIsNotHandedOut) {
  trt_double::faults().deserialize_fails = true;
  EXPECT_EQ(build_model(conv_model()).status().id(), "build.failed");
}

}  // namespace
}  // namespace trt
}  // namespace jetline
