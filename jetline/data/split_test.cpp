#include "jetline/data/split.h"

#include <algorithm>
#include <set>

#include "jetline/base/testing.h"
#include "jetline/data/random_dataset.h"
#include "jetline/data/summary.h"
#include "jetline/data/writers.h"

namespace jetline {
namespace {

TEST(Split, SharesAreRead) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto ratio, parse_split_shares("train=0.8,val=20%"));
  ASSERT_EQ(ratio.size(), 2u);
  EXPECT_DOUBLE_EQ(ratio[0].share, 0.8);
  EXPECT_DOUBLE_EQ(ratio[1].share, 0.2);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto count, parse_split_shares("train=160, val=40"));
  EXPECT_EQ(count[1].count, 40);
  for (const char* bad :
       {"", "train", "train=", "train=0", "train=-1", "train=0.5,val=40", "train=0.7,val=0.7", "a=0.5,a=0.5",
        "train=2.5", "=0.5", "train=nan", "train=1e30", "../x=0.5", "a/b=0.5", "a b=0.5", ".x=0.5"}) {
    EXPECT_EQ(parse_split_shares(bad).status().id(), "data.bad-split") << bad;
  }
}

Dataset split_set(int images, uint64_t seed) {
  testing::RandomDatasetOptions o;
  o.images = images;
  o.classes = 4;
  o.max_boxes = 3;
  o.write_images = false;
  Dataset d = testing::random_dataset("/nowhere", seed, o);
  // One class is rare.
  int left = 10;
  for (LabelledImage& i : d.images) {
    for (LabelledBox& b : i.boxes) {
      if (b.class_id == 3 && left-- <= 0) b.class_id = 0;
    }
  }
  return d;
}

TEST(Split, EveryImageOnceSameSeedSameSplitsClassesInProportion) {
  const Dataset d = split_set(200, 3);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto shares, parse_split_shares("train=0.7,val=0.2,test=0.1"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto parts, split_images(d, shares, 9));
  EXPECT_EQ(parts[0].size(), 140u);
  EXPECT_EQ(parts[1].size(), 40u);
  EXPECT_EQ(parts[2].size(), 20u);
  std::set<size_t> seen;
  for (const auto& p : parts) seen.insert(p.begin(), p.end());
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_EQ(split_images(d, shares, 9).value(), parts);
  EXPECT_NE(split_images(d, shares, 10).value(), parts);
  for (int c = 0; c < 4; ++c) {
    std::vector<double> n;
    for (const auto& p : parts) {
      double k = 0;
      for (const size_t i : p) {
        k += std::any_of(d.images[i].boxes.begin(), d.images[i].boxes.end(),
                         [&](const LabelledBox& b) { return b.class_id == c; });
      }
      n.push_back(k);
    }
    const double all = n[0] + n[1] + n[2];
    EXPECT_NEAR(n[0], 0.7 * all, 3) << c;
    EXPECT_NEAR(n[1], 0.2 * all, 3) << c;
    EXPECT_NEAR(n[2], 0.1 * all, 3) << c;
  }
}

TEST(Split, CountsLeaveTheRestOut) {
  const Dataset d = split_set(50, 4);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto shares, parse_split_shares("train=30,val=10"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto parts, split_images(d, shares, 1));
  EXPECT_EQ(parts[0].size(), 30u);
  EXPECT_EQ(parts[1].size(), 10u);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto many, parse_split_shares("train=51"));
  EXPECT_EQ(split_images(d, many, 1).status().id(), "data.bad-split");
}

TEST(Split, CopiesOfOnePictureStayTogether) {
  TemporaryDirectory t;
  testing::RandomDatasetOptions o;
  o.images = 40;
  Dataset d = testing::random_dataset(t.file("src"), 6, o);
  // Every fourth picture becomes a copy of the one before it; one is there four times; one is not there.
  for (size_t i = 3; i < 40; i += 4) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, read_file(d.images[i - 1].path));
    JETLINE_ASSERT_OK(write_file(d.images[i].path, bytes));
  }
  for (const size_t i : {0u, 1u}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, read_file(d.images[2].path));
    JETLINE_ASSERT_OK(write_file(d.images[i].path, bytes));
  }
  d.images[5].path = t.file("nothing.png");
  const auto twins = find_twins(d);
  EXPECT_EQ(twins.size(), 10u);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto shares, parse_split_shares("train=25,val=10"));
  for (uint64_t seed = 0; seed < 20; ++seed) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto parts, split_images(d, shares, seed, twins));
    EXPECT_EQ(parts[0].size(), 25u);
    EXPECT_EQ(parts[1].size(), 10u);
    std::vector<int> split_of(40, -1);
    for (int s = 0; s < 2; ++s) {
      for (const size_t i : parts[static_cast<size_t>(s)]) split_of[i] = s;
    }
    for (const auto& group : twins) {
      for (const size_t i : group) EXPECT_EQ(split_of[i], split_of[group[0]]) << seed << ": " << i;
    }
  }
}

TEST(Split, SplitFilesAreReadBack) {
  for (const char* format : {"voc", "coco", "yolo"}) {
    SCOPED_TRACE(format);
    TemporaryDirectory t;
    testing::RandomDatasetOptions o;
    o.images = 10;
    JETLINE_ASSERT_OK(save_dataset(testing::random_dataset(t.file("src"), 5, o), t.file("set"), format, {}));
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(t.file("set")));
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto shares, parse_split_shares("train=7,val=3"));
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto parts, split_images(d, shares, 2));
    const bool yolo = std::string(format) == "yolo";  // its data.yaml is there already
    JETLINE_ASSERT_OK(write_split_files(d, shares, parts, yolo).status());
    EXPECT_EQ(write_split_files(d, shares, parts, false).status().id(), "file.exists");
    std::vector<std::string> joined;
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto splits, load_splits(t.file("set"), {}, &joined));
    ASSERT_EQ(splits.size(), 2u);
    EXPECT_EQ(splits[0].dataset.images.size(), 7u);
    EXPECT_EQ(splits[1].dataset.images.size(), 3u);
    std::set<std::string> expected, got;
    for (const size_t i : parts[1]) expected.insert(d.images[i].path);
    for (const LabelledImage& i : splits[1].dataset.images) got.insert(i.path);
    EXPECT_EQ(got, expected);
    // The whole is still the whole.
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset all, load_dataset(t.file("set")));
    EXPECT_EQ(all.images.size(), 10u);
  }
}

TEST(Summary, CountsByHand) {
  Dataset d;
  d.classes = {"a", "b"};
  d.images.resize(3);
  d.images[0].width = 100, d.images[0].height = 50;
  d.images[1].width = 80, d.images[1].height = 60;
  d.images[0].boxes.resize(2);
  d.images[0].boxes[0].box = {0, 0, 10, 10};
  d.images[0].boxes[1].box = {0, 0, 40, 40};
  d.images[0].boxes[1].crowd = true;
  d.images[1].boxes.resize(1);
  d.images[1].boxes[0].box = {0, 0, 100, 100};
  d.images[1].boxes[0].class_id = 1;
  const DatasetSummary s = summarize_dataset(d);
  EXPECT_EQ(s.images, 3);
  EXPECT_EQ(s.images_without_boxes, 1);
  EXPECT_EQ(s.boxes_per_class, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(s.images_per_class, (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(s.sizes[1], 1);
  EXPECT_EQ(s.sizes[3], 1);
  EXPECT_EQ(s.sizes[5], 1);
  EXPECT_EQ(s.coco_small + s.coco_medium * 10 + s.coco_large * 100, 111);
  EXPECT_EQ(s.crowds, 1);
  EXPECT_EQ(s.max_width, 100);
  EXPECT_EQ(s.min_height, 50);
}

}  // namespace
}  // namespace jetline
