// Whole models before and after, run by ONNX Runtime; and the same with random graphs, which need no data.
#include "jetline/passes/opset.h"
#include "jetline/passes/random_graph_testing.h"
#include "tests/python_oracle.h"

namespace jetline::passes {
namespace {

// Runs pairs of files on the same random input and prints the largest relative difference of each.
constexpr const char* kCompareScript = R"(
import sys
import numpy as np
import onnx
import onnxruntime as ort

def session(path):
    o = ort.SessionOptions()
    o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    o.log_severity_level = 3
    return ort.InferenceSession(path, o, providers=['CPUExecutionProvider'])

for before, after in zip(sys.argv[1::2], sys.argv[2::2]):
    onnx.checker.check_model(after)
    a, b = session(before), session(after)
    rng = np.random.default_rng(3)
    feeds = {}
    for i in a.get_inputs():
        last = len(i.shape) - 1
        shape = [d if isinstance(d, int) else 2 if k == 0 else 3 if k == 1 and last == 3 else 64
                 for k, d in enumerate(i.shape)]
        feeds[i.name] = rng.uniform(-2, 2, shape).astype(np.float32)
    assert [o.name for o in a.get_outputs()] == [o.name for o in b.get_outputs()], after
    worst = 0.0
    for x, y in zip(a.run(None, feeds), b.run(None, feeds)):
        assert x.dtype == y.dtype and x.shape == y.shape, (after, x.shape, y.shape)
        if x.size:
            x, y = x.astype(np.float64), y.astype(np.float64)
            gap = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0, np.abs(x - y))
            finite = np.abs(x[np.isfinite(x)])
            worst = max(worst, gap.max() / max(1.0, finite.max() if finite.size else 0))
    print(worst)
)";

void real_compare(const std::vector<std::string>& files) {
  std::istringstream lines(jetline::testing::run_oracle(kCompareScript, files));
  size_t i = 0;
  for (double worst; lines >> worst; i += 2) EXPECT_LE(worst, 1e-5) << files[i];
  EXPECT_EQ(i, files.size());
}

class RealModels : public ::testing::TestWithParam<const char*> {};

TEST_P(RealModels, SayTheSame) {
  JETLINE_REQUIRE_ORACLE();
  JETLINE_REQUIRE_TEST_DATA(path, std::string("onnx/") + GetParam());
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
  OptimizeOptions options;
  options.verify_each = true;
  OptimizeReport report;
  JETLINE_ASSERT_OK(optimize(*model, options, &report));
  EXPECT_LE(report.nodes_after, report.nodes_before);
  EXPECT_TRUE(report.at_rest);
  JETLINE_ASSERT_OK(save_onnx(*model, dir.file("after.onnx")));
  real_compare({path, dir.file("after.onnx")});
}

// Carried up to opset 17, down to 13 and up again: the same outputs at every stop.
TEST_P(RealModels, SayTheSameInOtherOpsets) {
  JETLINE_REQUIRE_ORACLE();
  JETLINE_REQUIRE_TEST_DATA(path, std::string("onnx/") + GetParam());
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
  std::vector<std::string> files;
  int stop = 0;
  for (const int64_t opset : {17, 13, 17}) {
    JETLINE_ASSERT_OK(convert_opset(*model, opset));
    JETLINE_ASSERT_OK(model->graph().verify());
    EXPECT_EQ(model->opset(), opset);
    const std::string file = dir.file(std::to_string(stop++) + ".onnx");
    JETLINE_ASSERT_OK(save_onnx(*model, file));
    files.insert(files.end(), {path, file});
  }
  real_compare(files);
}

INSTANTIATE_TEST_SUITE_P(
    Files, RealModels,
    ::testing::Values("onnx_fastestdet/example/onnx-runtime/FastestDet.onnx",
                      "onnx_fastestdet_fruits/FastestDet.onnx", "onnx_nanodet_m/nanodet_m_320.onnx",
                      "onnx_ultraface/version-RFB-320.onnx", "onnx_ultraface/version-RFB-320_simplified.onnx",
                      "onnx_ultraface/version-RFB-320_without_postprocessing.onnx",
                      "onnx_jetbot_selfdriving/model_1_better_Regression/model_jetbot.onnx",
                      "onnx_yolox_nano/yolox_nano.onnx", "onnx_yunet/yunet_n_320_320.onnx",
                      "onnx_yunet/yunet_n_dynamic.onnx", "onnx_jetbot_cnn/models/SimpleCNN.onnx"));

TEST(RandomModels, SayTheSameToOnnxRuntime) {
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  std::vector<std::string> files;
  for (uint64_t seed = 5000; seed < 5040; ++seed) {
    auto model = testing::RandomGraph(seed).make(25);
    const std::string name = dir.file(std::to_string(seed));
    JETLINE_ASSERT_OK(save_onnx(*model, name + "a.onnx"));
    JETLINE_ASSERT_OK(optimize(*model, {}, nullptr));
    JETLINE_ASSERT_OK(save_onnx(*model, name + "b.onnx"));
    files.insert(files.end(), {name + "a.onnx", name + "b.onnx"});
  }
  real_compare(files);
}

// The same with graphs of our own making, in our evaluator.
TEST(RandomModels, SayTheSameInOtherOpsets) {
  for (uint64_t seed = 6000; seed < 6040; ++seed) {
    SCOPED_TRACE(seed);
    const auto first = testing::RandomGraph(seed, 17).make(25);
    const auto model = first->clone();
    const testing::Feeds feeds = testing::random_feeds(first->graph(), seed);
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto wanted, testing::run_graph(first->graph(), feeds));
    for (const int64_t opset : {13, 17}) {
      JETLINE_ASSERT_OK(convert_opset(*model, opset));
      JETLINE_ASSERT_OK(model->graph().verify());
      JETLINE_ASSERT_OK_AND_ASSIGN(const auto got, testing::run_graph(model->graph(), feeds));
      ASSERT_EQ(got.size(), wanted.size());
      for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(testing::difference(wanted[i], got[i]), 0) << i;
    }
  }
}

}  // namespace
}  // namespace jetline::passes
