#include "jetline/eval/metrics.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "jetline/base/testing.h"
#include "jetline/eval/results.h"

namespace jetline {
namespace {

std::vector<double> metrics_list(const CocoMetrics& m) {
  return {m.AP, m.AP50, m.AP75, m.APs, m.APm, m.APl, m.AR1, m.AR10, m.AR100, m.ARs, m.ARm, m.ARl};
}

void metrics_expect(const std::string& truth, const std::string& results, const nlohmann::json& figures) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(truth));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ResultsReport r, read_results(results, d));
  const CocoMetrics m = coco_metrics(d, r.detections);
  const std::vector<double> got = metrics_list(m);
  ASSERT_EQ(figures["stats"].size(), 12u);
  for (size_t i = 0; i < 12; ++i)
    EXPECT_NEAR(got[i], figures["stats"][i].get<double>(), 5e-7) << truth << " figure " << i;
  ASSERT_EQ(figures["per_class"].size(), m.per_class.size());
  for (size_t c = 0; c < m.per_class.size(); ++c) {
    EXPECT_NEAR(m.per_class[c].AP, figures["per_class"][c].get<double>(), 5e-7) << truth << " class " << c;
  }
}

std::string metrics_python() {
  return testing::source_path("build/venv/bin/python");
}
std::string metrics_oracle() {
  return testing::source_path("jetline/eval/testdata/coco_oracle.py");
}

// Cases made once by testdata/coco_oracle.py with pycocotools' figures beside them.
TEST(CocoMetricsStored, EqualPycocotools) {
  TemporaryDirectory t;
  for (int i = 1; i <= 4; ++i) {
    JETLINE_ASSERT_OK_AND_ASSIGN(
        const std::string text,
        read_file(testing::source_path("jetline/eval/testdata/coco_case_" + std::to_string(i) + ".json")));
    const auto c = nlohmann::json::parse(text);
    JETLINE_ASSERT_OK(write_file(t.file("truth.json"), c["truth"].dump()));
    JETLINE_ASSERT_OK(write_file(t.file("results.json"), c["results"].dump()));
    metrics_expect(t.file("truth.json"), t.file("results.json"), c);
  }
}

TEST(CocoMetricsOracle, EqualPycocotoolsOnRandomData) {
  if (!file_exists(metrics_python()))
    GTEST_SKIP() << "notice: needs the Python environment build/venv with pycocotools";
  TemporaryDirectory t;
  const std::string command = metrics_python() + " " + metrics_oracle() + " many 1000 40 " + t.path();
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  for (int seed = 1000; seed < 1040; ++seed) {
    const std::string dir = t.file(std::to_string(seed));
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(dir + "/figures.json"));
    metrics_expect(dir + "/truth.json", dir + "/results.json", nlohmann::json::parse(text));
  }
}

// Figures that cocoapi publishes beside its own fake results (three decimals).
TEST(CocoMetricsReal, CocoapiFakeResults) {
  JETLINE_REQUIRE_TEST_DATA(root, "coco-eval");
  const std::string truth = root + "/ev_faster_coco_eval/tests/dataset/cocoapi/instances_val2014_100.json";
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(truth));
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const ResultsReport r,
      read_results(root + "/ev_cocoapi/results/instances_val2014_fakebbox100_results.json", d));
  const double expected[] = {0.505, 0.697, 0.573, 0.586, 0.519, 0.501,
                             0.387, 0.594, 0.595, 0.640, 0.566, 0.564};
  const std::vector<double> got = metrics_list(coco_metrics(d, r.detections));
  for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(got[i], expected[i], 5e-4 + 1e-9) << i;
}

TEST(CocoMetricsReal, EqualPycocotoolsOnRealResults) {
  JETLINE_REQUIRE_TEST_DATA(root, "coco-eval");
  if (!file_exists(metrics_python()))
    GTEST_SKIP() << "notice: needs the Python environment build/venv with pycocotools";
  const std::pair<const char*, const char*> pairs[] = {
      {"/ev_faster_coco_eval/tests/dataset/cocoapi/instances_val2014_100.json",
       "/ev_cocoapi/results/instances_val2014_fakebbox100_results.json"},
      {"/ev_review_odm/tests/test_coco_eval/gts/sampled_gts_bbox_area.json",
       "/ev_review_odm/tests/test_coco_eval/cocoapi_results.json"}};
  TemporaryDirectory t;
  for (const auto& [truth, results] : pairs) {
    const std::string out = t.file("figures.json");
    const std::string command = metrics_python() + " " + metrics_oracle() + " judge " + root + truth + " " +
                                root + results + " > " + out;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(out));
    metrics_expect(root + truth, root + results, nlohmann::json::parse(text));
  }
}

Dataset metrics_one_class(std::vector<LabelledBox> boxes, int images = 1) {
  Dataset d;
  d.classes = {"can"};
  d.images.resize(static_cast<size_t>(images));
  for (int i = 0; i < images; ++i) d.images[static_cast<size_t>(i)].id = i + 1;
  d.images[0].boxes = std::move(boxes);
  return d;
}
LabelledBox metrics_truth(float x1, float y1, float x2, float y2) {
  LabelledBox b;
  b.box = {x1, y1, x2, y2};
  return b;
}
Detection metrics_found(float x1, float y1, float x2, float y2, float score) {
  Detection d;
  d.box = {x1, y1, x2, y2};
  d.score = score;
  return d;
}

TEST(CocoMetrics, NothingToFindIsMinusOne) {
  const CocoMetrics m =
      coco_metrics(metrics_one_class({}), DetectionsPerImage{{metrics_found(0, 0, 5, 5, 0.5f)}});
  EXPECT_EQ(m.AP, -1);
  EXPECT_EQ(m.ARl, -1);
}

TEST(CocoMetrics, PerfectIsOneAndNothingIsZero) {
  const Dataset d = metrics_one_class({metrics_truth(0, 0, 20, 20)});
  // cocoapi divides by hits + mistakes + 2.2e-16.
  EXPECT_DOUBLE_EQ(coco_metrics(d, DetectionsPerImage{{metrics_found(0, 0, 20, 20, 0.1f)}}).AP, 1);
  EXPECT_EQ(coco_metrics(d, DetectionsPerImage{{}}).AP, 0);
  EXPECT_EQ(coco_metrics(d, DetectionsPerImage{}).AP, 0);
  EXPECT_EQ(coco_metrics(d, DetectionsPerImage{{metrics_found(0, 0, 20, 20, 0.1f)}}).APm, -1);
}

TEST(CocoMetrics, MinHeightIgnoresLowObjectsAndLowMistakes) {
  const Dataset d = metrics_one_class({metrics_truth(0, 0, 20, 20), metrics_truth(50, 50, 56, 58)});
  const DetectionsPerImage found{{metrics_found(0, 0, 20, 20, 0.9f), metrics_found(70, 70, 76, 79, 0.95f)}};
  const CocoMetrics all = coco_metrics(d, found);
  EXPECT_LT(all.AP50, 0.5);  // one missed, and one mistake above the hit
  MetricOptions o;
  o.min_height = 10;
  const CocoMetrics tall = coco_metrics(d, found, o);
  EXPECT_DOUBLE_EQ(tall.AP50, 1);
  EXPECT_EQ(tall.per_class[0].truths, 1);
  EXPECT_EQ(voc_metrics(d, to_scored_boxes(found), VocInterpolation::kEveryPoint, 0.5, o).mAP50, 1);
}

TEST(VocMetrics, HandComputed) {
  // Three objects; by score: hit, miss, hit, second detection of the first, hit.
  const Dataset d = metrics_one_class(
      {metrics_truth(0, 0, 10, 10), metrics_truth(20, 0, 30, 10), metrics_truth(40, 0, 50, 10)});
  const DetectionsPerImage found{{metrics_found(0, 0, 10, 10, 0.9f), metrics_found(80, 80, 90, 90, 0.8f),
                                  metrics_found(20, 0, 30, 10, 0.7f), metrics_found(0, 0, 10, 9, 0.6f),
                                  metrics_found(40, 0, 50, 10, 0.5f)}};
  // Precision 1, 1/2, 2/3, 1/2, 3/5 at recall 1/3, 1/3, 2/3, 2/3, 1.
  EXPECT_NEAR(voc_metrics(d, found).mAP50, (1 + 2.0 / 3 + 3.0 / 5) / 3, 1e-12);
  // Recall 0, .1, .2, .3 -> 1; .4, .5, .6 -> 2/3; .7 to 1 -> 3/5.
  EXPECT_NEAR(voc_metrics(d, found, VocInterpolation::k11Point).mAP50, (4 * 1 + 3 * 2.0 / 3 + 4 * 0.6) / 11,
              1e-12);
}

TEST(VocMetrics, DifficultObjectsDoNotCount) {
  Dataset d = metrics_one_class({metrics_truth(0, 0, 10, 10), metrics_truth(20, 0, 30, 10)});
  d.images[0].boxes[1].difficult = true;
  EXPECT_EQ(voc_metrics(d, DetectionsPerImage{{metrics_found(20, 0, 30, 10, 0.9f),
                                               metrics_found(0, 0, 10, 10, 0.8f)}})
                .mAP50,
            1);
  d.images[0].boxes[0].difficult = true;
  EXPECT_EQ(voc_metrics(d, DetectionsPerImage{{}}).mAP50, -1);
}

// Law: renaming images, or adding images with neither objects nor detections, changes nothing.
TEST(CocoMetrics, EmptyImagesChangeNothing) {
  const DetectionsPerImage found{{metrics_found(0, 0, 12, 10, 0.9f), metrics_found(5, 5, 9, 9, 0.3f)}};
  const Dataset one = metrics_one_class({metrics_truth(0, 0, 10, 10)});
  const Dataset many = metrics_one_class({metrics_truth(0, 0, 10, 10)}, 7);
  EXPECT_EQ(metrics_list(coco_metrics(one, found)), metrics_list(coco_metrics(many, found)));
}

}  // namespace
}  // namespace jetline
