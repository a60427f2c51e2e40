// Real detectors on real photographs: against the Python peer (bench/detect_peer.py), and forms of one
// network against each other. Skips where models, pictures, the engine or Python are absent; the fake-engine
// tests and the hand-computed heads run everywhere.
#include <cmath>
#include <nlohmann/json.hpp>

#include "jetline/base/module.h"
#include "jetline/base/subprocess.h"
#include "jetline/base/testing.h"
#include "jetline/vision/detect_run.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

// One picture's detections as results rows {category, x, y, w, h, score}, matched greedily.
struct RealRow {
  int64_t category = 0;
  double x = 0, y = 0, w = 0, h = 0, score = 0;
  std::vector<double> landmarks;
};
using RealRows = std::map<int64_t, std::vector<RealRow>>;  // by image id

RealRows real_rows(const std::string& json) {
  RealRows rows;
  for (const auto& r : nlohmann::json::parse(json)) {
    RealRow row = {r["category_id"], r["bbox"][0], r["bbox"][1], r["bbox"][2], r["bbox"][3], r["score"], {}};
    if (r.contains("landmarks")) row.landmarks = r["landmarks"].get<std::vector<double>>();
    rows[r["image_id"]].push_back(row);
  }
  return rows;
}

struct RealDifference {
  int missing = 0, extra = 0, matched = 0;
  double pixels = 0, score = 0;
};

RealDifference real_compare(const RealRows& a, RealRows b) {
  RealDifference d;
  for (const auto& [id, rows] : a) {
    for (const RealRow& r : rows) {
      auto& others = b[id];
      size_t best = others.size();
      double nearest = 1e9;
      for (size_t i = 0; i < others.size(); ++i) {
        const RealRow& o = others[i];
        if (o.category != r.category) continue;
        double apart =
            std::max({std::abs(o.x - r.x), std::abs(o.y - r.y), std::abs(o.w - r.w), std::abs(o.h - r.h)});
        for (size_t k = 0; k < std::min(o.landmarks.size(), r.landmarks.size()); ++k) {
          apart = std::max(apart, std::abs(o.landmarks[k] - r.landmarks[k]));
        }
        if (apart < nearest) nearest = apart, best = i;
      }
      if (best == others.size()) {
        ++d.missing;
        continue;
      }
      ++d.matched;
      d.pixels = std::max(d.pixels, nearest);
      d.score = std::max(d.score, std::abs(others[best].score - r.score));
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(best));
    }
  }
  for (const auto& [id, rows] : b) d.extra += static_cast<int>(rows.size());
  return d;
}

Result<RealRows> real_detect(const std::string& model, const std::string& folder, int width = 0,
                             int height = 0, float score = -1) {
  DetectorOptions options;
  options.engine.threads = 2;
  options.input_width = width;
  options.input_height = height;
  options.score_threshold = score;
  JETLINE_ASSIGN_OR_RETURN(auto detector, Detector::create(model, options));
  DetectRunOptions run;
  run.inputs = {folder};
  JETLINE_ASSIGN_OR_RETURN(const DetectReport report, run_detect(*detector, run));
  return real_rows(coco_results_json(report.images, detector->card().labels));
}

// The first pictures of the real set, by links: the whole set takes minutes under a sanitizer.
void real_pictures(const std::string& from, const TemporaryDirectory& dir, size_t count) {
  auto names = list_directory(from);
  ASSERT_TRUE(names.ok());
  for (size_t i = 0; i < std::min(count, names->size()); ++i) {
    auto bytes = read_file(join_path(from, (*names)[i]));
    ASSERT_TRUE(bytes.ok());
    JETLINE_ASSERT_OK(write_file(dir.file((*names)[i]), *bytes));
  }
}

struct RealCase {
  const char* family;
  const char* model;
};
void PrintTo(const RealCase& c, std::ostream* out) { *out << c.family; }

class DetectorAgainstPython : public ::testing::TestWithParam<RealCase> {};

TEST_P(DetectorAgainstPython, SameBoxes) {
  JETLINE_REQUIRE_TEST_DATA(model, std::string("onnx/") + GetParam().model);
  JETLINE_REQUIRE_TEST_DATA(folder, "datasets/ds_raccoon/images");
  const std::string python = testing::source_path("build/venv/bin/python");
  if (!file_exists(python)) GTEST_SKIP() << "notice: needs the Python environment build/venv";
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  TemporaryDirectory pictures, out;
  real_pictures(folder, pictures, 60);
  ProcessSpec peer;
  peer.argv = {python,
               testing::source_path("bench/detect_peer.py"),
               GetParam().family,
               model,
               pictures.path(),
               out.file("peer.json")};
  JETLINE_ASSERT_OK_AND_ASSIGN(const ProcessResult ran, real_process_runner().run(peer));
  ASSERT_EQ(ran.exit_code, 0) << ran.errors;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(out.file("peer.json")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const RealRows ours, real_detect(model, pictures.path()));
  const RealDifference d = real_compare(ours, real_rows(text));
  EXPECT_GT(d.matched, 0);
  // Two engines differ in the sixth digit: a score on the threshold or an IoU on the limit may fall either
  // way.
  EXPECT_LE(d.missing + d.extra, 1 + d.matched / 200);
  EXPECT_LE(d.pixels, 0.5);
  EXPECT_LE(d.score, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(
    Models, DetectorAgainstPython,
    ::testing::Values(RealCase{"fastestdet", "onnx_fastestdet/example/onnx-runtime/FastestDet.onnx"},
                      RealCase{"yolox", "onnx_yolox_nano/yolox_nano.onnx"},
                      RealCase{"nanodet", "onnx_nanodet_m/nanodet_m_320.onnx"},
                      RealCase{"ultraface", "onnx_ultraface/version-RFB-320_simplified.onnx"},
                      RealCase{"yunet", "onnx_yunet/yunet_n_320_320.onnx"}),
    [](const auto& info) { return std::string(info.param.family); });

// The same network with the decode inside and outside the graph, and with fixed and free shape, finds the
// same.
void expect_same_network(const std::string& a, const std::string& b, const std::string& folder, int width,
                         int height) {
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  TemporaryDirectory pictures;
  real_pictures(folder, pictures, 60);
  JETLINE_ASSERT_OK_AND_ASSIGN(const RealRows one, real_detect(a, pictures.path(), 0, 0, 0.6f));
  JETLINE_ASSERT_OK_AND_ASSIGN(const RealRows two, real_detect(b, pictures.path(), width, height, 0.6f));
  const RealDifference d = real_compare(one, two);
  EXPECT_GT(d.matched, 5);
  EXPECT_EQ(d.missing + d.extra, 0);
  EXPECT_LE(d.pixels, 0.1);
  EXPECT_LE(d.score, 1e-4);
}

TEST(DetectorForms, UltraFaceDecodedAndRaw) {
  JETLINE_REQUIRE_TEST_DATA(raw, "onnx/onnx_ultraface/version-RFB-320_without_postprocessing.onnx");
  JETLINE_REQUIRE_TEST_DATA(decoded, "onnx/onnx_ultraface/version-RFB-320.onnx");
  JETLINE_REQUIRE_TEST_DATA(simplified, "onnx/onnx_ultraface/version-RFB-320_simplified.onnx");
  JETLINE_REQUIRE_TEST_DATA(folder, "datasets/ds_raccoon/images");
  expect_same_network(decoded, raw, folder, 0, 0);
  expect_same_network(decoded, simplified, folder, 0, 0);
}

TEST(DetectorForms, YuNetFixedAndDynamic) {
  JETLINE_REQUIRE_TEST_DATA(fixed, "onnx/onnx_yunet/yunet_n_320_320.onnx");
  JETLINE_REQUIRE_TEST_DATA(dynamic, "onnx/onnx_yunet/yunet_n_dynamic.onnx");
  JETLINE_REQUIRE_TEST_DATA(folder, "datasets/ds_raccoon/images");
  expect_same_network(fixed, dynamic, folder, 320, 320);
}

}  // namespace
}  // namespace jetline
