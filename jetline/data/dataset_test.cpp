#include "jetline/data/dataset.h"

#include "jetline/base/testing.h"

namespace jetline {
namespace {

TEST(DatasetReal, Raccoon) {
  JETLINE_REQUIRE_TEST_DATA(root, "datasets/ds_raccoon");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(root));
  EXPECT_EQ(d.format, "voc");
  EXPECT_EQ(d.classes, std::vector<std::string>{"raccoon"});
  ASSERT_EQ(d.images.size(), 200u);
  size_t boxes = 0;
  for (const LabelledImage& i : d.images) {
    boxes += i.boxes.size();
    EXPECT_TRUE(file_exists(i.path)) << i.path;
  }
  EXPECT_EQ(boxes, 217u);  // lines of the label table that the set carries beside its XML
  EXPECT_EQ(d.images[0].name, "raccoon-1.jpg");
  EXPECT_EQ(d.images[0].width, 650);
  EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.x1, 80);  // <xmin>81</xmin>
  EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.y2, 408);
}

TEST(DatasetReal, BloodCells) {
  JETLINE_REQUIRE_TEST_DATA(root, "datasets/ds_bccd");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(root));  // the set lies one folder down
  EXPECT_EQ(d.classes, (std::vector<std::string>{"Platelets", "RBC", "WBC"}));
  EXPECT_EQ(d.images.size(), 364u);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto splits, dataset_splits(root));
  EXPECT_EQ(splits, (std::vector<std::string>{"test", "train", "trainval", "val"}));
  size_t sum = 0;
  for (const char* s : {"train", "val", "test"}) {
    DatasetOptions o;
    o.split = s;
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset part, load_dataset(root, o));
    sum += part.images.size();
  }
  EXPECT_EQ(sum, 364u);
}

TEST(DatasetReal, FruitsAsYoloAndAsVoc) {
  JETLINE_REQUIRE_TEST_DATA(root, "datasets/ds_fruits_yolo");
  DatasetOptions o;
  o.split = "val";
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset yolo, load_dataset(root, o));
  EXPECT_EQ(yolo.format, "yolo");
  ASSERT_EQ(yolo.images.size(), 74u);
  EXPECT_EQ(yolo.classes, (std::vector<std::string>{"pear", "grape", "cucumber", "banana", "mongo"}));
  o.format = "voc";
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset voc, load_dataset(root, o));
  EXPECT_EQ(voc.images.size(), 74u);
  // The list of the other split names 617 photographs that were not published.
  o.format = "yolo";
  o.split = "train";
  const auto train = load_dataset(root, o);
  ASSERT_FALSE(train.ok());
  EXPECT_EQ(train.status().id(), "data.image-missing");
  o.skip_missing = true;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset present, load_dataset(root, o));
  EXPECT_EQ(present.images.size(), 132u);
}

TEST(DatasetReal, IcedataSamples) {
  JETLINE_REQUIRE_TEST_DATA(root, "datasets/ds_icedata_samples");
  const std::string base = root + "/icedata/datasets/";
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset fridge, load_dataset(base + "fridge"));
  EXPECT_EQ(fridge.images.size(), 5u);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset pets, load_dataset(base + "pets"));
  EXPECT_EQ(pets.images.size(), 5u);
  for (const LabelledImage& i : pets.images) EXPECT_TRUE(file_exists(i.path)) << i.path;
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset coco, load_dataset(base + "coco"));
  EXPECT_EQ(coco.format, "coco");
  EXPECT_EQ(coco.classes.size(), 80u);
  EXPECT_EQ(coco.category_ids.back(), 90);
  for (const LabelledImage& i : coco.images) EXPECT_TRUE(file_exists(i.path)) << i.path;
  // OCHuman nests its annotations inside the images: not COCO, and said so with a line.
  const auto human = load_dataset(base + "ochuman");
  ASSERT_FALSE(human.ok());
  EXPECT_EQ(human.status().id(), "data.syntax");
  EXPECT_NE(human.status().where().find("ochuman.json:"), std::string::npos);
}

}  // namespace
}  // namespace jetline
