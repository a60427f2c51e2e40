// The detector form, on detectors of our own making with the structure of the Object Detection API's exports
// (real_models/make_mini_detectors.py); TensorFlow's outputs for a picture of the network's size stand beside
// them.
#include "jetline/importers/tensorflow/detector/detector.h"

#include "jetline/graph/evaluate.h"
#include "jetline/importers/tensorflow/cases/harness.h"

namespace jetline::tf {
namespace {

const std::vector<cases::Case>& mini_detectors() {
  static const auto* kAll = [] {
    auto loaded = cases::load_all_cases(
        testing::source_path("jetline/importers/tensorflow/real_models/mini_detectors"));
    EXPECT_TRUE(loaded.ok()) << loaded.status().to_string();
    return new std::vector<cases::Case>(loaded.ok() ? std::move(loaded).value() : std::vector<cases::Case>());
  }();
  return *kAll;
}

const cases::Case& mini_detector(const std::string& name) {
  for (const cases::Case& c : mini_detectors())
    if (c.name == name) return c;
  ADD_FAILURE() << name;
  return mini_detectors().front();
}

struct MiniConverted {
  Converted converted;
  ConvertReport report;
};

MiniConverted mini_convert(const std::string& name, ConvertOptions options) {
  MiniConverted out;
  const TemporaryDirectory folder;
  const auto path = cases::place(mini_detector(name), folder.path());
  EXPECT_TRUE(path.ok());
  auto r = convert(*path, options, &out.report);
  EXPECT_TRUE(r.ok()) << name << r.status().to_string();
  if (r.ok()) out.converted = std::move(r).value();
  return out;
}

const Tensor& mini_expected(const std::string& name, const std::string& output) {
  const cases::Case& c = mini_detector(name);
  for (size_t i = 0; i < c.output_names.size(); ++i)
    if (c.output_names[i] == output) return c.outputs[i];
  ADD_FAILURE() << output;
  return c.outputs[0];
}

// Outputs of a converted detector for the stored picture; as float levels when it takes those.
std::vector<Tensor> mini_run(const std::string& name, const Model& model) {
  const Tensor& picture = mini_detector(name).inputs[0];
  Value* in = model.graph().free_inputs()[0];
  Tensor feed = picture;
  if (in->type.dtype == DType::kF32) {
    const auto levels = picture.to_doubles().value();
    feed = Tensor::floats(picture.dims(), std::vector<float>(levels.begin(), levels.end())).value();
  }
  auto out = evaluate_graph(model.graph(), {{in, feed}});
  EXPECT_TRUE(out.ok()) << out.status().to_string();
  return out.ok() ? *out : std::vector<Tensor>();
}

double mini_worst(const Tensor& a, const Tensor& b) {
  const auto x = a.to_doubles().value(), y = b.to_doubles().value();
  if (x.size() != y.size()) return 1e9;
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - y[i]));
  return worst;
}

int mini_count(const Model& m, const char* op) {
  int n = 0;
  for (const auto& node : m.graph().nodes()) n += node->is(op) ? 1 : 0;
  return n;
}

TEST(TensorFlowDetector, StretchedWithBackground) {
  const MiniConverted m = mini_convert("stretched", {});
  ASSERT_TRUE(m.converted.model);
  EXPECT_EQ(m.report.family, "ssd");
  EXPECT_EQ(m.report.form, "detector");
  ASSERT_TRUE(m.converted.card);
  const Card& card = *m.converted.card;
  EXPECT_EQ(card.head, "tfod-ssd");
  EXPECT_EQ(card.labels.size(), 3u);
  EXPECT_EQ(card.input.width, 48);
  EXPECT_EQ(card.input.height, 32);
  EXPECT_EQ(card.input.fit, Fit::kStretch);
  EXPECT_EQ(card.input.resample, Resample::kFloatCorners);
  EXPECT_FLOAT_EQ(card.nms_iou, 0.5f);
  const Model& model = *m.converted.model;
  for (const char* op : {"Loop", "If", "NonZero", "NonMaxSuppression", "Where", "Resize"})
    EXPECT_EQ(mini_count(model, op), 0) << op;
  EXPECT_EQ(model.graph().free_inputs()[0]->type.dtype, DType::kF32);
  const std::vector<Tensor> out = mini_run("stretched", model);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_LE(mini_worst(out[0], mini_expected("stretched", "raw_detection_boxes")), 1e-4);
  const auto all = mini_expected("stretched", "raw_detection_scores").to_doubles().value();
  const auto scores = out[1].to_doubles().value();
  ASSERT_EQ(scores.size() / 3, all.size() / 4);
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], all[i / 3 * 4 + i % 3 + 1], 1e-4);
}

TEST(TensorFlowDetector, PaddedByKeepingTheAspect) {
  for (const char* name : {"padded", "padded_after"}) {
    const MiniConverted m = mini_convert(name, {});
    ASSERT_TRUE(m.converted.card) << name;
    const Card& card = *m.converted.card;
    EXPECT_EQ(card.labels.size(), 2u) << "no background column";
    EXPECT_EQ(card.input.fit, Fit::kLetterboxTopLeft) << name;
    EXPECT_EQ(card.input.resample, Resample::kFloatCenters) << name;
    // Zeros of the padding are level 0 before the normalisation, the middle level after it.
    EXPECT_NEAR(card.input.pad, std::string(name) == "padded" ? 0 : 127.5, 1e-3) << name;
    const std::vector<Tensor> out = mini_run(name, *m.converted.model);
    ASSERT_EQ(out.size(), 2u);
    EXPECT_LE(mini_worst(out[0], mini_expected(name, "raw_detection_boxes")), 1e-4) << name;
    EXPECT_LE(mini_worst(out[1], mini_expected(name, "raw_detection_scores")), 1e-4) << name;
  }
}

TEST(TensorFlowDetector, PointsKeepTheirOwnOutputs) {
  const MiniConverted m = mini_convert("points", {});
  ASSERT_TRUE(m.converted.card);
  EXPECT_EQ(m.report.family, "centernet");
  EXPECT_EQ(m.converted.card->head, "tfod");
  const std::vector<Tensor> out = mini_run("points", *m.converted.model);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_LE(mini_worst(out[0], mini_expected("points", "detection_boxes")), 1e-4);
  EXPECT_LE(mini_worst(out[1], mini_expected("points", "detection_scores")), 1e-4);
  const auto ours = out[2].to_doubles().value();
  const auto theirs = mini_expected("points", "detection_classes").to_doubles().value();
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], theirs[i] - 1) << "classes count from 0 here";
}

TEST(TensorFlowDetector, SuppressionInTheGraphFindsTensorFlowsDetections) {
  ConvertOptions options;
  options.nms = Nms::kOnnx;
  const MiniConverted m = mini_convert("padded", options);
  ASSERT_TRUE(m.converted.model);
  const std::vector<Tensor> out = mini_run("padded", *m.converted.model);
  ASSERT_EQ(out.size(), 3u);
  const Tensor& scores = mini_expected("padded", "detection_scores");
  ASSERT_EQ(out[1].dims(), scores.dims());
  EXPECT_LE(mini_worst(out[1], scores), 1e-4);
  EXPECT_LE(mini_worst(out[0], mini_expected("padded", "detection_boxes")), 1e-4);
}

TEST(TensorFlowDetector, RawFormAndBytesAsInput) {
  ConvertOptions options;
  options.form = Form::kRaw;
  const MiniConverted raw = mini_convert("stretched", options);
  ASSERT_TRUE(raw.converted.model);
  EXPECT_FALSE(raw.converted.card);
  EXPECT_EQ(raw.converted.model->graph().outputs().size(), 6u);
  EXPECT_FALSE(raw.converted.model->graph().free_inputs()[0]->type.is_static()) << "pictures of any size";
  options = {};
  options.uint8_input = true;
  const MiniConverted bytes = mini_convert("stretched", options);
  ASSERT_TRUE(bytes.converted.model);
  EXPECT_EQ(bytes.converted.model->graph().free_inputs()[0]->type.dtype, DType::kU8);
  EXPECT_EQ(bytes.converted.card->input.dtype, DType::kU8);
  const std::vector<Tensor> out = mini_run("stretched", *bytes.converted.model);
  EXPECT_LE(mini_worst(out[0], mini_expected("stretched", "raw_detection_boxes")), 1e-4);
}

TEST(TensorFlowDetector, AnOpenBatchIsNotForTheDetectorForm) {
  const TemporaryDirectory folder;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string path, cases::place(mini_detector("points"), folder.path()));
  const auto convert_with = [&](Form form, bool dynamic, std::optional<int64_t> batch,
                                ConvertReport* report) {
    ConvertOptions options;
    options.form = form;
    options.dynamic_batch = dynamic;
    options.import.batch = batch;
    return convert(path, options, report);
  };
  ConvertReport report;
  const Result<Converted> raw = convert_with(Form::kAuto, true, {}, &report);
  ASSERT_TRUE(raw.ok()) << raw.status().to_string();
  EXPECT_FALSE(raw->card);
  EXPECT_EQ(report.form, "raw");
  EXPECT_EQ(std::count_if(report.warnings.begin(), report.warnings.end(),
                          [](const Warning& w) { return w.id == "tf.detector-batch"; }),
            1);
  EXPECT_EQ(convert_with(Form::kDetector, true, {}, nullptr).status().id(), "tf.detector-batch");
  EXPECT_EQ(convert_with(Form::kDetector, false, 4, nullptr).status().id(), "tf.detector-batch");
  const Result<Converted> one = convert_with(Form::kAuto, false, 1, nullptr);
  ASSERT_TRUE(one.ok()) << one.status().to_string();
  EXPECT_TRUE(one->card);
}

TEST(TensorFlowDetector, LabelMaps) {
  EXPECT_EQ(parse_label_map(
                "item {\n  name: \"/m/01\"\n  id: 2\n  display_name: 'a cat'\n}\nitem { id: 1 name: 'dog' }"),
            (std::vector<std::string>{"dog", "a cat"}));
  EXPECT_EQ(parse_label_map("item { id: 3, name: 'x' }"),
            (std::vector<std::string>{"class 1", "class 2", "x"}));
  EXPECT_EQ(parse_label_map("cat\r\n\ndog\n"), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(parse_label_map("item { id: 999999999 name: 'far'"), std::vector<std::string>{});
}

}  // namespace
}  // namespace jetline::tf
