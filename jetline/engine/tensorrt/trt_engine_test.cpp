#include "jetline/engine/tensorrt/trt_engine.h"

#include "jetline/engine/plan/plan_check.h"
#include "jetline/engine/tensorrt/trt_testing.h"

namespace jetline {
namespace trt {
namespace {

class TrtEngineTest : public TrtTest {
 protected:
  std::string load_id(const std::string& path, const EngineOptions& options = {}) {
    return load_plan(path, options).status().id();
  }
};

TEST_F(TrtEngineTest, ConditionsSayWhatRan) {
  auto engine = load_plan(plan_file(conv_model()));
  ASSERT_TRUE(engine.ok());
  const auto c = (*engine)->conditions();
  EXPECT_EQ(c.at("engine"), "tensorrt");
  EXPECT_EQ(c.at("engine_version"), header_release());
  EXPECT_EQ(c.at("device"), "GPU 0: Double GPU (compute capability 8.7)");
  EXPECT_EQ(c.at("record"), "checked");
  EXPECT_EQ((*engine)->optimal_requests(), 1);
}

TEST_F(TrtEngineTest, WhatIsRefusedNeverReachesTheVendorsReader) {
  const std::string plan = plan_file(conv_model());
  const std::string bytes = read_file(plan).value(), record = read_file(plan + ".json").value();
  const int before = trt_double::counts().deserialized;
  std::string flipped = bytes;
  flipped[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(write_file(plan, flipped).ok());
  EXPECT_EQ(load_id(plan), "plan.damaged");
  ASSERT_TRUE(write_file(plan, bytes.substr(0, bytes.size() - 9)).ok());
  EXPECT_EQ(load_id(plan), "plan.truncated");
  ASSERT_TRUE(write_file(plan, bytes).ok());
  trt_double::faults().compute_minor = 6;
  EXPECT_EQ(load_id(plan), "plan.other-gpu");
  trt_double::faults().compute_minor = 7;
  PlanRecord other = plan_record_from_json(record, "r").value();
  for (const auto& [release, id] :
       {std::pair<const char*, const char*>{"7.1.3.0", "plan.older"}, {"99.0.0.1", "plan.newer"}}) {
    other.host.tensorrt = release;
    ASSERT_TRUE(write_file(plan + ".json", plan_record_to_json(other)).ok());
    EXPECT_EQ(load_id(plan), id);
  }
  EXPECT_EQ(trt_double::counts().deserialized, before);
  ASSERT_TRUE(write_file(plan + ".json", record).ok());
  EXPECT_EQ(load_id(plan), "");
}

TEST_F(TrtEngineTest, TheVendorsRefusalIsPassedOn) {
  const std::string plan = plan_file(conv_model());
  trt_double::faults().deserialize_fails = true;
  const Status s = load_plan(plan).status();
  EXPECT_EQ(s.id(), "engine.load-failed");
  EXPECT_NE(s.message().find("corrupted data"), std::string::npos) << s.message();
}

TEST_F(TrtEngineTest, WithoutGpuOrDriverOrWithAnotherLibrary) {
  const std::string plan = plan_file(conv_model());
  trt_double::faults().devices = 0;
  EXPECT_EQ(load_id(plan), "engine.no-gpu");
  trt_double::faults().reset();
  trt_double::faults().old_driver = true;
  EXPECT_EQ(load_id(plan), "engine.driver");
  trt_double::faults().reset();
  trt_double::faults().library_version = 50103;
  EXPECT_EQ(load_id(plan), "engine.load-failed");
}

TEST_F(TrtEngineTest, DevicesAreChosenByNumberOrName) {
  const std::string plan = plan_file(conv_model());
  trt_double::faults().devices = 2;
  for (const char* good : {"", "CPU", "GPU", "0", "1", "cuda:1", "GPU.1"}) {
    EngineOptions o;
    o.device = good;
    EXPECT_EQ(load_id(plan, o), "") << good;
  }
  for (const char* bad : {"2", "-1", "cuda:", "NPU"}) {
    EngineOptions o;
    o.device = bad;
    EXPECT_EQ(load_id(plan, o), "engine.unknown-option") << bad;
  }
}

TEST_F(TrtEngineTest, ShapesGivenToAPlanMustBePossible) {
  const std::string plan = plan_file(conv_model());
  EngineOptions o;
  o.shapes["x"] = {1, 3, 8, 8};
  EXPECT_EQ(load_id(plan, o), "");
  o.shapes["x"] = {2, 3, 8, 8};
  EXPECT_EQ(load_id(plan, o), "engine.bad-shape");
  o.shapes = {{"z", {1}}};
  EXPECT_EQ(load_id(plan, o), "engine.bad-shape");
}

TEST_F(TrtEngineTest, AModelIsNoPlan) {
  const std::string model = conv_model();
  const ModelSource source = examine_model(model, false).value();
  const Status s = TrtEngine::load(source, {}).status();
  EXPECT_EQ(s.id(), "engine.needs-plan");
  EXPECT_NE(s.hint().find("jetline build"), std::string::npos);
}

TEST(TrtCommon, ReleasesOfBothPackings) {
  trt_double::faults().library_version = 8602;
  EXPECT_EQ(library_release(), "8.6.2");
  trt_double::faults().library_version = 101303;
  EXPECT_EQ(library_release(), "10.13.3");
  trt_double::faults().library_version = 110000;
  EXPECT_EQ(library_release(), "11.0.0");
  trt_double::faults().reset();
  EXPECT_EQ(header_release(), library_release() + ".7");
}

TEST(TrtCommon, ComplaintsAreToldApart) {
  logger().clear();
  Complaints c;
  c.reportError(nvinfer1::ErrorCode::kINTERNAL_ERROR, "Could not find any implementation for node x");
  EXPECT_EQ(c.to_status(ErrorKind::kBadInput, "build.failed", "doing", "").id(), "build.failed");
  c.reportError(nvinfer1::ErrorCode::kFAILED_ALLOCATION, "no");
  EXPECT_EQ(c.to_status(ErrorKind::kBadInput, "build.failed", "doing", "").id(), "engine.out-of-memory");
  c.clear();
  EXPECT_EQ(c.getNbErrors(), 0);
  logger().log(nvinfer1::ILogger::Severity::kWARNING,
               "Tactic Device request: 826MB Available: 512MB. Device memory is insufficient to use tactic.");
  EXPECT_TRUE(c.out_of_memory());
  logger().clear();
  c.reportError(nvinfer1::ErrorCode::kINTERNAL_ERROR,
                "CUDA driver version is insufficient for CUDA runtime version");
  EXPECT_EQ(c.to_status(ErrorKind::kBadInput, "build.failed", "doing", "").id(), "engine.driver");
}

}  // namespace
}  // namespace trt
}  // namespace jetline
