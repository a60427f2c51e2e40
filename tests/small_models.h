// Small ONNX models made on the spot, for tests that must run where no real model is: one per kind of
// arithmetic that detectors use, weights from a seed.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "jetline/base/random.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"

namespace jetline::testing {

inline std::vector<float> small_weights(uint64_t seed, int64_t n, double scale) {
  Random r(seed);
  std::vector<float> w(static_cast<size_t>(n));
  for (float& v : w) v = static_cast<float>(r.normal() * scale);
  return w;
}

// Conv with weights from `seed`; He's scale, so that activations keep their size.
inline Value* small_conv(GraphBuilder& b, Value* x, int64_t in, int64_t out, int64_t k, int64_t stride,
                         int64_t groups, uint64_t seed, const std::string& name) {
  const int64_t fan = in / groups * k * k;
  Value* w = b.floats(name + ".w", {out, in / groups, k, k},
                      small_weights(seed, out * fan, std::sqrt(2.0 / static_cast<double>(fan))));
  Value* bias = b.floats(name + ".b", {out}, small_weights(seed + 1, out, 0.1));
  const int64_t p = k / 2;
  return b.op(
      "Conv", {x, w, bias},
      {{"kernel_shape", {k, k}}, {"strides", {stride, stride}}, {"pads", {p, p, p, p}}, {"group", groups}},
      name);
}

struct SmallModel {
  std::string name;
  std::function<void(GraphBuilder&)> build;
  int64_t opset = 13;
};

inline const std::vector<SmallModel>& small_models() {
  static const auto* const kModels = new std::vector<SmallModel>{
      {"conv_relu",
       [](GraphBuilder& b) {
         Value* x = b.input("images", DType::kF32, {1, 3, 17, 23});
         Value* y = b.op("Relu", {small_conv(b, x, 3, 8, 3, 2, 1, 1, "c1")});
         b.output(small_conv(b, y, 8, 5, 1, 1, 1, 3, "c2"), "out", DType::kF32, {1, 5, 9, 12});
       }},
      {"depthwise_swish",
       [](GraphBuilder& b) {
         Value* x = b.input("x", DType::kF32, {2, 8, 12, 10});
         Value* y = small_conv(b, x, 8, 8, 5, 1, 8, 5, "dw");
         y = b.op("Mul", {y, b.op("Sigmoid", {y})});
         y = b.op(
             "BatchNormalization",
             {y, b.floats("g", {8}, small_weights(7, 8, 1)), b.floats("beta", {8}, small_weights(8, 8, 1)),
              b.floats("m", {8}, small_weights(9, 8, 1)), b.floats("v", {8}, std::vector<float>(8, 0.7f))});
         b.output(y, "out", DType::kF32, {2, 8, 12, 10});
       }},
      {"pyramid",
       [](GraphBuilder& b) {
         Value* x = b.input("x", DType::kF32, {1, 4, 16, 16});
         Value* low = b.op("MaxPool", {x}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}});
         Value* up = b.op("Resize", {low, nullptr, b.floats("s", {4}, {1, 1, 2, 2})},
                          {{"mode", "nearest"},
                           {"coordinate_transformation_mode", "asymmetric"},
                           {"nearest_mode", "floor"}});
         Value* cat = b.op("Concat", {x, up}, {{"axis", 1}});
         b.output(cat, "p3", DType::kF32, {1, 8, 16, 16});
         b.output(b.op("AveragePool", {low}, {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}}), "p4",
                  DType::kF32, {1, 4, 8, 8});
       }},
      {"bilinear",
       [](GraphBuilder& b) {
         Value* x = b.input("x", DType::kF32, {1, 2, 5, 7});
         b.output(b.op("Resize", {x, nullptr, nullptr, b.ints("sizes", {4}, {1, 2, 11, 13})},
                       {{"mode", "linear"}, {"coordinate_transformation_mode", "half_pixel"}}),
                  "out", DType::kF32, {1, 2, 11, 13});
       }},
      {"head",
       [](GraphBuilder& b) {
         Value* x = b.input("x", DType::kF32, {1, 6, 4, 5});
         Value* y = b.op("Reshape",
                         {b.op("Transpose", {x}, {{"perm", {0, 2, 3, 1}}}), b.ints("sh", {3}, {1, 20, 6})});
         b.output(b.op("Softmax", {y}, {{"axis", 2}}), "scores", DType::kF32, {1, 20, 6});
         b.output(b.op("Exp", {b.op("Tanh", {y})}), "boxes", DType::kF32, {1, 20, 6});
       }},
      {"dense",
       [](GraphBuilder& b) {
         Value* x = b.input("x", DType::kF32, {Dim::named("batch"), 32});
         Value* y = b.op("Gemm",
                         {x, b.floats("w", {10, 32}, small_weights(11, 320, 0.2)),
                          b.floats("b", {10}, small_weights(12, 10, 1))},
                         {{"transB", 1}});
         b.output(y, "logits", DType::kF32, {Dim::named("batch"), 10});
       }},
      {"integers",
       [](GraphBuilder& b) {
         Value* x = b.input("x", DType::kI64, {3, 4});
         Value* y = b.input("y", DType::kI32, {3, 4});
         Value* z = b.op("Mul", {x, b.op("Cast", {y}, {{"to", 7}})});
         b.output(b.op("Add", {z, b.ints("k", {1}, {5})}), "sum", DType::kI64, {3, 4});
         b.output(b.op("Greater", {z, x}), "larger", DType::kBool, {3, 4});
       }},
      {"bytes_in",
       [](GraphBuilder& b) {
         Value* x = b.input("image", DType::kU8, {1, 6, 5, 3});
         Value* f = b.op("Div", {b.op("Cast", {x}, {{"to", 1}}), b.scalar(255.f)});
         b.output(b.op("Transpose", {f}, {{"perm", {0, 3, 1, 2}}}), "planes", DType::kF32, {1, 3, 6, 5});
       }},
      {"half_io",
       [](GraphBuilder& b) {
         Value* x = b.input("x", DType::kF16, {1, 40});
         Value* f = b.op("Sqrt", {b.op("Cast", {x}, {{"to", 1}})});
         b.output(b.op("Cast", {f}, {{"to", 10}}), "root", DType::kF16, {1, 40});
       }},
  };
  return *kModels;
}

inline Result<std::string> small_model_bytes(const SmallModel& m) {
  Model model;
  model.set_opset("", m.opset);
  model.graph().name = m.name;
  GraphBuilder b(model.graph());
  m.build(b);
  if (!b.status().ok()) return b.status();
  return save_onnx_bytes(model);
}

}  // namespace jetline::testing
