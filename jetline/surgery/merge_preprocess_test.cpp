#include "jetline/surgery/merge_preprocess.h"

#include "jetline/base/random.h"
#include "jetline/surgery/testing.h"

namespace jetline::surgery {
namespace {

using Layout_ = MergePreprocessOptions::Picture;

// A network whose first convolution pads, or not; NCHW or NHWC with a Transpose.
std::unique_ptr<Model> picture_model(bool pads, bool nhwc = false, int channels = 3) {
  testing::TestModel t(13);
  const int64_t c = channels, p = pads ? 1 : 0;
  Value* x = nhwc ? t.b.input("x", DType::kF32, {1, 7, 9, c}) : t.b.input("x", DType::kF32, {1, c, 7, 9});
  Value* y = nhwc ? t.transpose(x, {0, 3, 1, 2}) : x;
  y = t.b.op("Conv", {y, t.constant({4, c, 3, 3}), t.constant({4})},
             {{"kernel_shape", {3, 3}}, {"pads", {p, p, p, p}}}, "stem");
  t.output(t.b.op("Relu", {y}), "y");
  return std::move(t.model);
}

struct Case {
  std::vector<uint8_t> picture;  // [H,W,C]
  int height = 7, width = 9, channels = 3;
};
Case random_picture(int channels) {
  Case c;
  c.channels = channels;
  Random random(4);
  for (int i = 0; i < c.height * c.width * channels; ++i) {
    c.picture.push_back(static_cast<uint8_t>(random.uniform(0.0, 255.99)));
  }
  return c;
}

// What stood in front of the network: colour order, (level - mean) * scale, layout.
Tensor preprocessed(const Case& c, const MergePreprocessOptions& o, bool nhwc) {
  std::vector<float> v(c.picture.size());
  for (int y = 0; y < c.height; ++y) {
    for (int x = 0; x < c.width; ++x) {
      for (int k = 0; k < c.channels; ++k) {
        const int from = c.channels == 3 && o.network != o.picture ? 2 - k : k;
        const float level = c.picture[static_cast<size_t>((y * c.width + x) * c.channels + from)];
        const auto i = static_cast<size_t>(k);
        const int at = nhwc ? (y * c.width + x) * c.channels + k : (k * c.height + y) * c.width + x;
        v[static_cast<size_t>(at)] = (level - o.mean[i]) * o.scale[i];
      }
    }
  }
  return Tensor::floats(nhwc ? std::vector<int64_t>{1, c.height, c.width, c.channels}
                             : std::vector<int64_t>{1, c.channels, c.height, c.width},
                        v)
      .value();
}

// The picture as the merged model wants it.
Tensor as_input(const Case& c, const ValueType& type) {
  std::vector<uint8_t> bytes = c.picture;
  if (type.shape.size() == 4 && type.shape[1].value == c.channels && type.shape[3].value != c.channels) {
    for (int y = 0; y < c.height; ++y) {
      for (int x = 0; x < c.width; ++x) {
        for (int k = 0; k < c.channels; ++k) {
          bytes[static_cast<size_t>((k * c.height + y) * c.width + x)] =
              c.picture[static_cast<size_t>((y * c.width + x) * c.channels + k)];
        }
      }
    }
  }
  if (type.dtype == DType::kU8) return Tensor::own(DType::kU8, type.dims(), bytes).value();
  return Tensor::floats(type.dims(), std::vector<float>(bytes.begin(), bytes.end())).value();
}

MergePreprocessResult expect_same(const Model& before, const MergePreprocessOptions& o, double tolerance,
                                  int channels = 3) {
  auto merged = before.clone();
  const auto r = merge_preprocess(*merged, o);
  EXPECT_TRUE(r.ok()) << r.status().to_string();
  if (!r.ok()) return {};
  const Case c = random_picture(channels);
  const bool nhwc = before.graph().inputs()[0]->type.shape[3].value == channels;
  const auto then = testing::run_named(before, {{"x", preprocessed(c, o, nhwc)}});
  const auto file = testing::through_file(*merged);
  EXPECT_EQ(to_string(file->graph().inputs()[0]->type), to_string(r->after));
  const auto now = testing::run_named(*file, {{"x", as_input(c, r->after)}});
  EXPECT_LE(testing::difference(then.at("y"), now.at("y")), tolerance) << to_text(merged->graph());
  return *r;
}

MergePreprocessOptions imagenet() {
  MergePreprocessOptions o;
  o.mean = {{123.675f, 116.28f, 103.53f}};
  o.scale = {{1 / 58.395f, 1 / 57.12f, 1 / 57.375f}};
  return o;
}

TEST(SurgeryMergePreprocess, EveryCombinationGivesTheSame) {
  for (const bool pads : {false, true}) {
    for (const bool nhwc : {false, true}) {
      for (const bool fold : {false, true}) {
        for (const ColorOrder picture : {ColorOrder::kRGB, ColorOrder::kBGR}) {
          for (const Layout_ layout : {Layout_::kNHWC, Layout_::kHWC, Layout_::kNCHW}) {
            for (const DType dtype : {DType::kU8, DType::kF32}) {
              MergePreprocessOptions o = imagenet();
              o.fold = fold;
              o.picture = picture;
              o.layout = layout;
              o.dtype = dtype;
              SCOPED_TRACE(::testing::Message() << "pads " << pads << " nhwc " << nhwc << " fold " << fold
                                                << " order " << int(picture) << " layout " << int(layout));
              expect_same(*picture_model(pads, nhwc), o, fold ? 1e-5 : 0);
            }
          }
        }
      }
    }
  }
}

TEST(SurgeryMergePreprocess, AMeanStaysInFrontOfPadding) {
  MergePreprocessOptions o = imagenet();
  o.picture = ColorOrder::kBGR;
  const MergePreprocessResult padded = expect_same(*picture_model(true), o, 1e-5);
  EXPECT_EQ(padded.added, (std::vector<std::string>{"Cast", "Transpose", "Sub"}));
  EXPECT_EQ(padded.folded, (std::vector<std::string>{"scale", "channel order"}));
  const MergePreprocessResult bare = expect_same(*picture_model(false), o, 1e-5);
  EXPECT_EQ(bare.added, (std::vector<std::string>{"Cast", "Transpose"}));
  EXPECT_EQ(bare.folded, (std::vector<std::string>{"scale", "mean", "channel order"}));
}

// As IR version 3 demanded, and exporters still do.
TEST(SurgeryMergePreprocess, WeightsListedAmongTheInputsAreFoldedInto) {
  auto model = picture_model(true);
  model->ir_version = 3;
  Graph& g = model->graph();
  for (Value* v : std::vector<Value*>(g.initializers())) {
    const Tensor tensor = *v->initializer();
    Value* listed = g.add_input(v->name() + "_listed", ValueType::tensor(DType::kF32));
    g.set_initializer(listed, tensor);
    g.replace_all_uses(v, listed);
    JETLINE_ASSERT_OK(g.remove_initializer(v));
  }
  EXPECT_EQ(expect_same(*model, imagenet(), 1e-5).convolutions, 1);
}

TEST(SurgeryMergePreprocess, GrayPicturesHaveOneMean) {
  MergePreprocessOptions o;
  o.mean = {{127.5f, 0, 0}};
  o.scale = {{1 / 127.5f, 1, 1}};
  o.network = ColorOrder::kGray;
  expect_same(*picture_model(true, false, 1), o, 1e-5, 1);
}

TEST(SurgeryMergePreprocess, WeightsThatOthersReadStay) {
  auto model = picture_model(false);
  Graph& g = model->graph();
  // A second convolution reads the same weights, but not the picture.
  Node* stem = nullptr;
  for (const auto& n : g.nodes()) stem = n->is("Conv") ? n.get() : stem;
  Value* other = g.add_input("other", ValueType::tensor(DType::kF32, {1, 3, 7, 9}));
  Value* second = g.add_op("Conv", {other, stem->input(1)}, "second");
  second->type = ValueType::tensor(DType::kF32);
  g.add_output(second);
  const auto feeds = testing::random_feeds(g, 9);
  const auto before = testing::run_named(*model, feeds);
  MergePreprocessOptions o = imagenet();
  o.input = "x";
  JETLINE_ASSERT_OK(merge_preprocess(*model, o).status());
  testing::Feeds now = feeds;
  now["x"] = as_input(random_picture(3), g.find("x")->type);
  const auto after = testing::run_named(*model, now);
  EXPECT_EQ(testing::difference(before.at("second"), after.at("second")), 0);
}

TEST(SurgeryMergePreprocess, WhatIsNoPictureIsRefused) {
  auto model = picture_model(true);
  MergePreprocessOptions o = imagenet();
  o.input = "y";
  EXPECT_EQ(merge_preprocess(*model, o).status().id(), "surgery.unknown-name");
  o.input = "x";
  o.scale[1] = 0;
  EXPECT_EQ(merge_preprocess(*model, o).status().id(), "surgery.preprocess");
  o = imagenet();
  JETLINE_ASSERT_OK(merge_preprocess(*model, o).status());
  EXPECT_EQ(merge_preprocess(*model, o).status().id(), "surgery.preprocess") << "bytes already";
  testing::TestModel t;
  t.output(t.b.op("Relu", {t.b.input("x", DType::kF32, {1, 10})}), "y");
  EXPECT_EQ(merge_preprocess(*t.model, o).status().id(), "surgery.preprocess");
}

TEST(SurgeryMergePreprocess, TheCardSaysThatThePictureEntersAsItIs) {
  InputSpec before;
  before.order = ColorOrder::kBGR;
  before.mean = {{104, 117, 123}};
  before.resample = Resample::kFloatCenters;
  auto model = picture_model(true);
  MergePreprocessOptions o;
  o.mean = before.mean;
  o.network = ColorOrder::kBGR;
  o.picture = ColorOrder::kRGB;
  JETLINE_ASSERT_OK_AND_ASSIGN(const MergePreprocessResult r, merge_preprocess(*model, o));
  std::vector<std::string> notes;
  const InputSpec after = merged_input(before, o, r, notes);
  EXPECT_EQ(after.name, "x");
  EXPECT_EQ(after.layout, Layout::kNHWC);
  EXPECT_EQ(after.order, ColorOrder::kRGB);
  EXPECT_EQ(after.dtype, DType::kU8);
  EXPECT_EQ(after.mean, (std::array<float, 3>{{0, 0, 0}}));
  EXPECT_EQ(notes.size(), 1u);  // the rounding of a float resampling
}

}  // namespace
}  // namespace jetline::surgery
