#include "jetline/data/writers.h"

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/data/output_folder.h"
#include "jetline/data/random_dataset.h"

namespace jetline {
namespace {

using testing::random_dataset;
using testing::RandomDatasetOptions;

const LabelledImage* writers_find(const Dataset& d, const std::string& stem) {
  for (const LabelledImage& i : d.images) {
    if (file_stem(i.path) == stem) return &i;
  }
  return nullptr;
}

// Same images, classes and boxes; YOLO's fractions cost a little.
void writers_expect_same(const Dataset& a, const Dataset& b, float tolerance, bool flags) {
  EXPECT_EQ(a.classes, b.classes);
  ASSERT_EQ(a.images.size(), b.images.size());
  for (const LabelledImage& i : a.images) {
    const LabelledImage* j = writers_find(b, file_stem(i.path));
    ASSERT_NE(j, nullptr) << i.path;
    EXPECT_EQ(i.width, j->width);
    EXPECT_EQ(i.height, j->height);
    EXPECT_EQ(read_file(i.path).value_or("a"), read_file(j->path).value_or("b"));
    ASSERT_EQ(i.boxes.size(), j->boxes.size()) << i.path;
    for (size_t k = 0; k < i.boxes.size(); ++k) {
      const LabelledBox &p = i.boxes[k], &q = j->boxes[k];
      EXPECT_EQ(p.class_id, q.class_id);
      EXPECT_NEAR(p.box.x1, q.box.x1, tolerance);
      EXPECT_NEAR(p.box.y1, q.box.y1, tolerance);
      EXPECT_NEAR(p.box.x2, q.box.x2, tolerance);
      EXPECT_NEAR(p.box.y2, q.box.y2, tolerance);
      if (flags) {
        EXPECT_EQ(p.difficult, q.difficult);
        EXPECT_EQ(p.crowd, q.crowd);
      }
    }
  }
}

TEST(Writers, RoundTripOfEveryFormatKeepsBoxes) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    TemporaryDirectory t;
    RandomDatasetOptions o;
    o.crowds = seed % 2 == 0;
    o.inside = seed % 3 != 0;
    const Dataset d = random_dataset(t.file("src"), seed, o);
    for (const char* format : {"voc", "coco", "yolo"}) {
      SCOPED_TRACE(std::string(format) + " seed " + std::to_string(seed));
      const bool yolo = std::string(format) == "yolo";
      if (yolo && o.crowds) continue;  // YOLO drops crowds: a test of its own
      JETLINE_ASSERT_OK(save_dataset(d, t.file(format), format, {}));
      JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset back, load_dataset(t.file(format)));
      EXPECT_EQ(back.format, format);
      writers_expect_same(d, back, yolo ? 1e-3f : 0.f, !yolo);
    }
  }
}

TEST(Writers, ConversionChainComesBackToTheSameBoxes) {
  TemporaryDirectory t;
  const Dataset d = random_dataset(t.file("src"), 99);
  std::string from = t.file("coco");
  JETLINE_ASSERT_OK(save_dataset(d, from, "coco", {}));
  for (const char* format : {"voc", "yolo", "voc", "coco", "yolo", "coco"}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset now, load_dataset(from));
    const std::string to = from + "-" + format;
    JETLINE_ASSERT_OK(save_dataset(now, to, format, {}));
    from = to;
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset back, load_dataset(from));
  writers_expect_same(d, back, 2e-3f, false);
}

TEST(Writers, CocoKeepsAreasIdsAndDigits) {
  TemporaryDirectory t;
  RandomDatasetOptions o;
  o.areas = o.crowds = true;
  const Dataset d = random_dataset(t.file("src"), 5, o);
  JETLINE_ASSERT_OK(save_dataset(d, t.file("a"), "coco", {}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset a, load_dataset(t.file("a")));
  EXPECT_EQ(a.category_ids, d.category_ids);
  for (size_t i = 0; i < d.images.size(); ++i) {
    EXPECT_EQ(a.images[i].id, d.images[i].id);
    for (size_t k = 0; k < d.images[i].boxes.size(); ++k) {
      EXPECT_EQ(a.images[i].boxes[k].area, d.images[i].boxes[k].area);
      EXPECT_EQ(a.images[i].boxes[k].id, d.images[i].boxes[k].id);
    }
  }
  // A second trip changes nothing at all.
  JETLINE_ASSERT_OK(save_dataset(a, t.file("b"), "coco", {}));
  EXPECT_EQ(read_file(t.file("a/annotations/instances.json")).value_or("1"),
            read_file(t.file("b/annotations/instances.json")).value_or("2"));
}

TEST(Writers, SplitsAreKept) {
  TemporaryDirectory t;
  RandomDatasetOptions o;
  o.images = 6;
  Dataset all = random_dataset(t.file("src"), 7, o), train = all, val = all;
  train.images.assign(all.images.begin(), all.images.begin() + 4);
  val.images.assign(all.images.begin() + 4, all.images.end());
  for (const char* format : {"voc", "coco", "yolo"}) {
    SCOPED_TRACE(format);
    JETLINE_ASSERT_OK_AND_ASSIGN(const SaveReport report,
                                 save_splits({{"train", train}, {"val", val}}, t.file(format), format, {}));
    EXPECT_EQ(report.images, 6);
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto splits, dataset_splits(t.file(format)));
    EXPECT_EQ(splits, (std::vector<std::string>{"train", "val"}));
    DatasetOptions load;
    load.split = "val";
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset back, load_dataset(t.file(format), load));
    writers_expect_same(val, back, 1e-3f, false);
  }
}

TEST(Writers, SplitsOfAnyNameAreKept) {
  TemporaryDirectory t;
  RandomDatasetOptions o;
  o.images = 6;
  Dataset all = random_dataset(t.file("src"), 7, o), one = all, two = all;
  one.images.assign(all.images.begin(), all.images.begin() + 4);
  two.images.assign(all.images.begin() + 4, all.images.end());
  for (const char* format : {"voc", "coco", "yolo"}) {
    SCOPED_TRACE(format);
    JETLINE_ASSERT_OK(save_splits({{"fold1", one}, {"fold-2.b", two}}, t.file(format), format, {}).status());
    JETLINE_ASSERT_OK_AND_ASSIGN(auto splits, dataset_splits(t.file(format)));
    std::sort(splits.begin(), splits.end());
    EXPECT_EQ(splits, (std::vector<std::string>{"fold-2.b", "fold1"}));
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset whole, load_dataset(t.file(format)));
    EXPECT_EQ(whole.images.size(), 6u);
    DatasetOptions load;
    load.split = "fold-2.b";
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset back, load_dataset(t.file(format), load));
    writers_expect_same(two, back, 1e-3f, false);
  }
}

TEST(Writers, InPlaceSplitsAddUp) {
  for (const char* format : {"voc", "coco", "yolo"}) {
    SCOPED_TRACE(format);
    TemporaryDirectory t;
    Random random(3);
    Dataset d;
    d.classes = {"can"};
    SaveOptions o;
    o.images = ImagePlacement::kInPlace;
    for (const char* split : {"train", "val"}) {
      LabelledImage image;
      image.path = dataset_image_path(t.path(), format, split, std::string(split) + "1.png");
      image.width = image.height = 16;
      JETLINE_ASSERT_OK(real_file_system().make_directories(parent_path(image.path)));
      JETLINE_ASSERT_OK(save_image(image.path, testing::random_image(random, 16, 16)));
      image.boxes.resize(1);
      image.boxes[0].box = {1, 2, 9, 12};
      d.images = {image};
      o.split = split;
      JETLINE_ASSERT_OK(save_dataset(d, t.path(), format, o));
    }
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset both, load_dataset(t.path()));
    EXPECT_EQ(both.images.size(), 2u);
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto splits, dataset_splits(t.path()));
    EXPECT_EQ(splits.size(), 2u);
  }
}

TEST(Writers, YoloDropsCrowdsAndCountsThem) {
  TemporaryDirectory t;
  RandomDatasetOptions o;
  o.crowds = true;
  o.images = 30;
  const Dataset d = random_dataset(t.file("src"), 11, o);
  int64_t crowds = 0, boxes = 0;
  for (const auto& i : d.images) {
    for (const auto& b : i.boxes) (b.crowd ? crowds : boxes) += 1;
  }
  ASSERT_GT(crowds, 0);
  JETLINE_ASSERT_OK_AND_ASSIGN(const SaveReport r, save_splits({{"", d}}, t.file("y"), "yolo", {}));
  EXPECT_EQ(r.crowds_dropped, crowds);
  EXPECT_EQ(r.boxes, boxes);
}

TEST(Writers, SameStemGetsAnotherName) {
  TemporaryDirectory t;
  Random random(1);
  Dataset d;
  d.classes = {"a"};
  for (const char* name : {"x.jpg", "x.png"}) {
    LabelledImage i;
    i.name = name;
    i.path = t.file(name);
    JETLINE_ASSERT_OK(save_image(i.path, testing::random_image(random, 10, 10)));
    d.images.push_back(i);
  }
  JETLINE_ASSERT_OK(save_dataset(d, t.file("voc"), "voc", {}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset back, load_dataset(t.file("voc")));
  EXPECT_EQ(back.images.size(), 2u);
}

TEST(Writers, NamesCannotLeaveTheFolder) {
  TemporaryDirectory t;
  Random random(1);
  Dataset d;
  d.classes = {"a"};
  LabelledImage i;
  i.name = "../../evil.png";
  i.path = t.file("evil.png");
  JETLINE_ASSERT_OK(save_image(i.path, testing::random_image(random, 10, 10)));
  d.images.push_back(i);
  JETLINE_ASSERT_OK(save_dataset(d, t.file("a/b/out"), "yolo", {}));
  EXPECT_TRUE(file_exists(t.file("a/b/out/images/evil.png")));
}

TEST(Writers, FullDiskAndReadOnlyFolderLeaveNothing) {
  TemporaryDirectory t;
  const Dataset d = random_dataset(t.file("src"), 21);
  for (const char* format : {"voc", "coco", "yolo"}) {
    for (int64_t bytes : {0, 10, 5000, 60000, 150000}) {
      SCOPED_TRACE(std::string(format) + " " + std::to_string(bytes));
      FaultyFileSystem fs;
      fs.bytes_left = bytes;
      const Status s = save_dataset(d, t.file("out/set"), format, {}, fs);
      if (s.ok()) {  // the set was smaller than the disk
        std::error_code ec;
        EXPECT_GT(bytes, 100000);
        continue;
      }
      EXPECT_EQ(s.id(), "file.disk-full");
      EXPECT_FALSE(file_exists(t.file("out/set")));
      EXPECT_TRUE(list_directory(t.file("out")).value().empty());
    }
    FaultyFileSystem fs;
    fs.read_only = true;
    EXPECT_FALSE(save_dataset(d, t.file("ro"), format, {}, fs).ok());
    EXPECT_FALSE(file_exists(t.file("ro")));
  }
}

TEST(Writers, ForceReplacesOnlyWhatJetlineWrote) {
  TemporaryDirectory t;
  RandomDatasetOptions few;
  few.images = 3;
  const Dataset big = random_dataset(t.file("src"), 31), small = random_dataset(t.file("src2"), 32, few);
  SaveOptions o;
  JETLINE_ASSERT_OK(save_dataset(big, t.file("out"), "yolo", o));
  EXPECT_EQ(save_dataset(small, t.file("out"), "yolo", o).id(), "file.exists");
  JETLINE_ASSERT_OK(write_file(t.file("out/mine.md"), "my notes"));
  o.force = true;
  JETLINE_ASSERT_OK(save_dataset(small, t.file("out"), "yolo", o));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset back, load_dataset(t.file("out")));
  EXPECT_EQ(back.images.size(), 3u);
  EXPECT_EQ(read_file(t.file("out.old/mine.md")).value_or(""), "my notes");
  // A folder of somebody else is never replaced.
  JETLINE_ASSERT_OK(real_file_system().make_directories(t.file("theirs")));
  JETLINE_ASSERT_OK(write_file(t.file("theirs/a.txt"), "x"));
  EXPECT_EQ(save_dataset(small, t.file("theirs"), "yolo", o).id(), "data.not-ours");
  // A full disk while replacing leaves the old set as it was.
  FaultyFileSystem fs;
  fs.bytes_left = 2000;
  EXPECT_FALSE(save_dataset(big, t.file("out"), "voc", o, fs).ok());
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset still, load_dataset(t.file("out")));
  EXPECT_EQ(still.images.size(), 3u);
}

TEST(Writers, LinksPointAtTheImages) {
  TemporaryDirectory t;
  const Dataset d = random_dataset(t.file("src"), 41);
  SaveOptions o;
  o.images = ImagePlacement::kLink;
  JETLINE_ASSERT_OK(save_dataset(d, t.file("out"), "coco", o));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset back, load_dataset(t.file("out")));
  writers_expect_same(d, back, 0, true);
}

TEST(Writers, LinksToWhatWouldBeReplacedAreRefused) {
  TemporaryDirectory t;
  const Dataset d = random_dataset(t.file("src"), 41);
  SaveOptions o;
  JETLINE_ASSERT_OK(save_dataset(d, t.file("set"), "yolo", o));
  o.images = ImagePlacement::kLink;
  JETLINE_ASSERT_OK(save_dataset(d, t.file("links"), "yolo", o));
  o.force = true;
  for (const char* name : {"set", "links"}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset before, load_dataset(t.file(name)));
    EXPECT_EQ(save_dataset(before, t.file(name), "coco", o).id(), "file.exists") << name;
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset after, load_dataset(t.file(name)));
    writers_expect_same(before, after, 0, true);
  }
}

TEST(Writers, ShortTextComesBack) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto v = static_cast<float>(random.uniform(-500, 5000));
    double back = 0;
    ASSERT_TRUE(parse_double(data_writer::short_text(v, -1), back));
    EXPECT_EQ(static_cast<float>(back - 1), v);
  }
  EXPECT_EQ(data_writer::short_text(12.3f), "12.3");
  EXPECT_EQ(data_writer::short_text(12, -1), "13");
}

}  // namespace
}  // namespace jetline
