// The shared detectors, made to run on every release by our own check; each change is compared. fix_test.cpp
// does the same with models made on the spot.
#include "jetline/base/testing.h"
#include "jetline/fix/compare.h"
#include "jetline/fix/report.h"
#include "jetline/fix/testing.h"
#include "jetline/graph/onnx_file.h"

namespace jetline::fix {
namespace {

void real_model_runs(const std::string& path) {
  targets::Catalog catalog;
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto model, load_onnx(path));
  for (const char* release : {"7.1", "8.0", "8.2", "8.4", "8.5", "8.6", "10.3", "10.13", "10.16", "11"}) {
    SCOPED_TRACE(path + " for TensorRT " + release);
    targets::TargetQuery query;
    query.tensorrt = release;
    FixOptions options;
    JETLINE_ASSERT_OK_AND_ASSIGN(options.target, targets::choose(catalog, query));
    auto copy = model->clone();
    const auto report = fix_model(*copy, catalog, options);
    ASSERT_TRUE(report.ok()) << report.status().to_string();
    EXPECT_TRUE(report->reached) << report_text(*report);
    for (const FixStep& s : report->steps) {
      EXPECT_TRUE(s.difference.compared) << s.rewrite << ": " << s.difference.why;
      EXPECT_LE(s.difference.largest, 1e-5) << s.rewrite;
    }
  }
}

#define JETLINE_REAL_FIX(name, path)       \
  TEST(FixRealModels, name) {              \
    JETLINE_REQUIRE_TEST_DATA(file, path); \
    real_model_runs(file);                 \
  }

JETLINE_REAL_FIX(FastestDet, "onnx/onnx_fastestdet/example/onnx-runtime/FastestDet.onnx")
JETLINE_REAL_FIX(FastestDetFruits, "onnx/onnx_fastestdet_fruits/FastestDet.onnx")
JETLINE_REAL_FIX(NanoDet, "onnx/onnx_nanodet_m/nanodet_m_320.onnx")
JETLINE_REAL_FIX(UltraFace, "onnx/onnx_ultraface/version-RFB-320.onnx")
JETLINE_REAL_FIX(UltraFaceSimplified, "onnx/onnx_ultraface/version-RFB-320_simplified.onnx")
JETLINE_REAL_FIX(UltraFaceWithoutPostprocessing,
                 "onnx/onnx_ultraface/version-RFB-320_without_postprocessing.onnx")
JETLINE_REAL_FIX(YoloxNano, "onnx/onnx_yolox_nano/yolox_nano.onnx")
JETLINE_REAL_FIX(YuNet, "onnx/onnx_yunet/yunet_n_320_320.onnx")
JETLINE_REAL_FIX(YuNetDynamic, "onnx/onnx_yunet/yunet_n_dynamic.onnx")

}  // namespace
}  // namespace jetline::fix
