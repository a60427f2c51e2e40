#include <cstdio>

#include "jetline/check/estimate/kernels.h"
#include "jetline/check/estimate/memory.h"
#include "jetline/check/estimate/networks_testing.h"
#include "jetline/check/estimate/roofline.h"
#include "jetline/check/testing.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/onnx_file.h"

namespace jetline::check {
namespace {

using namespace testing;  // NOLINT: this room's test helpers

// What others measured. Sources: NVIDIA's torch2trt repository, docs/benchmarks (jetson_nano.md,
// jetson_xavier.md): TensorRT in half precision, batch 1, 224 x 224.
struct PublishedLatency {
  const char* network;
  const char* board;
  targets::Precision precision;
  double ms;
};
constexpr targets::Precision kHalf = targets::Precision::kFp16, kFull = targets::Precision::kFp32;
const PublishedLatency kPublished[] = {
    {"ResNet-18", "nano-4gb", kHalf, 11.4},
    {"ResNet-50", "nano-4gb", kHalf, 29.8},
    {"ResNet-152", "nano-4gb", kHalf, 72.3},
    {"VGG-16", "nano-4gb", kHalf, 85.1},
    {"SqueezeNet 1.1", "nano-4gb", kHalf, 4.34},
    {"YOLOX-s (leaky)", "nano-4gb", kHalf, 93.7},
    {"YOLOX-s (leaky)", "nano-4gb", kFull, 153.3},
    {"ResNet-18", "agx-xavier-32gb", kHalf, 1.64},
    {"ResNet-50", "agx-xavier-32gb", kHalf, 3.37},
    {"ResNet-152", "agx-xavier-32gb", kHalf, 8.57},
    {"VGG-16", "agx-xavier-32gb", kHalf, 7.46},
    {"SqueezeNet 1.1", "agx-xavier-32gb", kHalf, 1.02},
    {"MobileNetV2", "agx-xavier-32gb", kHalf, 1.67},
    {"YOLOX-s (leaky)", "orin-nano-8gb", kFull, 20.9},
    {"YOLOX-s (leaky)", "orin-nano-8gb", kHalf, 10.7},
    {"YOLOX-s (leaky)", "orin-nano-8gb", targets::Precision::kInt8, 8.6},
};

std::unique_ptr<Model> estimate_network(const std::string& name) {
  if (name == "ResNet-18") return resnet({2, 2, 2, 2}, false);
  if (name == "ResNet-50") return resnet({3, 4, 6, 3}, true);
  if (name == "ResNet-152") return resnet({3, 8, 36, 3}, true);
  if (name == "VGG-16") return vgg16();
  if (name == "MobileNetV2") return mobilenet_v2();
  if (name == "YOLOX-s (leaky)") return yolox_s_leaky();
  return squeezenet();
}

std::string estimate_number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, v < 100 ? "%.2g" : "%.0f", v);
  return text;
}

TEST(Estimate, PublishedLatenciesLieInTheRanges) {
  const targets::Catalog catalog;
  std::string table =
      "| network | board | precision | measured, ms | estimate, ms |\n|---|---|---|---|---|\n";
  for (const PublishedLatency& p : kPublished) {
    const auto model = estimate_network(p.network);
    infer_shapes(*model);
    const targets::Board* board = catalog.find_board(p.board);
    ASSERT_TRUE(board);
    const LatencyRange r = latency_range(plan_kernels(*model), board, p.precision);
    ASSERT_TRUE(r.known) << p.network << ": " << r.note;
    EXPECT_LE(r.low_ms, p.ms) << p.network << " on " << p.board;
    EXPECT_GE(r.high_ms, p.ms) << p.network << " on " << p.board;
    EXPECT_LE(r.high_ms, 6 * r.low_ms) << p.network;  // a range that says nothing is no estimate
    char measured[32];
    std::snprintf(measured, sizeof measured, "%.3g", p.ms);
    table += std::string("| ") + p.network + " | " + board->name + " | " + targets::to_string(p.precision) +
             " | " + measured + " | " + estimate_number(r.low_ms) + " to " + estimate_number(r.high_ms) +
             " |\n";
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text,
                               read_file(jetline::testing::source_path("docs/check.md")));
  const std::string begin = "<!-- latencies: begin -->\n";
  const size_t a = text.find(begin), b = text.find("<!-- latencies: end -->");
  ASSERT_TRUE(a != std::string::npos && b != std::string::npos);
  EXPECT_EQ(text.substr(a + begin.size(), b - a - begin.size()), table)
      << "the table in docs/check.md must be this";
}

// Measured with engines that TensorRT 10.6 built on an H100 (FP16, builder level 1): in a CUDA graph, and
// launched one by one.
TEST(Estimate, MeasuredDetectorsLieInTheRanges) {
  targets::Board h100;
  h100.name = "H100";
  h100.peak.fp32_tflops = 67;
  h100.peak.fp16_tflops = 989;  // dense; H100 SXM data sheet, as the bandwidth
  h100.peak.bandwidth_gbs = 3350;
  struct Row {
    const char* file;
    double graph_ms, launched_ms;
  };
  for (const Row& row : {Row{"onnx/onnx_ultraface/version-RFB-320_simplified.onnx", 0.224, 0.289},
                         Row{"onnx/onnx_fastestdet/example/onnx-runtime/FastestDet.onnx", 0.301, 0.612}}) {
    JETLINE_REQUIRE_TEST_DATA(path, row.file);
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto model, load_onnx(path));
    infer_shapes(*model);
    const LatencyRange r = latency_range(plan_kernels(*model), &h100, kHalf);
    ASSERT_TRUE(r.known) << r.note;
    EXPECT_LE(r.low_ms, row.graph_ms) << row.file;
    EXPECT_GE(r.high_ms, row.launched_ms) << row.file;
  }
}

TEST(Estimate, WithoutPeaksOrShapesThereIsNone) {
  const auto model = squeezenet();
  infer_shapes(*model);
  const KernelPlan plan = plan_kernels(*model);
  EXPECT_FALSE(latency_range(plan, nullptr, kHalf).known);
  targets::Board board;
  board.name = "Lab";
  LatencyRange r = latency_range(plan, &board, kHalf);
  EXPECT_FALSE(r.known);
  EXPECT_NE(r.note.find("Lab"), std::string::npos) << r.note;
  board.peak.fp16_tflops = 1;
  board.peak.bandwidth_gbs = 10;
  EXPECT_TRUE(latency_range(plan, &board, kHalf).known);
  board.slow = {kHalf};  // offered, and no faster than single precision, whose peak is not known
  EXPECT_FALSE(latency_range(plan, &board, kHalf).known);
}

// x -> Conv -> BatchNormalization -> Sigmoid, Mul (SiLU) -> Conv -> Add with the Mul -> Reshape.
std::unique_ptr<Model> estimate_block() {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  GraphBuilder b(model->graph());
  Value* x = b.input("x", DType::kF32, {1, 4, 8, 8});
  const auto weights = [&](std::vector<int64_t> dims) {
    return b.floats("", dims, std::vector<float>(static_cast<size_t>(element_count(dims)), 0.5f));
  };
  Value* a = b.op("Conv", {x, weights({4, 4, 1, 1})}, {}, "conv1");
  Value* n =
      b.op("BatchNormalization", {a, weights({4}), weights({4}), weights({4}), weights({4})}, {}, "bn");
  Value* m = b.op("Mul", {n, b.op("Sigmoid", {n}, {}, "sigmoid")}, {}, "mul");
  Value* c = b.op("Conv", {m, weights({4, 4, 1, 1})}, {}, "conv2");
  Value* s = b.op("Add", {c, m}, {}, "add");
  b.output(b.op("Reshape", {s, b.ints({1, 256})}, {}, "flat"), "y", DType::kF32, {1, 256});
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  infer_shapes(*model);
  return model;
}

TEST(Estimate, ElementwiseWorkJoinsItsProducer) {
  const auto model = estimate_block();
  const KernelPlan plan = plan_kernels(*model);
  ASSERT_EQ(plan.unknown, nullptr);
  ASSERT_EQ(plan.kernels.size(), 2u);
  EXPECT_EQ(plan.kernels[0].nodes.size(), 4u);  // conv1, bn, sigmoid, mul
  EXPECT_EQ(plan.kernels[1].nodes.size(), 2u);  // conv2, add
  EXPECT_EQ(plan.kernels[0].macs, 4 * 4 * 64);
  // Reads x and its weights (16 and four times 4), writes the product.
  EXPECT_EQ(plan.kernels[0].float_elements, 256 + 16 + 16 + 256);
  // Reads the product once though two nodes use it, weights, writes the sum through the view.
  EXPECT_EQ(plan.kernels[1].float_elements, 256 + 16 + 256);
}

TEST(Estimate, TensorsLiveFromProducerToLastUse) {
  const auto model = estimate_block();
  const ActivationPeak p = activation_peak(model->graph(), 4);
  ASSERT_TRUE(p.bytes);
  // Each tensor has 1 KiB. The batch norm writes over the convolution, the Mul over it or the Sigmoid; at the
  // peak live the input, the output (the Add over conv2, seen through the Reshape), and what mul gave, or bn
  // and sigmoid.
  EXPECT_EQ(*p.bytes, 4 * 1024);
  EXPECT_EQ(*activation_peak(model->graph(), 2).bytes, 2 * 1024);
}

TEST(Estimate, AnUnknownSizeIsSaid) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  GraphBuilder b(model->graph());
  Value* x = b.input("x", DType::kF32, {Dim::named("batch"), 4});
  b.output(b.op("Relu", {x}, {}, "relu"), "y", DType::kF32, {Dim::named("batch"), 4});
  infer_shapes(*model);
  ActivationPeak p = activation_peak(model->graph(), 4);
  ASSERT_TRUE(p.bytes);
  EXPECT_TRUE(p.batch_as_one);
  EXPECT_EQ(*p.bytes, 32);
  x->type.shape[1] = Dim::named("width");
  p = activation_peak(model->graph(), 4);
  EXPECT_FALSE(p.bytes);
  EXPECT_EQ(p.node, "the input 'x'");
}

}  // namespace
}  // namespace jetline::check
