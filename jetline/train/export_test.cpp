#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "jetline/base/module.h"
#include "jetline/base/random.h"
#include "jetline/base/subprocess.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/train/checkpoint.h"
#include "jetline/train/curve_svg.h"
#include "jetline/train/options_text.h"
#include "jetline/train/testing_set.h"

namespace jetline {
namespace {

// A checkpoint whose batch-norm statistics and shortcuts all matter: nothing is left at its start value.
Checkpoint lively_checkpoint(const std::string& size, int classes, int width, int height) {
  Checkpoint c;
  TrainOptions options;
  options.width = width;
  options.height = height;
  std::vector<std::string> labels;
  for (int i = 0; i < classes; ++i) labels.push_back("class " + std::to_string(i));
  c.card = training_card(options, labels);
  c.net_size = size;
  const auto net = make_detector_net(size, classes);
  EXPECT_TRUE(net.ok());
  init_weights(*net, 11, c.parameters, c.buffers);
  Random random(12);
  for (const jl_layer& l : net->layers) {
    if (l.kind != JL_CONV || !l.batch_norm) continue;
    for (int k = 0; k < l.out_channels; ++k) {
      c.parameters[static_cast<size_t>(l.gamma + k)] = static_cast<float>(random.uniform(0.4, 1.2));
      c.parameters[static_cast<size_t>(l.beta + k)] = static_cast<float>(random.uniform(-0.3, 0.3));
      c.buffers[static_cast<size_t>(l.mean + k)] = static_cast<float>(random.uniform(-0.3, 0.3));
      c.buffers[static_cast<size_t>(l.var + k)] = static_cast<float>(random.uniform(0.5, 2));
    }
  }
  c.ema_parameters = c.parameters;
  c.ema_buffers = c.buffers;
  return c;
}

TEST(ExportOnnx, IsStandardFoldedAndDescribed) {
  TemporaryDirectory dir;
  // 240 / 32 is no whole number: the top-down path must crop.
  JETLINE_ASSERT_OK(
      save_checkpoint(lively_checkpoint("default", 2, 320, 240), dir.file("c.ckpt"), real_file_system()));
  for (int opset : {11, 13, 17}) {
    ExportOptions o;
    o.opset = opset;
    JETLINE_ASSERT_OK_AND_ASSIGN(const ExportResult r,
                                 export_onnx(dir.file("c.ckpt"), dir.file("m.onnx"), o));
    EXPECT_GT(r.parameters, 100000);
    EXPECT_LT(r.parameters, 1000000);
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto model, load_onnx(dir.file("m.onnx")));
    EXPECT_EQ(model->opset(""), opset);
    std::set<std::string> ops;
    for (const auto& n : model->graph().nodes()) {
      EXPECT_EQ(n->domain(), "");
      ops.insert(n->op());
    }
    EXPECT_EQ(ops, (std::set<std::string>{"Add", "Concat", "Conv", "Exp", "Mul", "Relu", "Reshape", "Resize",
                                          "Sigmoid", "Slice", "Sub", "Transpose"}));
    ASSERT_EQ(model->graph().outputs().size(), 1u);
    EXPECT_EQ(model->graph().outputs()[0]->name(), "detections");
    JETLINE_ASSERT_OK_AND_ASSIGN(const Card card, read_card(*model));
    EXPECT_EQ(card.head, "jetline");
    EXPECT_EQ(card.input.width, 320);
    EXPECT_EQ(card.labels.size(), 2u);
    EXPECT_EQ(card.provenance.at("checkpoint_sha256").size(), 64u);
  }
  EXPECT_EQ(export_onnx(dir.file("c.ckpt"), dir.file("m.onnx"), ExportOptions{10}).status().id(),
            "export.opset");
  EXPECT_EQ(export_onnx(dir.file("none.ckpt"), dir.file("m.onnx"), {}).status().id(), "file.not-found");
}

TEST(ExportOnnx, MacsAgreeWithTheNetwork) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(
      save_checkpoint(lively_checkpoint("small", 1, 96, 80), dir.file("c.ckpt"), real_file_system()));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ExportResult r, export_onnx(dir.file("c.ckpt"), dir.file("m.onnx"), {}));
  const auto net = make_detector_net("small", 1);
  EXPECT_EQ(r.macs, net_macs(*net, 96, 80));
}

TEST(ExportOnnx, OnnxRuntimeGivesLibTorchsNumbers) {
  JETLINE_REQUIRE_TORCH();
  const std::string python = testing::source_path("build/venv/bin/python");
  if (!file_exists(python)) GTEST_SKIP() << "notice: needs the virtual environment of the test oracles";
  TemporaryDirectory dir;
  struct Case {
    const char* size;
    int classes, width, height;
  };
  for (const Case& k :
       {Case{"default", 1, 320, 240}, Case{"default", 3, 128, 96}, Case{"small", 2, 112, 80}}) {
    JETLINE_ASSERT_OK(save_checkpoint(lively_checkpoint(k.size, k.classes, k.width, k.height),
                                      dir.file("c.ckpt"), real_file_system()));
    std::vector<float> input(3 * static_cast<size_t>(k.width * k.height));
    Random random(4);
    for (float& v : input) v = static_cast<float>(random.uniform(-2, 2));
    JETLINE_ASSERT_OK_AND_ASSIGN(const ForwardResult torch,
                                 checkpoint_forward(dir.file("c.ckpt"), input.data(), 1, 1));
    JETLINE_ASSERT_OK(
        write_file(dir.file("in.f32"), {reinterpret_cast<const char*>(input.data()), input.size() * 4}));
    for (int opset : {11, 13, 17}) {
      ExportOptions o;
      o.opset = opset;
      JETLINE_ASSERT_OK_AND_ASSIGN(const ExportResult r,
                                   export_onnx(dir.file("c.ckpt"), dir.file("m.onnx"), o));
      ProcessSpec spec;
      spec.argv = {python,
                   "-c",
                   "import sys, numpy, onnx, onnxruntime\n"
                   "d, w, h = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])\n"
                   "onnx.checker.check_model(d + '/m.onnx', full_check=True)\n"
                   "o = onnxruntime.SessionOptions(); o.intra_op_num_threads = 1\n"
                   "s = onnxruntime.InferenceSession(d + '/m.onnx', o)\n"
                   "x = numpy.fromfile(d + '/in.f32', numpy.float32).reshape(1, 3, h, w)\n"
                   "y = s.run(['detections'], {'images': x})[0]\n"
                   "y.tofile(d + '/out.f32'); print(*y.shape)\n",
                   dir.path(),
                   std::to_string(k.width),
                   std::to_string(k.height)};
      JETLINE_ASSERT_OK_AND_ASSIGN(const ProcessResult p, real_process_runner().run(spec));
      ASSERT_EQ(p.exit_code, 0) << p.errors;
      JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, read_file(dir.file("out.f32")));
      ASSERT_EQ(bytes.size(), torch.values.size() * 4);
      std::vector<float> ort(torch.values.size());
      std::memcpy(ort.data(), bytes.data(), bytes.size());
      double box = 0, score = 0, lowest = 1, highest = 0;
      for (size_t i = 0; i < ort.size(); ++i) {
        const size_t column = i % (4 + static_cast<size_t>(k.classes));
        double& worst = column < 4 ? box : score;
        worst = std::max(worst, static_cast<double>(std::fabs(ort[i] - torch.values[i])));
        if (column >= 4) {
          lowest = std::min(lowest, static_cast<double>(ort[i]));
          highest = std::max(highest, static_cast<double>(ort[i]));
        }
      }
      EXPECT_LE(box, 1e-3) << k.size << " opset " << opset;
      EXPECT_LE(score, 1e-5) << k.size << " opset " << opset;
      EXPECT_GT(highest, lowest);  // not a constant
      RecordProperty("max_box_difference", std::to_string(box));
    }
  }
}

TEST(TrainingCurve, IsOneSoundSvg) {
  std::vector<TrainPoint> history(4);
  for (size_t i = 0; i < 4; ++i) {
    history[i].step = static_cast<int64_t>(i + 1) * 100;
    history[i].loss = 2.0 / static_cast<double>(i + 1);
    if (i % 2) history[i].AP = history[i].AP50 = 0.2 * static_cast<double>(i);
  }
  history[2].loss = NAN;
  const std::string svg = training_curve_svg(history, "a < b & \"c\"");
  EXPECT_NE(svg.find("a &lt; b &amp;"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  // Loss 2.0 is the top of the left axis at step 100 of 400.
  EXPECT_NE(svg.find("points=\"215.0,44.0 "), std::string::npos) << svg;
  // Every element is closed.
  EXPECT_EQ(std::count(svg.begin(), svg.end(), '<'), std::count(svg.begin(), svg.end(), '>'));
  size_t open = 0, closed = 0;
  for (size_t at = 0; (at = svg.find("<text", at)) != std::string::npos; ++at) ++open;
  for (size_t at = 0; (at = svg.find("</text>", at)) != std::string::npos; ++at) ++closed;
  EXPECT_EQ(open, closed);
  EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
  // A run without a point is still a picture.
  EXPECT_NE(training_curve_svg({}, "empty").find("</svg>"), std::string::npos);
}

}  // namespace
}  // namespace jetline
