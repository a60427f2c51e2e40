// See detect_results.h.
#include "jetline/vision/detect_results.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/vision/coco_classes.h"

namespace jetline {
namespace {

// Rounded so that the shortest decimal form is short; nlohmann's writer does not depend on the locale.
double results_round(double v, double unit) {
  const double per = std::round(1 / unit);
  const double r = std::round(v * per) / per;
  return r == 0 ? 0.0 : r;  // no negative zero
}

}  // namespace

std::string coco_results_json(const std::vector<DetectedImage>& images,
                              const std::vector<std::string>& labels) {
  std::string text = "[";
  bool first = true;
  for (const DetectedImage& image : images) {
    for (const Detection& d : image.detections) {
      nlohmann::ordered_json j;
      j["image_id"] = image.id;
      j["category_id"] = coco_category_id(labels, d.class_id);
      const auto label = static_cast<size_t>(d.class_id);
      if (label < labels.size()) j["category_name"] = labels[label];
      const double x = results_round(d.box.x1, 1e-3), y = results_round(d.box.y1, 1e-3);
      j["bbox"] = {x, y, results_round(d.box.x2 - x, 1e-3), results_round(d.box.y2 - y, 1e-3)};
      j["score"] = results_round(d.score, 1e-6);
      j["file_name"] = image.name;
      if (image.frame >= 0) j["frame"] = image.frame;
      if (d.landmark_count > 0) {
        auto points = nlohmann::ordered_json::array();
        for (int k = 0; k < d.landmark_count; ++k) {
          for (float v : d.landmarks[static_cast<size_t>(k)]) points.push_back(results_round(v, 1e-3));
        }
        j["landmarks"] = std::move(points);
      }
      text += first ? "\n" : ",\n";
      first = false;
      text += j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }
  }
  return text + (first ? "]\n" : "\n]\n");
}

int64_t id_from_name(const std::string& name) {
  const std::string stem = file_stem(name);
  if (stem.empty() || stem.find_first_not_of("0123456789") != std::string::npos) return -1;
  int64_t id = -1;
  return parse_int(stem, id) ? id : -1;
}

}  // namespace jetline
