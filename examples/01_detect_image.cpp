// Finds objects in one picture and draws them: 01_detect_image MODEL.onnx PICTURE OUT.png
//
// The model's card, or its structure, says how to feed it and how to read what comes out.
#include <cstdio>

#include "jetline/base/module.h"
#include "jetline/vision/detector.h"
#include "jetline/vision/draw.h"
#include "jetline/vision/image_io.h"

namespace {

jetline::Status run(const char* model, const char* picture, const char* out) {
  using namespace jetline;
  JETLINE_ASSIGN_OR_RETURN(auto detector, Detector::create(model, DetectorOptions()));
  JETLINE_ASSIGN_OR_RETURN(Image image, load_image(picture));
  std::vector<Detection> found;
  StageTimes times;
  JETLINE_RETURN_IF_ERROR(detector->detect(image, found, &times));
  for (const Detection& d : found) {
    std::printf("class %d score %.2f at %.0f,%.0f to %.0f,%.0f\n", d.class_id, static_cast<double>(d.score),
                static_cast<double>(d.box.x1), static_cast<double>(d.box.y1), static_cast<double>(d.box.x2),
                static_cast<double>(d.box.y2));
  }
  std::printf("%zu found; preparing %.2f ms, inference %.2f ms, decoding %.2f ms\n", found.size(),
              times.pre / 1e6, times.infer / 1e6, times.post / 1e6);
  draw_detections(image, found, detector->card().labels);
  return save_image(out, image);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s MODEL.onnx PICTURE OUT.png\n", argv[0]);
    return 2;
  }
  // Engines are modules; in an installed package they are found without this.
  jetline::set_module_directories({JETLINE_MODULE_DIR});
  const jetline::Status s = run(argv[1], argv[2], argv[3]);
  if (!s.ok()) std::fprintf(stderr, "%s\n", s.to_string().c_str());
  return s.exit_code();
}
