// Layouts and oddities of the three formats, made on the spot.
#include "jetline/base/testing.h"
#include "jetline/data/data_yaml.h"
#include "jetline/data/random_dataset.h"

namespace jetline {
namespace {

void formats_write(const TemporaryDirectory& t, const std::string& name, const std::string& text) {
  JETLINE_ASSERT_OK(real_file_system().make_directories(parent_path(t.file(name))));
  JETLINE_ASSERT_OK(write_file(t.file(name), text));
}
void formats_image(const TemporaryDirectory& t, const std::string& name, int w = 40, int h = 20,
                   uint64_t seed = 1) {
  Random random(seed);
  JETLINE_ASSERT_OK(real_file_system().make_directories(parent_path(t.file(name))));
  JETLINE_ASSERT_OK(save_image(t.file(name), testing::random_image(random, w, h)));
}
std::string formats_xml(const std::string& objects, const std::string& head = "<filename>a.png</filename>") {
  return "<annotation>\n" + head + "\n" + objects + "</annotation>\n";
}
std::string formats_object(const std::string& name, const std::string& box) {
  return "<object><name>" + name + "</name><bndbox>" + box + "</bndbox></object>\n";
}
const char* const kFormatsBox = "<xmin>1</xmin><ymin>2.5</ymin><xmax>10</xmax><ymax>12</ymax>";
const char* const kFormatsCoco =
    R"({"images":[{"id":4,"file_name":"a.png","width":40,"height":20},{"id":9,"file_name":"b.png"}],
"annotations":[
{"id":1,"image_id":4,"category_id":7,"bbox":[1,2,3,4],"iscrowd":1,"area":5.5},
{"id":2,"image_id":4,"category_id":3,"bbox":[0.1,0.2,0.3,0.4]}],
"categories":[{"id":7,"name":"b"},{"id":3,"name":"a"}]})";

TEST(FormatVoc, LayoutsOfManyKinds) {
  for (const auto& [annotations, images, sets] :
       {std::tuple<const char*, const char*, const char*>{"Annotations", "JPEGImages", "ImageSets/Main"},
        {"annotations/xmls", "images", "ImageSets"},
        {"xml", "img", "ImageSets/Main"},
        {"deep/down/Annotations", "deep/down/JPEGImages", "deep/down/ImageSets/Main"},
        {".", ".", "ImageSets/Main"}}) {
    SCOPED_TRACE(annotations);
    TemporaryDirectory t;
    formats_write(t, std::string(annotations) + "/a.xml", formats_xml(formats_object("can", kFormatsBox)));
    formats_write(t, std::string(annotations) + "/b.xml", formats_xml(""));
    formats_image(t, std::string(images) + "/a.png");
    formats_image(t, std::string(images) + "/b.png");
    formats_write(t, std::string(sets) + "/val.txt", "a\n");
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(t.path()));
    EXPECT_EQ(d.format, "voc");
    ASSERT_EQ(d.images.size(), 2u);
    for (const LabelledImage& i : d.images) EXPECT_TRUE(file_exists(i.path)) << i.path;
    ASSERT_EQ(d.images[0].boxes.size(), 1u);
    EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.x1, 0);
    EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.y1, 1.5);
    EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.x2, 10);
    EXPECT_EQ(d.images[0].width, 0);  // no <size>
    DatasetOptions o;
    o.split = "validation";
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset val, load_dataset(t.path(), o));
    EXPECT_EQ(val.images.size(), 1u);
    o.split = "nope";
    EXPECT_EQ(load_dataset(t.path(), o).status().id(), "data.no-split");
  }
}

TEST(FormatVoc, EverySplitNumbersClassesAlike) {
  TemporaryDirectory t;
  formats_write(t, "Annotations/a.xml", formats_xml(formats_object("zebra", kFormatsBox)));
  formats_write(t, "Annotations/b.xml", formats_xml(formats_object("ant", kFormatsBox)));
  formats_image(t, "JPEGImages/a.png");
  formats_image(t, "JPEGImages/b.png");
  formats_write(t, "ImageSets/Main/train.txt", "a\n");
  DatasetOptions o;
  o.split = "train";
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(t.path(), o));
  EXPECT_EQ(d.classes, (std::vector<std::string>{"ant", "zebra"}));
  EXPECT_EQ(d.images[0].boxes[0].class_id, 1);
  o.classes = {"ant"};
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset only, load_dataset(t.path(), o));
  EXPECT_TRUE(only.images[0].boxes.empty());
}

TEST(FormatVoc, ImageWithoutLabelHasNoBoxes) {
  TemporaryDirectory t;
  formats_write(t, "Annotations/a.xml", formats_xml(formats_object("can", kFormatsBox)));
  formats_image(t, "JPEGImages/a.png");
  formats_image(t, "JPEGImages/c.png");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(t.path()));
  ASSERT_EQ(d.images.size(), 2u);
  EXPECT_TRUE(d.images[1].label_file.empty());
}

TEST(FormatVoc, BrokenFilesNameFileAndLine) {
  const std::pair<std::string, const char*> bad[] = {
      {"", "data.syntax"},
      {"<annotation>\n<object>", "data.syntax"},
      {"<other/>", "data.syntax"},
      {formats_xml("<object><name>can</name></object>"), "data.syntax"},
      {formats_xml(formats_object("", kFormatsBox)), "data.syntax"},
      {formats_xml(formats_object("can", "<xmin>x</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>")),
       "data.syntax"},
      {formats_xml(formats_object("can", "<xmin>1e300</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>")),
       "data.syntax"},
      {formats_xml(formats_object("\xff\xfe", kFormatsBox)), "data.not-utf8"},
  };
  for (const auto& [text, id] : bad) {
    TemporaryDirectory t;
    formats_write(t, "Annotations/a.xml", text);
    formats_image(t, "JPEGImages/a.png");
    const auto d = load_dataset(t.path());
    ASSERT_FALSE(d.ok()) << text;
    EXPECT_EQ(d.status().id(), id) << text;
    EXPECT_NE(d.status().where().find("a.xml:"), std::string::npos) << d.status().where();
    EXPECT_EQ(d.status().exit_code(), 3);
  }
}

TEST(FormatCoco, FileFolderAndSplits) {
  TemporaryDirectory t;
  formats_write(t, "annotations/instances_val2017.json", kFormatsCoco);
  formats_image(t, "val2017/a.png");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(t.path()));
  EXPECT_EQ(d.classes, (std::vector<std::string>{"a", "b"}));  // by category id
  EXPECT_EQ(d.category_ids, (std::vector<int64_t>{3, 7}));
  ASSERT_EQ(d.images.size(), 2u);
  EXPECT_EQ(d.images[0].path, t.file("val2017/a.png"));
  ASSERT_EQ(d.images[0].boxes.size(), 2u);
  EXPECT_TRUE(d.images[0].boxes[0].crowd);
  EXPECT_EQ(d.images[0].boxes[0].area, 5.5);
  EXPECT_EQ(d.images[0].boxes[1].where, t.file("annotations/instances_val2017.json") + ":4");
  EXPECT_EQ(exact_xywh(d.images[0].boxes[1])[0], 0.1);  // in double precision
  EXPECT_TRUE(d.images[1].boxes.empty());
  DatasetOptions o;
  o.split = "val";
  EXPECT_TRUE(load_dataset(t.path(), o).ok());
  EXPECT_TRUE(load_dataset(t.file("annotations/instances_val2017.json")).ok());
}

TEST(FormatCoco, BoxThatWasMovedForgetsItsDigits) {
  LabelledBox b;
  b.written = {0.1, 0.2, 0.3, 0.4};
  b.box = {0.1f, 0.2f, static_cast<float>(0.1 + 0.3), static_cast<float>(0.2 + 0.4)};
  EXPECT_EQ(exact_xywh(b)[2], 0.3);
  b.box.x1 = 0.25f;
  EXPECT_EQ(exact_xywh(b)[0], 0.25);
}

TEST(FormatCoco, BrokenFilesNameTheLine) {
  const std::string good = kFormatsCoco;
  std::vector<std::pair<std::string, std::string>> bad = {{"", ":1"},
                                                          {"[]", ":1"},
                                                          {"3", ":1"},
                                                          {"{\"images\": []}", ":1"},
                                                          {good.substr(0, good.size() / 2), ":3"}};
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string s = good;
    s.replace(s.find(from), from.size(), to);
    return s;
  };
  bad.push_back({replaced("\"bbox\":[1,2,3,4]", "\"bbox\":[1,2,3]"), ":3"});
  bad.push_back({replaced("\"category_id\":3", "\"category_id\":8"), ":4"});
  bad.push_back({replaced("\"image_id\":4,\"category_id\":3", "\"image_id\":5,\"category_id\":3"), ":4"});
  bad.push_back({replaced("\"id\":9", "\"id\":4"), ":1"});
  bad.push_back({replaced("0.3,0.4", "NaN,0.4"), ":4"});
  for (const auto& [text, line] : bad) {
    TemporaryDirectory t;
    formats_write(t, "x.json", text);
    const auto d = load_dataset(t.file("x.json"));
    ASSERT_FALSE(d.ok()) << text;
    EXPECT_EQ(d.status().where(), t.file("x.json") + line) << text << d.status().to_string();
  }
}

TEST(FormatYolo, LayoutsOfManyKinds) {
  const char* label = "1 0.5 0.5 0.5 0.5\n";
  struct Layout {
    const char *image, *label;
    std::vector<std::pair<const char*, const char*>> files;
  };
  const Layout layouts[] = {
      {"images/val/a.png", "labels/val/a.txt", {{"data.yaml", "val: images/val\nnames: [x, y]\n"}}},
      {"val/images/a.png",
       "val/labels/a.txt",
       {{"data.yaml", "val: ../val/images\nnames:\n  1: y\n  0: x\n"}}},
      {"images/val/a.png", "labels/val/a.txt", {{"classes.txt", "x\ny\n"}}},
      {"data/a.png",
       "data/a.txt",
       {{"obj.data", "valid = s/val.txt\nnames = s/obj.names\n"},
        {"obj.names", "x\ny\n"},
        {"val.txt", "/home/me/s/data/a.png\n"}}},
      {"JPEGImages/a.png",
       "JPEGImages/a.txt",
       {{"a.names", "x\r\ny\r\n"}, {"val.txt", "./s/JPEGImages/a.png\n"}}},
  };
  for (const Layout& l : layouts) {
    SCOPED_TRACE(l.image);
    TemporaryDirectory t;
    formats_image(t, l.image);
    formats_write(t, l.label, label);
    for (const auto& [name, text] : l.files) formats_write(t, name, text);
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(t.path()));
    EXPECT_EQ(d.format, "yolo");
    EXPECT_EQ(d.classes, (std::vector<std::string>{"x", "y"}));
    ASSERT_EQ(d.images.size(), 1u);
    ASSERT_EQ(d.images[0].boxes.size(), 1u);
    EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.x1, 10);
    EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.y2, 15);
    DatasetOptions o;
    o.split = "val";
    EXPECT_TRUE(load_dataset(t.path(), o).ok());
  }
}

TEST(FormatYolo, NoNamesNoSplitsNoLabels) {
  TemporaryDirectory t;
  formats_image(t, "images/a.png");
  formats_image(t, "images/b.png");
  formats_write(t, "labels/a.txt", "2 0.1 0.1 0.9 0.1 0.9 0.5\n");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset d, load_dataset(t.path()));
  EXPECT_EQ(d.classes, (std::vector<std::string>{"class0", "class1", "class2"}));
  ASSERT_EQ(d.images.size(), 2u);
  EXPECT_FLOAT_EQ(d.images[0].boxes[0].box.x2, 36);  // bounding box of the polygon
  EXPECT_TRUE(d.images[1].boxes.empty());
}

TEST(FormatYolo, BrokenFilesNameFileAndLine) {
  const std::pair<const char*, const char*> bad[] = {{"0 0.5 0.5 0.5\n", "data.syntax"},
                                                     {"0 0.5 0.5 0.5 x\n", "data.syntax"},
                                                     {"-1 0.5 0.5 0.5 0.5\n", "data.syntax"},
                                                     {"0.5 0.5 0.5 0.5 0.5\n", "data.syntax"},
                                                     {"0 0.5 0.5 nan 0.5\n", "data.syntax"},
                                                     {"0 99999 0.5 0.5 0.5\n", "data.syntax"},
                                                     {"7 0.5 0.5 0.5 0.5\n", "data.unknown-class"},
                                                     {"0 0.5 0.5 0.5 0.5 0.9\n", "data.syntax"}};
  for (const auto& [line, id] : bad) {
    TemporaryDirectory t;
    formats_image(t, "images/a.png");
    formats_write(t, "data.yaml", "train: images\nnames: [x]\n");
    formats_write(t, "labels/a.txt", std::string("0 0.5 0.5 0.5 0.5\n") + line);
    const auto d = load_dataset(t.path());
    ASSERT_FALSE(d.ok()) << line;
    EXPECT_EQ(d.status().id(), id) << line;
    EXPECT_EQ(d.status().where(), t.file("labels/a.txt") + ":2");
  }
  TemporaryDirectory t;
  formats_write(t, "images/a.png", "not a picture");
  formats_write(t, "labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  EXPECT_EQ(load_dataset(t.path()).status().id(), "data.image-broken");
}

TEST(FormatYolo, DataYamlRefusesNonsense) {
  using data_reader::parse_data_yaml;
  for (const std::string& text :
       {std::string(""), std::string("- a\n- b"), std::string("names: {a: b}"), std::string("names: [[x]]"),
        std::string("train: {a: 1}\nnames: [x]"), std::string("names: {999999999: x}"), std::string("a: 1"),
        std::string("names: [x"), "names: " + std::string(5000, '[')}) {
    const auto y = parse_data_yaml(text, "d.yaml");
    EXPECT_FALSE(y.ok()) << text.substr(0, 60);
    if (!y.ok()) {
      EXPECT_EQ(y.status().exit_code(), 3);
    }
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const auto y, parse_data_yaml("names: &n [x, y]\ntrain: [a, b]\nother: *n\ndownload: |\n  x: [", "d"));
  EXPECT_EQ(y.names.size(), 2u);
  EXPECT_EQ(y.splits.at(0).second.size(), 2u);
}

TEST(FormatAny, WhatIsNoDataSetSaysSo) {
  TemporaryDirectory t;
  EXPECT_EQ(load_dataset(t.file("nothing")).status().id(), "data.not-found");
  EXPECT_EQ(load_dataset(t.path()).status().id(), "data.unknown-format");
  formats_write(t, "a.bin", "x");
  EXPECT_EQ(load_dataset(t.file("a.bin")).status().id(), "data.unknown-format");
  DatasetOptions o;
  o.format = "pascal";
  EXPECT_EQ(load_dataset(t.path(), o).status().id(), "data.unknown-format");
  formats_write(t, "one/Annotations/a.xml", formats_xml(""));
  formats_write(t, "two/Annotations/a.xml", formats_xml(""));
  EXPECT_EQ(load_dataset(t.path()).status().id(), "data.ambiguous");
}

TEST(FormatAny, MistypedNamesAreAnsweredWithTheNearest) {
  TemporaryDirectory t;
  formats_image(t, "photos/images/val/a.png");
  formats_write(t, "photos/labels/val/a.txt", "0 0.5 0.5 0.5 0.5\n");
  EXPECT_EQ(load_dataset(t.file("fotos")).status().hint(), "did you mean " + t.file("photos") + "?");
  DatasetOptions o;
  o.split = "vall";
  const Status s = load_dataset(t.file("photos"), o).status();
  EXPECT_EQ(s.id(), "data.no-split");
  EXPECT_EQ(s.hint(), "did you mean val? splits: val");
}

// Every prefix of a real file is either read or refused, never a crash.
TEST(FormatAny, TruncationAtEveryByte) {
  TemporaryDirectory t;
  formats_image(t, "a.png");
  const std::string xml =
      formats_xml(formats_object("can", kFormatsBox) + formats_object("can", kFormatsBox));
  formats_write(t, "voc/JPEGImages/x", "");
  for (size_t n = 0; n < xml.size(); n += 3) {
    formats_write(t, "voc/Annotations/a.xml", xml.substr(0, n));
    EXPECT_FALSE(load_dataset(t.file("voc")).ok());
  }
  const std::string json = kFormatsCoco;
  for (size_t n = 0; n + 1 < json.size(); n += 3) {
    formats_write(t, "x.json", json.substr(0, n));
    EXPECT_FALSE(load_dataset(t.file("x.json")).ok());
  }
}

}  // namespace
}  // namespace jetline
