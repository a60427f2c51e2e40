// The focus stem (four strided slices joined along the channels) is rewritten before OpenVINO compiles a
// model; what a model computes must stay the same, whatever the order of the parts and whoever reads the
// join.
#include <cmath>

#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "jetline/engine/engine.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"

namespace jetline {
namespace {

constexpr int64_t kFocusMax = 9223372036854775807;

// Every second element from `offset` along `axis`.
Value* focus_slice(GraphBuilder& b, Value* x, int64_t axis, int64_t offset) {
  return b.op("Slice", {x, b.ints({offset}), b.ints({kFocusMax}), b.ints({axis}), b.ints({2})});
}

// Runs input 0..n-1 of [1, 2, 4, 6] through a join of parts (y, x) and, with `weights`, a 1x1 convolution.
std::vector<float> focus_run(const std::vector<std::pair<int, int>>& parts,
                             const std::vector<float>& weights) {
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {1, 2, 4, 6});
  std::vector<Value*> joined;
  for (const auto& [dy, dx] : parts) joined.push_back(focus_slice(b, focus_slice(b, x, 2, dy), 3, dx));
  Value* y = b.op("Concat", joined, {{"axis", 1}});
  const auto channels = static_cast<int64_t>(2 * parts.size());
  if (!weights.empty()) y = b.op("Conv", {y, b.floats("w", {1, channels, 1, 1}, weights)});
  b.output(y, "y", DType::kF32, {1, weights.empty() ? channels : 1, 2, 3});
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  TemporaryDirectory dir;
  EXPECT_TRUE(save_onnx(model, dir.file("m.onnx")).ok());
  EngineOptions options;
  options.engine = "openvino";
  auto engine = Engine::load(dir.file("m.onnx"), options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  if (!engine.ok()) return {};
  auto session = (*engine)->create_session();
  EXPECT_TRUE(session.ok());
  auto in = (*session)->input(0);
  for (int i = 0; i < 48; ++i) in->f32()[i] = static_cast<float>(i);
  EXPECT_TRUE((*session)->run().ok());
  auto out = (*session)->output(0);
  return std::vector<float>(out->f32(), out->f32() + out->elements());
}

// The definition, element by element.
std::vector<float> focus_expected(const std::vector<std::pair<int, int>>& parts,
                                  const std::vector<float>& weights) {
  std::vector<float> joined;
  for (const auto& [dy, dx] : parts) {
    for (int c = 0; c < 2; ++c) {
      for (int y = 0; y < 2; ++y) {
        for (int x = 0; x < 3; ++x)
          joined.push_back(static_cast<float>(c * 24 + (2 * y + dy) * 6 + 2 * x + dx));
      }
    }
  }
  if (weights.empty()) return joined;
  std::vector<float> sum(6, 0.f);
  for (size_t i = 0; i < joined.size(); ++i) sum[i % 6] += weights[i / 6] * joined[i];
  return sum;
}

TEST(OpenVinoFocus, RewritingKeepsTheValues) {
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  const std::vector<std::vector<std::pair<int, int>>> orders = {
      {{0, 0}, {1, 0}, {0, 1}, {1, 1}},  // YOLOX
      {{0, 0}, {0, 1}, {1, 0}, {1, 1}},
      {{1, 1}, {0, 1}, {0, 0}, {1, 0}},  // no inverse of itself
      {{0, 0}, {0, 0}, {1, 0}, {1, 1}},  // a part twice: left alone
      {{0, 0}, {1, 1}},                  // parts missing: left alone
  };
  for (const auto& parts : orders) {
    EXPECT_EQ(focus_run(parts, {}), focus_expected(parts, {}));
    std::vector<float> weights;
    for (size_t i = 0; i < 2 * parts.size(); ++i) weights.push_back(static_cast<float>(1 << i));
    EXPECT_EQ(focus_run(parts, weights), focus_expected(parts, weights))
        << "small whole numbers: exact in any order";
  }
}

}  // namespace
}  // namespace jetline
