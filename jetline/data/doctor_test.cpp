#include "jetline/data/doctor.h"

#include <algorithm>

#include "jetline/base/testing.h"
#include "jetline/data/random_dataset.h"
#include "jetline/data/writers.h"

namespace jetline {
namespace {

class QuietProgress : public Progress {
 public:
  void report(std::string_view, int64_t, int64_t, std::string_view) override {}
};

DoctorReport doctor_look(const std::string& path) {
  QuietProgress progress;
  CancelToken cancel;
  auto r = examine_dataset(path, {}, progress, cancel);
  EXPECT_TRUE(r.ok()) << r.status().to_string();
  return r.ok() ? r.value() : DoctorReport();
}
RepairReport doctor_mend(const std::string& path, const RepairOptions& options = {},
                         FileSystem& fs = real_file_system()) {
  QuietProgress progress;
  CancelToken cancel;
  auto r = repair_dataset(path, options, progress, cancel, fs);
  EXPECT_TRUE(r.ok()) << r.status().to_string();
  return r.ok() ? r.value() : RepairReport();
}
int doctor_count(const DoctorReport& r, const std::string& id) {
  return static_cast<int>(
      std::count_if(r.findings.begin(), r.findings.end(), [&](const Finding& f) { return f.id == id; }));
}
std::string doctor_where(const DoctorReport& r, const std::string& id) {
  for (const Finding& f : r.findings) {
    if (f.id == id) return f.where;
  }
  return "";
}
Dataset doctor_set(const TemporaryDirectory& t) {
  testing::RandomDatasetOptions o;
  o.images = 6;
  Dataset d = testing::random_dataset(t.file("src"), 77, o);
  for (LabelledImage& i : d.images) i.boxes.resize(2);
  for (LabelledImage& i : d.images) {
    const auto w = static_cast<float>(i.width), h = static_cast<float>(i.height);
    i.boxes[0].box = {1, 2, w / 2, h / 2};
    i.boxes[1].box = {w / 3, h / 3, w, h};
    i.boxes[0].class_id = 0;
    i.boxes[1].class_id = 1;
  }
  return d;
}

TEST(Doctor, HealthySetHasNoErrors) {
  TemporaryDirectory t;
  const Dataset d = doctor_set(t);
  for (const char* format : {"voc", "coco", "yolo"}) {
    JETLINE_ASSERT_OK(save_dataset(d, t.file(format), format, {}));
    const DoctorReport r = doctor_look(t.file(format));
    EXPECT_EQ(r.errors + r.warnings, 0) << format << " " << (r.findings.empty() ? "" : r.findings[0].message);
    EXPECT_EQ(r.images, 6);
    EXPECT_EQ(r.boxes, 12);
  }
}

// Each trouble is injected into each format and must be found, at the right place, and nothing else with it.
TEST(Doctor, FindsBadBoxesAndMendsThem) {
  for (const char* format : {"voc", "coco", "yolo"}) {
    SCOPED_TRACE(format);
    TemporaryDirectory t;
    Dataset d = doctor_set(t);
    const auto w = static_cast<float>(d.images[1].width), h = static_cast<float>(d.images[1].height);
    d.images[1].boxes[0].box = {5, 5, w + 12, h};         // clipped
    d.images[2].boxes[1].box = {7, 7, 7, 12};             // no area
    d.images[3].boxes[1] = d.images[3].boxes[0];          // twice
    d.images[4].boxes[0].box = {-500, -500, -450, -450};  // wholly outside
    JETLINE_ASSERT_OK(save_dataset(d, t.file("set"), format, {}));
    const DoctorReport r = doctor_look(t.file("set"));
    EXPECT_EQ(doctor_count(r, "data.box-outside-image"), 2);
    EXPECT_EQ(doctor_count(r, "data.box-degenerate"), 1);
    EXPECT_EQ(doctor_count(r, "data.duplicate-box"), 1);
    EXPECT_EQ(r.errors, 3);
    EXPECT_EQ(r.fixable, 4);
    EXPECT_NE(doctor_where(r, "data.box-degenerate").rfind(':'), std::string::npos);

    RepairOptions dry;
    dry.dry_run = true;
    const RepairReport plan = doctor_mend(t.file("set"), dry);
    EXPECT_EQ(plan.repairs.size(), 4u);
    EXPECT_EQ(doctor_look(t.file("set")).errors, 3);  // nothing was written

    RepairOptions elsewhere;
    elsewhere.output = t.file("mended");
    doctor_mend(t.file("set"), elsewhere);
    const DoctorReport other = doctor_look(t.file("mended"));
    EXPECT_EQ(other.errors + other.warnings, 0);
    EXPECT_EQ(other.boxes, 9);

    const std::string old = read_file(plan.files.at(0)).value_or("");
    const RepairReport done = doctor_mend(t.file("set"));
    EXPECT_EQ(done.files, plan.files);
    EXPECT_EQ(read_file(plan.files[0] + ".bak").value_or("?"), old);  // nothing is lost
    const DoctorReport after = doctor_look(t.file("set"));
    EXPECT_EQ(after.errors + after.warnings, 0) << (after.findings.empty() ? "" : after.findings[0].message);
    EXPECT_EQ(after.boxes, 9);
    EXPECT_TRUE(doctor_mend(t.file("set")).repairs.empty());
  }
}

TEST(Doctor, FindsWrongSizes) {
  for (const char* format : {"voc", "coco"}) {
    SCOPED_TRACE(format);
    TemporaryDirectory t;
    Dataset d = doctor_set(t);
    d.images[0].width += 10;
    d.images[1].width = d.images[1].height = 5000;  // was labelled before it was made smaller
    d.images[1].boxes[0].box = {100, 100, 4000, 4000};
    JETLINE_ASSERT_OK(save_dataset(d, t.file("set"), format, {}));
    const DoctorReport r = doctor_look(t.file("set"));
    EXPECT_EQ(doctor_count(r, "data.image-size"), 2);
    for (const Repair& x : doctor_mend(t.file("set")).repairs) EXPECT_EQ(x.id, "data.image-size");
    const DoctorReport after = doctor_look(t.file("set"));
    EXPECT_EQ(doctor_count(after, "data.image-size"), 1);  // no guess where the boxes belong
    EXPECT_EQ(doctor_count(after, "data.box-outside-image"), 1);
  }
}

TEST(Doctor, FindsBadImages) {
  for (const char* format : {"voc", "coco", "yolo"}) {
    SCOPED_TRACE(format);
    TemporaryDirectory t;
    const Dataset d = doctor_set(t);
    JETLINE_ASSERT_OK(save_dataset(d, t.file("set"), format, {}));
    JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset set, load_dataset(t.file("set")));
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string whole, read_file(set.images[0].path));
    JETLINE_ASSERT_OK(write_file(set.images[0].path, whole.substr(0, whole.size() / 2)));
    JETLINE_ASSERT_OK(real_file_system().remove(set.images[1].path));
    const DoctorReport r = doctor_look(t.file("set"));
    EXPECT_EQ(doctor_count(r, "data.image-broken"), 1);
    EXPECT_EQ(doctor_where(r, "data.image-broken"), set.images[0].path);
    // YOLO lists no images, so a missing one shows as a label that nobody claims.
    EXPECT_EQ(doctor_count(r, std::string(format) == "yolo" ? "data.orphan-label" : "data.image-missing"), 1);
  }
}

TEST(Doctor, FindsTwinsAcrossSplits) {
  TemporaryDirectory t;
  const Dataset d = doctor_set(t);
  Dataset train = d, val = d;
  train.images.assign(d.images.begin(), d.images.begin() + 3);
  val.images.assign(d.images.begin() + 3, d.images.end());
  // One file under another name, and the same pixels in another file format.
  LabelledImage twin = d.images[0];
  twin.path = t.file("src/twin" + file_extension_lower(twin.path));
  twin.name = file_name(twin.path);
  JETLINE_ASSERT_OK(write_file(twin.path, read_file(d.images[0].path).value_or("")));
  val.images.push_back(twin);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Image pixels, load_image(d.images[1].path));
  LabelledImage same = d.images[1];
  same.path = t.file("src/same.png");
  same.name = "same.png";
  JETLINE_ASSERT_OK(save_image(same.path, pixels));
  train.images.push_back(same);
  for (const char* format : {"voc", "coco", "yolo"}) {
    SCOPED_TRACE(format);
    JETLINE_ASSERT_OK(save_splits({{"train", train}, {"val", val}}, t.file(format), format, {}).status());
    const DoctorReport r = doctor_look(t.file(format));
    EXPECT_EQ(doctor_count(r, "data.duplicate-across-splits"), 1);
    EXPECT_EQ(doctor_count(r, "data.duplicate-image"), 1);
    EXPECT_EQ(r.errors, 1);
  }
}

TEST(Doctor, CollectsSyntaxErrorsInsteadOfStopping) {
  TemporaryDirectory t;
  const Dataset d = doctor_set(t);
  JETLINE_ASSERT_OK(save_dataset(d, t.file("set"), "yolo", {}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset set, load_dataset(t.file("set")));
  JETLINE_ASSERT_OK(write_file(set.images[0].label_file, "0 0.5 0.5\n9 0.5 0.5 0.1 0.1\n"));
  JETLINE_ASSERT_OK(write_file(set.images[1].label_file, ""));
  JETLINE_ASSERT_OK(real_file_system().remove(set.images[2].label_file));
  EXPECT_FALSE(load_dataset(t.file("set")).ok());
  const DoctorReport r = doctor_look(t.file("set"));
  EXPECT_EQ(doctor_where(r, "data.syntax"), set.images[0].label_file + ":1");
  EXPECT_EQ(doctor_where(r, "data.unknown-class"), set.images[0].label_file + ":2");
  EXPECT_EQ(doctor_where(r, "data.empty-label"), set.images[1].label_file);
  EXPECT_EQ(doctor_where(r, "data.no-label"), set.images[2].path);
}

TEST(Doctor, RepairOnAFullDiskChangesNothing) {
  TemporaryDirectory t;
  Dataset d = doctor_set(t);
  d.images[2].boxes[1].box = {7, 7, 7, 12};
  JETLINE_ASSERT_OK(save_dataset(d, t.file("set"), "voc", {}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Dataset before, load_dataset(t.file("set")));
  FaultyFileSystem fs;
  fs.bytes_left = 30;
  QuietProgress progress;
  CancelToken cancel;
  EXPECT_EQ(repair_dataset(t.file("set"), {}, progress, cancel, fs).status().id(), "file.disk-full");
  EXPECT_EQ(doctor_count(doctor_look(t.file("set")), "data.box-degenerate"), 1);
}

TEST(Doctor, RepairedXmlKeepsWhatItDoesNotUnderstand) {
  TemporaryDirectory t;
  JETLINE_ASSERT_OK(real_file_system().make_directories(t.file("JPEGImages")));
  JETLINE_ASSERT_OK(real_file_system().make_directories(t.file("Annotations")));
  Random random(1);
  JETLINE_ASSERT_OK(save_image(t.file("JPEGImages/a.png"), testing::random_image(random, 30, 20)));
  const std::string text =
      "<annotation verified=\"yes\"><!-- mine "
      "--><size><width>30</width><height>20</height><depth>3</depth></size>\n"
      "<object><name>can</name><pose>Left</pose><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>99</xmax><ymax>12</"
      "ymax></bndbox>"
      "</object></annotation>";
  JETLINE_ASSERT_OK(write_file(t.file("Annotations/a.xml"), text));
  EXPECT_EQ(doctor_mend(t.path()).repairs.size(), 1u);
  std::string expected = text;
  expected.replace(expected.find("99"), 2, "30");
  EXPECT_EQ(read_file(t.file("Annotations/a.xml")).value_or(""), expected);
}

TEST(DoctorReal, KnownSets) {
  JETLINE_REQUIRE_TEST_DATA(root, "datasets/ds_raccoon");
  const DoctorReport r = doctor_look(root);
  EXPECT_EQ(r.errors, 0);
  EXPECT_EQ(doctor_count(r, "data.duplicate-image"), 4);  // four photographs stand there twice, byte for byte
}

}  // namespace
}  // namespace jetline
