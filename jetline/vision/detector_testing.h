// A model file of a given signature for tests of the detector: the graph only has to look right, a fake
// engine runs it.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/vision/fake_engine_testing.h"

namespace jetline::testing {

inline std::vector<Dim> detector_dims(const std::vector<int64_t>& shape) {
  std::vector<Dim> dims;
  for (int64_t d : shape) dims.push_back(d < 0 ? Dim::named("free" + std::to_string(dims.size())) : Dim(d));
  return dims;
}

// ONNX file with the inputs and outputs of `model`; every output is the mean of the picture times a constant.
inline void write_fake_model(const FakeModel& model, const std::string& path, const Card* card = nullptr) {
  Model onnx;
  onnx.set_opset("", 13);
  GraphBuilder b(onnx.graph());
  std::vector<Value*> means;
  for (const TensorInfo& t : model.inputs) {
    Value* in = b.input(t.name, t.dtype, detector_dims(t.shape));
    means.push_back(b.op("ReduceMean", {in}, {{"keepdims", 0}}));
  }
  for (const TensorInfo& t : model.outputs) {
    int64_t n = 1;
    std::vector<int64_t> shape = t.shape;
    for (int64_t& d : shape) n *= d = d < 0 ? 1 : d;
    Value* c = b.floats("", shape, std::vector<float>(static_cast<size_t>(n), 0.f));
    b.output(b.op("Mul", {c, means.at(0)}), t.name, t.dtype, detector_dims(t.shape));
  }
  ASSERT_TRUE(b.status().ok()) << b.status().to_string();
  if (card) write_card(onnx, *card);
  JETLINE_ASSERT_OK(save_onnx(onnx, path));
}

// jetline's own detector on 64x32 pixels at stride 8: 32 locations, two classes.
inline std::shared_ptr<FakeModel> fake_jetline_model() {
  auto model = std::make_shared<FakeModel>();
  model->inputs = {{"images", DType::kF32, {1, 3, 32, 64}}};
  model->outputs = {{"detections", DType::kF32, {1, 32, 6}}};
  return model;
}

// Writes row `i` of a [1, n, 6] output: a box in input pixels and two class scores.
inline void fake_row(TensorView& out, size_t i, float x1, float y1, float x2, float y2, float s0, float s1) {
  float* r = out.f32() + i * 6;
  const float v[6] = {x1, y1, x2, y2, s0, s1};
  std::copy(v, v + 6, r);
}

}  // namespace jetline::testing
