#include "jetline/sim/synth.h"

#include <map>

#include "jetline/base/hash.h"
#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/data/dataset.h"
#include "jetline/sim/renderer.h"
#include "jetline/sim/view_random.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

class SilentProgress : public Progress {
 public:
  void report(std::string_view, int64_t, int64_t, std::string_view) override {}
};

SynthOptions small_set(const std::string& dir, const std::string& format) {
  SynthOptions o;
  o.output = dir;
  o.format = format;
  o.splits = {{"train", 7}, {"val", 3}};
  o.width = 160;
  o.height = 120;
  o.seed = 11;
  return o;
}

std::map<std::string, std::string> hashes(const std::string& dir) {
  std::map<std::string, std::string> out;
  auto files = list_files_recursive(dir);
  for (const std::string& f : files.value()) {
    if (has_image_extension(f)) out[f.substr(dir.size())] = sha256_file(f).value();
  }
  return out;
}

TEST(Synth, WritesWhatTheReaderReads) {
  for (const char* format : {"yolo", "voc", "coco"}) {
    TemporaryDirectory tmp;
    SilentProgress progress;
    CancelToken cancel;
    auto report = synth_dataset(small_set(tmp.file("set"), format), progress, cancel);
    ASSERT_TRUE(report.ok()) << format << ": " << report.status().to_string();
    EXPECT_EQ(report->images, 10);
    DatasetOptions options;
    options.split = "train";
    // The name of the only COCO file says its split.
    auto set = load_dataset(tmp.file("set"), options);
    ASSERT_TRUE(set.ok()) << format << ": " << set.status().to_string();
    EXPECT_EQ(set->images.size(), 7u) << format;
    EXPECT_EQ(set->classes, std::vector<std::string>{"can"}) << format;
    for (const LabelledImage& image : set->images) {
      auto size = probe_image(image.path);
      ASSERT_TRUE(size.ok()) << size.status().to_string();
      EXPECT_EQ(size->width, 160);
      ASSERT_LE(image.boxes.size(), 1u);
      for (const LabelledBox& b : image.boxes) {
        EXPECT_GE(b.box.height(), 9.99f);
        EXPECT_GE(b.box.x1, -0.01f);
        EXPECT_LE(b.box.x2, 160.01f);
      }
    }
  }
}

TEST(Synth, PicturesDependOnSeedAndNumberAlone) {
  TemporaryDirectory tmp;
  SilentProgress progress;
  CancelToken cancel;
  SynthOptions one = small_set(tmp.file("one"), "yolo");
  one.threads = 1;
  SynthOptions three = small_set(tmp.file("three"), "yolo");
  three.threads = 3;
  SynthOptions more = small_set(tmp.file("more"), "yolo");
  more.splits[0].second = 9;
  SynthOptions other = small_set(tmp.file("other"), "yolo");
  other.seed = 12;
  for (const SynthOptions& o : {one, three, more, other})
    JETLINE_ASSERT_OK(synth_dataset(o, progress, cancel).status());
  const auto first = hashes(one.output);
  ASSERT_EQ(first.size(), 10u);
  EXPECT_EQ(first, hashes(three.output));
  const auto longer = hashes(more.output);
  EXPECT_EQ(longer.size(), 12u);
  for (const auto& f : first) EXPECT_EQ(longer.at(f.first), f.second);
  EXPECT_NE(first, hashes(other.output));
}

TEST(Synth, FullDiskLeavesNoPictures) {
  TemporaryDirectory tmp;
  SilentProgress progress;
  CancelToken cancel;
  FaultyFileSystem fs;
  fs.bytes_left = 20000;
  SynthOptions o = small_set(tmp.file("set"), "yolo");
  o.file_system = &fs;
  o.threads = 1;
  auto report = synth_dataset(o, progress, cancel);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().id(), "file.disk-full");
  auto left = list_files_recursive(tmp.path());
  ASSERT_TRUE(left.ok());
  EXPECT_TRUE(left->empty()) << left->front();
}

TEST(Synth, CancelAndBadOptions) {
  TemporaryDirectory tmp;
  SilentProgress progress;
  CancelToken cancelled;
  cancelled.cancel();
  EXPECT_EQ(synth_dataset(small_set(tmp.file("set"), "yolo"), progress, cancelled).status().exit_code(), 130);
  CancelToken cancel;
  const auto id = [&](SynthOptions o) { return synth_dataset(o, progress, cancel).status().id(); };
  SynthOptions o = small_set(tmp.file("x"), "yolo");
  o.splits = {{"a", 1}, {"a", 1}};
  EXPECT_EQ(id(o), "synth.options");
  o = small_set(tmp.file("x"), "yolo");
  o.width = 5000;
  EXPECT_EQ(id(o), "synth.options");
  o = small_set(tmp.file("x"), "yolo");
  o.camera = "telescope";
  EXPECT_EQ(id(o), "synth.options");
  o = small_set(tmp.file("x"), "yolo");
  o.splits.clear();
  EXPECT_EQ(id(o), "synth.options");
}

TEST(RandomView, KeepsItsPromises) {
  sim::Renderer renderer(Lens::standard(160, 120));
  int shared_color = 0, shared_shape = 0;
  for (uint64_t i = 0; i < 300; ++i) {
    Random r(i);
    sim::ViewOptions options;
    options.with_can = i % 2;
    const sim::View v = sim::random_view(renderer.lens(), options, r);
    const size_t distractors = v.scene.objects.size() - (options.with_can ? 1 : 0);
    EXPECT_LE(distractors, 3u);
    EXPECT_EQ(v.scene.target, options.with_can ? 0 : -1);
    int red = 0, cans = 0;
    for (size_t k = options.with_can ? 1 : 0; k < v.scene.objects.size(); ++k) {
      const sim::Object& o = v.scene.objects[k];
      red += starts_with(o.name, "red ");
      cans += o.shape == sim::Shape::kCan;
      EXPECT_FALSE(o.shape == sim::Shape::kCan && o.label == 0) << "a second can to be found";
      for (size_t j = 0; j < k; ++j) {
        EXPECT_GE(std::hypot(o.x - v.scene.objects[j].x, o.y - v.scene.objects[j].y),
                  o.footprint() + v.scene.objects[j].footprint());
      }
    }
    EXPECT_LE(red, 1);
    EXPECT_LE(cans, 1);
    shared_color += red;
    shared_shape += cans;
  }
  EXPECT_GT(shared_color, 50);
  EXPECT_GT(shared_shape, 50);
}

}  // namespace
}  // namespace jetline
