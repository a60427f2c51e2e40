// verify on detectors with faults put in on purpose: which fault is told apart from which. The diagnosis was
// written with the FastestDet fruits model at hand; the other real models were kept out of it.
#include "jetline/eval/verify.h"

#include <cstdio>
#include <map>

#include "jetline/base/module.h"
#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/eval/verify_faults.h"
#include "jetline/eval/verify_weights.h"
#include "jetline/vision/image_io.h"
#include "tests/small_models.h"

namespace jetline {
namespace {

#define JETLINE_VERIFY_NEEDS_OPENVINO() \
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module"

class NoProgress : public Progress {
  void report(std::string_view, int64_t, int64_t, std::string_view) override {}
};

VerifyResult run_verify_on(const std::string& a, const std::string& b, const std::string& images) {
  VerifyOptions o;
  o.a = a;
  o.b = b;
  o.images = images;
  o.max_images = 4;
  o.hop_a.engine.threads = o.hop_b.engine.threads = 2;
  NoProgress progress;
  CancelToken cancel;
  auto r = verify(o, progress, cancel);
  EXPECT_TRUE(r.ok()) << r.status().to_string();
  return r.ok() ? std::move(r).value() : VerifyResult();
}

std::string verdict_of(const VerifyResult& r) {
  if (r.same) return "same";
  std::vector<std::string> ids;
  for (const VerifyCause& c : r.causes) ids.push_back(c.id);
  return join(ids, "+");
}

// Injects every fault into the model at `path`; counts[fault][verdict].
using Confusion = std::map<std::string, std::map<std::string, int>>;
void try_faults(const std::string& name, const std::string& path, const std::string& images,
                const std::string& folder, Confusion& counts) {
  SCOPED_TRACE(name);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto hop, open_hop(path, {}));
  ASSERT_NE(hop->head(), nullptr);
  Card card = hop->card();
  const size_t classes = hop->head()->classes();
  for (size_t c = card.labels.size(); c < classes; ++c) card.labels.push_back("class " + std::to_string(c));
  const int64_t bytes = static_cast<int64_t>(card.input.width) * card.input.height * 3 * 4;
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto raw,
                               hop->forward({std::vector<uint8_t>(static_cast<size_t>(bytes))}));
  const std::string side_a = folder + "/" + name + " a.onnx", side_b = folder + "/" + name + " b.onnx";
  for (const testing::FaultFact& f : testing::fault_facts()) {
    JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
    write_card(*model, card);
    JETLINE_ASSERT_OK(save_onnx(*model, side_a));
    Card faulty = card;
    if (!testing::inject(f.fault, *model, faulty, raw[0], classes)) {
      ++counts[f.name]["not applicable"];
      continue;
    }
    write_card(*model, faulty);
    JETLINE_ASSERT_OK(save_onnx(*model, side_b));
    const VerifyResult r = run_verify_on(side_a, side_b, images);
    const std::string verdict = verdict_of(r);
    ++counts[f.name][verdict];
    EXPECT_EQ(verdict, f.cause) << f.name << (r.causes.empty() ? "" : ": " + r.causes[0].text);
    std::printf("%-18s %-24s %-40s %s\n", name.c_str(), f.name, verdict.c_str(),
                r.causes.empty() ? "" : r.causes[0].text.substr(0, 160).c_str());
    std::fflush(stdout);
  }
}

void print_confusion(const Confusion& counts) {
  std::printf("\nfault injected            diagnosis (models)\n");
  for (const testing::FaultFact& f : testing::fault_facts()) {
    std::string cells;
    for (const auto& [verdict, n] : counts.at(f.name)) cells += verdict + " (" + std::to_string(n) + ")  ";
    std::printf("%-25s %s\n", f.name, cells.c_str());
  }
}

// A detector of random weights in the form of our own: boxes around the cells, scores after sigmoid.
std::string twin_detector(const std::string& path, uint64_t seed, int64_t classes, const InputSpec& input) {
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  const int64_t w = input.width, h = input.height, gw = w / 16, gh = h / 16, cells = gw * gh;
  Value* x = b.input("images", DType::kF32, {1, 3, h, w});
  // Levels of any range come to the size of about one, as a trained network's first layer would see to.
  const float shrink = input.scale[0] > 0.1f ? 1 / 128.f : 1.f;
  Value* y = b.op("Mul", {x, b.scalar(shrink)});
  y = b.op("Relu", {testing::small_conv(b, y, 3, 16, 5, 4, 1, seed, "c1")});
  y = b.op("Relu", {testing::small_conv(b, y, 16, 24, 5, 4, 1, seed + 10, "c2")});
  y = b.op("Relu", {testing::small_conv(b, y, 24, 24, 3, 1, 1, seed + 20, "c3")});
  y = testing::small_conv(b, y, 24, 4 + classes, 1, 1, 1, seed + 30, "out");
  y = b.op("Reshape",
           {b.op("Transpose", {y}, {{"perm", {0, 2, 3, 1}}}), b.ints("shape", {3}, {1, cells, 4 + classes})});
  std::vector<float> grid;
  for (int64_t i = 0; i < cells; ++i) {
    const float cx = static_cast<float>(i % gw * 16 + 8), cy = static_cast<float>(i / gw * 16 + 8);
    for (float v : {cx - 12, cy - 12, cx + 12, cy + 12}) grid.push_back(v);
  }
  const auto parts = b.ops("Split", {y, b.ints("parts", {2}, {4, classes})}, 2, {{"axis", 2}}, "part");
  Value* boxes = b.op(
      "Add", {b.op("Mul", {b.op("Tanh", {parts[0]}), b.scalar(5)}), b.floats("grid", {1, cells, 4}, grid)});
  Value* scores = b.op("Sigmoid", {parts[1]});
  b.output(b.op("Concat", {boxes, scores}, {{"axis", 2}}), "detections", DType::kF32,
           {1, cells, 4 + classes});
  JETLINE_EXPECT_OK(b.status());
  Card card;
  card.head = "jetline";
  card.input = input;
  card.input.name = "images";
  card.head_params["strides"] = {16};
  for (int64_t c = 0; c < classes; ++c) card.labels.push_back("thing " + std::to_string(c));
  write_card(model, card);
  JETLINE_EXPECT_OK(save_onnx(model, path));
  return path;
}

// Coloured blobs on a gradient, in sizes of several shapes.
void paint_pictures(const std::string& folder) {
  Random random(3);
  const std::pair<int, int> sizes[] = {{150, 70}, {80, 160}, {120, 120}, {200, 90}};
  int n = 0;
  for (const auto& [w, h] : sizes) {
    Image image(w, h);
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) {
        uint8_t* p = image.at(x, y);
        p[0] = static_cast<uint8_t>(200 * x / w + random.integer(0, 40));
        p[1] = static_cast<uint8_t>(200 * y / h + random.integer(0, 40));
        p[2] = static_cast<uint8_t>(((x / 20 + y / 15) % 2 ? 30 : 190) + random.integer(0, 40));
      }
    }
    JETLINE_EXPECT_OK(save_image(folder + "/" + std::to_string(n++) + ".png", image));
  }
}

struct TwinPlan {
  const char* name;
  uint64_t seed;
  int64_t classes;
  InputSpec input;
};
std::vector<TwinPlan> twin_plans() {
  InputSpec letterbox;
  letterbox.width = 96, letterbox.height = 64;
  letterbox.scale = {{1 / 255.f, 1 / 255.f, 1 / 255.f}};
  InputSpec stretch = letterbox;
  stretch.width = stretch.height = 96;
  stretch.order = ColorOrder::kBGR;
  stretch.fit = Fit::kStretch;
  stretch.mean = {{103.53f, 116.28f, 123.675f}};
  stretch.scale = {{0.017429f, 0.017507f, 0.017125f}};
  InputSpec corner = letterbox;
  corner.fit = Fit::kLetterboxTopLeft;
  corner.order = ColorOrder::kBGR;
  corner.scale = {{1, 1, 1}};
  return {{"twin letterbox", 1, 4, letterbox},
          {"twin stretch", 101, 7, stretch},
          {"twin corner", 201, 3, corner}};
}

TEST(Verify, TellsFaultsApartOnTwins) {
  JETLINE_VERIFY_NEEDS_OPENVINO();
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("pictures")));
  paint_pictures(dir.file("pictures"));
  Confusion counts;
  for (const TwinPlan& t : twin_plans()) {
    try_faults(t.name, twin_detector(dir.file("m.onnx"), t.seed, t.classes, t.input), dir.file("pictures"),
               dir.path(), counts);
  }
  print_confusion(counts);
}

TEST(Verify, TellsFaultsApartOnRealModels) {
  JETLINE_REQUIRE_TEST_DATA(models, "onnx");
  JETLINE_REQUIRE_TEST_DATA(images, "datasets/ds_raccoon/images");
  JETLINE_VERIFY_NEEDS_OPENVINO();
  TemporaryDirectory dir;
  Confusion counts;
  const std::pair<const char*, const char*> real[] = {
      {"FastestDet fruits", "/onnx_fastestdet_fruits/FastestDet.onnx"},
      {"YOLOX-nano", "/onnx_yolox_nano/yolox_nano.onnx"},
      {"NanoDet-m", "/onnx_nanodet_m/nanodet_m_320.onnx"},
      {"YuNet", "/onnx_yunet/yunet_n_320_320.onnx"}};
  for (const auto& [name, file] : real) try_faults(name, models + file, images, dir.path(), counts);
  print_confusion(counts);
}

// UltraFace with and without its decoding in the graph: other raw numbers, the same detector.
TEST(Verify, BoxesDecideBetweenOutputsOfOtherForms) {
  JETLINE_REQUIRE_TEST_DATA(models, "onnx/onnx_ultraface");
  JETLINE_REQUIRE_TEST_DATA(images, "datasets/ds_raccoon/images");
  JETLINE_VERIFY_NEEDS_OPENVINO();
  const VerifyResult r =
      run_verify_on(models + "/version-RFB-320.onnx", models + "/version-RFB-320_simplified.onnx", images);
  EXPECT_TRUE(r.same);
  EXPECT_EQ(r.notes.size(), 1u);
}

TEST(Verify, AnotherModelAndATruncatedFile) {
  JETLINE_VERIFY_NEEDS_OPENVINO();
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("pictures")));
  paint_pictures(dir.file("pictures"));
  const auto plans = twin_plans();
  const std::string a = twin_detector(dir.file("a.onnx"), 1, 4, plans[0].input);
  const std::string b = twin_detector(dir.file("b.onnx"), 1, 9, plans[0].input);
  EXPECT_EQ(verdict_of(run_verify_on(a, b, dir.file("pictures"))), "verify.other-model");
  const std::string bytes = read_file(a).value();
  JETLINE_ASSERT_OK(write_file(dir.file("cut.onnx"), bytes.substr(0, bytes.size() * 2 / 3)));
  VerifyOptions o;
  o.a = a;
  o.b = dir.file("cut.onnx");
  o.images = dir.file("pictures");
  NoProgress progress;
  CancelToken cancel;
  const Status cut = verify(o, progress, cancel).status();
  EXPECT_EQ(cut.id(), "onnx.truncated");
  EXPECT_EQ(cut.exit_code(), 3);
  o.b = a;
  o.images = dir.file("none");
  EXPECT_EQ(verify(o, progress, cancel).status().id(), "file.not-found");
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("empty")));
  o.images = dir.file("empty");
  EXPECT_EQ(verify(o, progress, cancel).status().id(), "verify.no-images");
  JETLINE_ASSERT_OK(write_file(dir.file("empty/x.png"), "no picture"));
  EXPECT_EQ(verify(o, progress, cancel).status().id(), "verify.no-images");
  o.images = dir.file("pictures");
  cancel.cancel();
  EXPECT_EQ(verify(o, progress, cancel).status().exit_code(), 130);
}

TEST(VerifyCompare, FindsAPermutationOfClassesAndNoOther) {
  Random random(4);
  HopRun a, b;
  RawOutput x{"out", {1, 10, 4 + 3}, {}};
  for (int i = 0; i < 70; ++i) x.values.push_back(static_cast<float>(random.normal()));
  RawOutput y = x;
  for (int row = 0; row < 10; ++row) {
    for (int c = 0; c < 3; ++c) {
      y.values[static_cast<size_t>(row * 7 + 4 + (c + 1) % 3)] =
          x.values[static_cast<size_t>(row * 7 + 4 + c)];
    }
  }
  a.raw = {{x}};
  b.raw = {{y}};
  EXPECT_EQ(find_class_map(a, b, 3, {}), (ClassMap{1, 2, 0}));
  EXPECT_TRUE(compare_raw(a, b, {}, 3, {1, 2, 0}).same);
  EXPECT_FALSE(compare_raw(a, b, {}).same);
  EXPECT_TRUE(find_class_map(a, a, 3, {}).empty());
  b.raw[0][0].values[5] += 1;
  EXPECT_TRUE(find_class_map(a, b, 3, {}).empty());
}

TEST(VerifyCompare, BoxesNeedTheLabelThePlaceAndTheScore) {
  HopRun a, b;
  Detection d;
  d.box = {10, 10, 50, 50};
  d.class_id = 1;
  d.score = 0.8f;
  a.boxes = {{d}};
  b.boxes = {{d}};
  VerifyTolerance t;
  EXPECT_TRUE(boxes_agree(compare_boxes(a, b, {}, 0.25f, t), t));
  b.boxes[0][0].box.x1 += 2;
  BoxDifference r = compare_boxes(a, b, {}, 0.25f, t);
  EXPECT_EQ(r.matched, 1);
  EXPECT_DOUBLE_EQ(r.max_shift_px, 2);
  EXPECT_FALSE(boxes_agree(r, t));
  b.boxes[0][0] = d;
  b.boxes[0][0].class_id = 2;
  r = compare_boxes(a, b, {}, 0.25f, t);
  EXPECT_EQ(r.missing, 1);
  EXPECT_EQ(r.extra, 1);
  EXPECT_TRUE(boxes_agree(compare_boxes(a, b, {0, 2, 1}, 0.25f, t), t));
  // A box at the threshold may come and go.
  a.boxes[0][0].score = 0.255f;
  b.boxes[0].clear();
  EXPECT_TRUE(boxes_agree(compare_boxes(a, b, {}, 0.25f, t), t));
}

TEST(VerifyWeights, TellsRoundingFromOtherNumbers) {
  const auto model_with = [](float (*change)(float)) {
    auto model = std::make_unique<Model>();
    model->set_opset("", 13);
    GraphBuilder b(model->graph());
    std::vector<float> w = testing::small_weights(5, 300, 1);
    for (float& v : w) v = change(v);
    b.output(b.op("MatMul", {b.input("x", DType::kF32, {1, 30}), b.floats("w", {30, 10}, w)}), "y",
             DType::kF32, {1, 10});
    return model;
  };
  const auto a = model_with([](float v) { return v; });
  using Kind = WeightVerdict::Kind;
  EXPECT_EQ(compare_weights(*a, *a).kind, Kind::kSame);
  EXPECT_EQ(compare_weights(*a, *model_with([](float v) {
              return std::round(v * 1024) / 1024 + v * 1e-3f;
            })).kind == Kind::kSame,
            false);
  EXPECT_EQ(compare_weights(*a, *model_with([](float v) { return v * (1 + 1 / 512.f); })).kind,
            Kind::kPrecision);
  EXPECT_EQ(compare_weights(*a, *model_with([](float v) { return v * 1.5f; })).kind, Kind::kOtherWeights);
}

}  // namespace
}  // namespace jetline
