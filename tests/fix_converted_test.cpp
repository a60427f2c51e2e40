// From a SavedModel to every release: the shared detectors of the Object Detection API, converted in each of
// their forms, are made to run by our own check, and every change leaves the outputs as they were. The forms
// are those that `jetline convert` writes. fix/fix_test.cpp does the same with networks and tails made on the
// spot, fix/real_models_test.cpp with the shared ONNX files.
#include <algorithm>

#include "jetline/base/testing.h"
#include "jetline/fix/compare.h"
#include "jetline/fix/report.h"
#include "jetline/importers/tensorflow/convert.h"
#include "tests/program.h"

namespace jetline::testing {
namespace {

// The archive's SavedModel folder, unpacked into `scratch`.
std::string unpacked_saved_model(const std::string& archive, const TemporaryDirectory& scratch) {
  const ProcessResult r =
      run_words({"/bin/sh", "-c", "zstd -dc \"$0\" | tar -xf - -C \"$1\"", archive, scratch.path()});
  EXPECT_EQ(r.exit_code, 0) << r.errors;
  const size_t slash = archive.find_last_of('/') + 1;
  return scratch.path() + "/" + archive.substr(slash, archive.find(".tar.zst") - slash);
}

// Outputs of the whole chain of changes. What both models name is computed in each from what both name before
// it; where a plugin or a cut ends the new model, what goes into the suppression is compared.
fix::Difference difference_of_all_changes(const Model& before, const Model& after) {
  const auto pair = fix::comparable_pair(before, after);
  if (!pair.ok()) return {false, 0, "", pair.status().message()};
  return fix::compare_pieces(*pair->before, *pair->after);
}

using Releases = std::vector<const char*>;
const Releases kBefore85 = {"7.1", "8.0", "8.2", "8.4"};
const Releases kFrom85 = {"8.5", "8.6", "10.3", "10.13", "10.16", "11"};
const Releases kAllReleases = {"7.1", "8.0", "8.2", "8.4", "8.5", "8.6", "10.3", "10.13", "10.16", "11"};

// `size`: of the picture, where the form leaves it open; 0: it is fixed.
void converted_model_runs(const std::string& archive, tf::Form form, tf::Nms nms, const Releases& releases,
                          int64_t size = 0) {
  const TemporaryDirectory scratch;
  const std::string folder = unpacked_saved_model(archive, scratch);
  tf::ConvertOptions options;
  options.form = form;
  options.nms = nms;
  JETLINE_ASSERT_OK_AND_ASSIGN(const tf::Converted converted, tf::convert(folder, options, nullptr));
  targets::Catalog catalog;
  int changes = 0;
  double worst = 0;
  for (const char* release : releases) {
    SCOPED_TRACE(std::string("TensorRT ") + release);
    targets::TargetQuery query;
    query.tensorrt = release;
    fix::FixOptions fix_options;
    JETLINE_ASSERT_OK_AND_ASSIGN(fix_options.target, targets::choose(catalog, query));
    const auto model = converted.model->clone();
    if (size > 0) fix_options.shapes[model->graph().inputs()[0]->name()] = {1, size, size, 3};
    JETLINE_ASSERT_OK_AND_ASSIGN(const fix::FixReport report, fix::fix_model(*model, catalog, fix_options));
    ASSERT_TRUE(report.reached) << fix::report_text(report);
    // Asked anew of the model itself.
    const check::Report now = check::Checker(*model, catalog).check(fix_options.target);
    EXPECT_TRUE(check::is_yes(now.verdict)) << now.reason;
    for (const fix::FixStep& s : report.steps) {
      EXPECT_TRUE(s.difference.compared) << s.rewrite << ": " << s.difference.why;
      EXPECT_LE(s.difference.largest, 1e-5) << s.rewrite << " in " << s.difference.output;
      worst = std::max(worst, s.difference.largest);
      changes += s.changes;
    }
    const fix::Difference all = difference_of_all_changes(*converted.model, *model);
    EXPECT_TRUE(all.compared) << all.why;
    EXPECT_LE(all.largest, 1e-5) << all.output;
  }
  EXPECT_GT(changes, 0) << "none of these forms runs on all releases as it is";
  std::printf("%d releases, %d changes in all, largest difference %.1e\n", static_cast<int>(releases.size()),
              changes, worst);
}

#define JETLINE_FIX_CONVERTED(name, archive, ...)                      \
  TEST(FixConvertedModels, name) {                                     \
    JETLINE_REQUIRE_TEST_DATA(file, "savedmodel/" archive ".tar.zst"); \
    converted_model_runs(file, __VA_ARGS__);                           \
  }

#define JETLINE_FIX_CONVERTED_DETECTOR(name, archive)                                           \
  JETLINE_FIX_CONVERTED(name##WithoutSuppression, archive, tf::Form::kDetector, tf::Nms::kNone, \
                        kAllReleases)                                                           \
  JETLINE_FIX_CONVERTED(name##WithSuppression, archive, tf::Form::kDetector, tf::Nms::kOnnx, kAllReleases)

JETLINE_FIX_CONVERTED_DETECTOR(SsdMobileNet, "tfod_ssd_mobilenet_v2_fpnlite_320")
JETLINE_FIX_CONVERTED_DETECTOR(SsdResNet, "tfod_ssd_resnet50_v1_fpn_640")
JETLINE_FIX_CONVERTED_DETECTOR(CenterNet, "tfod_centernet_mobilenet_v2_fpn_512")

// TensorFlow's own interface: bytes in, and its suppression.
JETLINE_FIX_CONVERTED(SsdMobileNetAsItWas, "tfod_ssd_mobilenet_v2_fpnlite_320", tf::Form::kRaw,
                      tf::Nms::kNone, kAllReleases)
JETLINE_FIX_CONVERTED(SsdResNetAsItWas, "tfod_ssd_resnet50_v1_fpn_640", tf::Form::kRaw, tf::Nms::kNone,
                      kAllReleases)
// It takes pictures of any size: before 8.6 that runs only at one size. The evaluator resizes such pictures
// over and over, so there are two tests.
JETLINE_FIX_CONVERTED(CenterNetAsItWasBefore85, "tfod_centernet_mobilenet_v2_fpn_512", tf::Form::kRaw,
                      tf::Nms::kNone, kBefore85, 512)
JETLINE_FIX_CONVERTED(CenterNetAsItWasFrom85, "tfod_centernet_mobilenet_v2_fpn_512", tf::Form::kRaw,
                      tf::Nms::kNone, kFrom85, 512)

}  // namespace
}  // namespace jetline::testing
