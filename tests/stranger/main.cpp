// Makes a model, writes it, reads it back and looks at it, through the installed headers and libraries alone.
#include <cstdio>

#include "jetline/graph/builder.h"
#include "jetline/graph/inspect.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/vision/detector.h"

int main(int argc, char** argv) {
  using namespace jetline;
  if (argc < 2) return 2;
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  Value* x = b.input("images", DType::kF32, {1, 3, 8, 8});
  Value* y = b.op("Conv", {x, b.floats("w", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6})}, {}, "conv");
  b.output(y, "out", DType::kF32, {1, 2, 8, 8});
  Status s = b.status();
  if (s.ok()) s = save_onnx(model, argv[1]);
  if (!s.ok()) {
    std::printf("%s\n", s.to_string().c_str());
    return 1;
  }
  auto back = load_onnx(argv[1]);
  if (!back.ok()) return 1;
  std::printf("nodes %zu input %s\n", (*back)->graph().node_count(),
              (*back)->graph().inputs()[0]->name().c_str());
  // The error of a detector that is not there comes back as a value.
  const auto detector = Detector::create("no-such-model.onnx", DetectorOptions());
  std::printf("detector: %s\n", detector.ok() ? "made" : detector.status().id().c_str());
  return 0;
}
