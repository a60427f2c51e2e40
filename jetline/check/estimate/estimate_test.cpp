#include <cstdio>

#include "jetline/check/estimate/kernels.h"
#include "jetline/check/estimate/memory.h"
#include "jetline/check/estimate/networks_testing.h"
#include "jetline/check/estimate/roofline.h"
#include "jetline/check/testing.h"
#include "jetline/graph/infer.h"

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

TEST(Estimate, PublishedLatenciesLieInTheRanges) {
  const targets::Catalog catalog;
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
