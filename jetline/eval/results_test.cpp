#include "jetline/eval/results.h"

#include <cstring>

#include "jetline/base/random.h"
#include "jetline/base/testing.h"

namespace jetline {
namespace {

Dataset results_truth() {
  Dataset d;
  d.format = "coco";
  d.classes = {"a", "b"};
  d.category_ids = {3, 9};
  for (int i = 0; i < 4; ++i) {
    LabelledImage image;
    image.id = 10 * (i + 1);
    image.name = "dir/" + std::to_string(i) + ".jpg";
    image.path = "/x/" + image.name;
    d.images.push_back(image);
  }
  return d;
}

Result<ResultsReport> results_parse(const std::string& text, const Dataset& d) {
  return parse_results(ByteView(reinterpret_cast<const uint8_t*>(text.data()), text.size()), "r.json", d);
}

TEST(Results, RoundTripIsExact) {
  const Dataset d = results_truth();
  Random random(4);
  ScoredBoxesPerImage boxes(4);
  for (int i = 0; i < 500; ++i) {
    boxes[static_cast<size_t>(random.integer(0, 3))].push_back(
        {static_cast<int>(random.integer(0, 1)), random.uniform(-5, 600), random.uniform(-5, 600),
         random.uniform(0, 90), random.uniform(0, 90), random.uniform()});
  }
  TemporaryDirectory t;
  JETLINE_ASSERT_OK(write_results(t.file("r.json"), d, boxes));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ResultsReport back, read_results(t.file("r.json"), d));
  EXPECT_EQ(back.count, 500);
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_EQ(back.detections[i].size(), boxes[i].size());
    for (size_t k = 0; k < boxes[i].size(); ++k) {
      EXPECT_EQ(back.detections[i][k].class_id, boxes[i][k].class_id);
      EXPECT_EQ(back.detections[i][k].x, boxes[i][k].x);
      EXPECT_EQ(back.detections[i][k].h, boxes[i][k].h);
      EXPECT_EQ(back.detections[i][k].score, boxes[i][k].score);
    }
  }
  FaultyFileSystem fs;
  fs.bytes_left = 100;
  EXPECT_EQ(write_results(t.file("full.json"), d, boxes, fs).id(), "file.disk-full");
  EXPECT_FALSE(file_exists(t.file("full.json")));
}

TEST(Results, MatchesByIdByNameAndCountsTheRest) {
  const Dataset d = results_truth();
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const ResultsReport r,
      results_parse(R"([{"image_id": 20, "category_id": 9, "bbox": [1, 2, 3, 4], "score": 0.5},
                        {"image_id": 1, "file_name": "some/where/3.jpg", "category_id": 3, "bbox": [1, 2, 3, 4], "score": 1},
                        {"image_id": 77, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 1},
                        {"image_id": 20, "category_id": 4, "bbox": [1, 2, 3, 4], "score": 1, "segmentation": [[1, 2], {"a": []}]}])",
                    d));
  EXPECT_EQ(r.count, 2);
  EXPECT_EQ(r.other_images, 1);
  EXPECT_EQ(r.other_classes, 1);
  ASSERT_EQ(r.detections[1].size(), 1u);
  EXPECT_EQ(r.detections[1][0].class_id, 1);
  EXPECT_EQ(r.detections[3].size(), 1u);
}

TEST(Results, NamesAreStrongerThanIds) {
  const Dataset d = results_truth();
  // 5.jpg is of another split; that 20 is also an id of this one is an accident.
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const ResultsReport r,
      results_parse(
          R"([{"image_id": 20, "file_name": "5.jpg", "category_id": 3, "bbox": [1, 2, 3, 4], "score": 1},
                        {"image_id": 77, "file_name": "1.jpg", "category_id": 3, "bbox": [1, 2, 3, 4], "score": 1}])",
          d));
  EXPECT_EQ(r.count, 1);
  EXPECT_EQ(r.other_images, 1);
  EXPECT_EQ(r.detections[1].size(), 1u);
  // Classes likewise: 3 means "b" to whoever wrote this, and "cat" is not in the set.
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const ResultsReport c,
      results_parse(
          R"([{"image_id": 20, "category_id": 9, "category_name": "cat", "bbox": [1, 2, 3, 4], "score": 1},
                        {"image_id": 20, "category_id": 3, "category_name": "B", "bbox": [1, 2, 3, 4], "score": 1}])",
          d));
  EXPECT_EQ(c.other_classes, 1);
  ASSERT_EQ(c.detections[1].size(), 1u);
  EXPECT_EQ(c.detections[1][0].class_id, 1);
  // Names that mean nothing here leave the word to the ids.
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const ResultsReport ids,
      results_parse(
          R"([{"image_id": 20, "file_name": "z", "category_id": 9, "category_name": "y", "bbox": [1, 2, 3, 4], "score": 1}])",
          d));
  EXPECT_EQ(ids.detections[1].size(), 1u);
  // Neither names nor ids: another world's classes.
  const char* other =
      R"([{"image_id": 20, "category_id": 9, "category_name": "dog", "bbox": [1, 2, 3, 4], "score": 1},
          {"image_id": 20, "category_id": 17, "category_name": "cat", "bbox": [1, 2, 3, 4], "score": 1}])";
  EXPECT_EQ(results_parse(other, d).status().id(), "eval.classes-differ");
  const ByteView bytes(reinterpret_cast<const uint8_t*>(other), std::strlen(other));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ResultsReport forced, parse_results(bytes, "r.json", d, true));
  EXPECT_EQ(forced.count, 1);
}

TEST(Results, TwoImagesOfOneNameAreKeptApart) {
  Dataset d = results_truth();
  for (size_t i : {0u, 1u}) {
    d.images[i].name = "same.jpg";
    d.images[i].path = "/x/" + std::to_string(i) + "/same.jpg";
  }
  d.format = "yolo";
  ScoredBoxesPerImage boxes(4);
  boxes[1].push_back({1, 1, 2, 3, 4, 0.5});
  boxes[2].push_back({0, 1, 2, 3, 4, 0.5});
  TemporaryDirectory t;
  JETLINE_ASSERT_OK(write_results(t.file("r.json"), d, boxes));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ResultsReport back, read_results(t.file("r.json"), d));
  EXPECT_EQ(back.detections[0].size(), 0u);
  EXPECT_EQ(back.detections[1].size(), 1u);
  EXPECT_EQ(back.detections[2].size(), 1u);
}

TEST(Results, BadFilesNameTheLine) {
  const Dataset d = results_truth();
  const std::pair<const char*, const char*> bad[] = {
      {"", "r.json:1"},
      {"{}", "r.json:1"},
      {"[\n1]", "r.json:2"},
      {"[\n{\"image_id\": 10, \"category_id\": 3, \"score\": 1}]", "r.json:2"},
      {"[\n\n{\"image_id\": 10, \"category_id\": 3, \"bbox\": [1,2,3], \"score\": 1}]", "r.json:3"},
      {"[{\"image_id\": 10, \"category_id\": 3, \"bbox\": [1,2,3,1e300], \"score\": 1}]", "r.json:1"},
      {"[{\"image_id\": 10, \"category_id\": 3, \"bbox\": [1,2,3,4]}]", "r.json:1"},
      {"[{\"image_id\": 10, \"category_id\": 3, \"bbox\": [1,2,3,4], \"score\": NaN}]", "r.json:1"},
      {"[\n{\"image_id\": 10,\n", "r.json:3"},
  };
  for (const auto& [text, where] : bad) {
    const auto r = results_parse(text, d);
    ASSERT_FALSE(r.ok()) << text;
    EXPECT_EQ(r.status().id(), "data.syntax") << text;
    EXPECT_EQ(r.status().where(), where) << text;
    EXPECT_EQ(r.status().exit_code(), 3);
  }
  EXPECT_EQ(
      results_parse(R"([{"image_id": 5, "category_id": 3, "bbox": [1,2,3,4], "score": 1}])", d).status().id(),
      "data.results-mismatch");
  JETLINE_ASSERT_OK_AND_ASSIGN(const ResultsReport none, results_parse("[]", d));
  EXPECT_EQ(none.count, 0);
}

}  // namespace
}  // namespace jetline
