// Detectors of the TensorFlow Object Detection API whose outputs are finished detections: `detection_boxes`
// [1, N, 4] (ymin, xmin, ymax, xmax as fractions of the picture), `detection_scores` [1, N],
// `detection_classes` [1, N]; N may change from run to run. Two kinds: TensorFlow's own outputs (converted
// with `--form raw`, or by other converters: class ids from 1, `num_detections` beside them, padding with
// score 0), and jetline's detector form (ids from 0). head_params.first_class says which. Preprocessing
// stands in the graph: levels go in as they are. Source: object_detection/core/standard_fields.py,
// exporter_lib_v2.py.
#include <algorithm>

#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

constexpr int64_t kTfodMaxDetections = 10000;  // of a model that does not say how many it gives

struct TfodOutputs {
  size_t boxes = 0, scores = 0, classes = 0;
  int64_t count = -1;
};

bool tfod_outputs(const ModelFacts& facts, TfodOutputs& out) {
  bool boxes = false, scores = false, classes = false;
  for (size_t i = 0; i < facts.outputs.size(); ++i) {
    const OutputFacts& o = facts.outputs[i];
    if (o.name == "detection_boxes" && o.shape.size() == 3 && (o.shape[2] == 4 || o.shape[2] < 0)) {
      boxes = true;
      out.boxes = i;
      out.count = o.shape[1];
    } else if (o.name == "detection_scores" && o.shape.size() == 2) {
      scores = true;
      out.scores = i;
    } else if (o.name == "detection_classes" && o.shape.size() == 2) {
      classes = true;
      out.classes = i;
    }
  }
  return boxes && scores && classes;
}

bool tfod_recognise(const ModelFacts& facts) {
  TfodOutputs outputs;
  return input_geometry(facts).channels == 3 && tfod_outputs(facts, outputs);
}

void tfod_defaults(const ModelFacts& facts, Card& card) {
  if (card.input.width == 0 || card.input.height == 0) {
    card.input.width = 640;
    card.input.height = 640;
  }
  card.input.order = ColorOrder::kRGB;
  card.input.fit = Fit::kStretch;
  card.head_params["first_class"] = {facts.output("num_detections") ? 1.0 : 0.0};
  card.score_threshold = 0.3f;
  card.nms_iou = 1;  // done in the graph
}

class TfodHead : public Head {
 public:
  TfodHead(const Card& card, const TfodOutputs& outputs, int first_class)
      : outputs_(outputs),
        width_(static_cast<float>(card.input.width)),
        height_(static_cast<float>(card.input.height)),
        classes_(card.labels.size()),
        first_class_(first_class) {}
  size_t max_candidates() const override {
    return static_cast<size_t>(outputs_.count > 0 ? outputs_.count : kTfodMaxDetections);
  }
  size_t classes() const override { return classes_; }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    const float* boxes = outputs[outputs_.boxes].f32();
    const float* scores = outputs[outputs_.scores].f32();
    const float* classes = outputs[outputs_.classes].f32();
    const Span<const int64_t> shape = outputs[outputs_.scores].shape;
    const size_t n =
        std::min(shape.size() == 2 && shape[1] > 0 ? static_cast<size_t>(shape[1]) : 0, max_candidates());
    for (size_t i = 0; i < n; ++i) {
      if (!(scores[i] > threshold)) continue;
      const int id = static_cast<int>(classes[i]) - first_class_;
      if (id < 0) continue;
      Detection d;
      d.score = scores[i];
      d.class_id = id;
      const float* v = boxes + 4 * i;
      d.box = {v[1] * width_, v[0] * height_, v[3] * width_, v[2] * height_};
      out.push_back(d);
    }
  }

 private:
  TfodOutputs outputs_;
  float width_, height_;
  size_t classes_;
  int first_class_;
};

Result<std::unique_ptr<Head>> tfod_create(const ModelFacts& facts, const Card& card) {
  TfodOutputs outputs;
  if (!tfod_outputs(facts, outputs)) {
    return head_mismatch(
        "tfod", facts,
        "it wants `detection_boxes` [1, N, 4], `detection_scores` and `detection_classes` [1, N]");
  }
  return std::unique_ptr<Head>(
      std::make_unique<TfodHead>(card, outputs, static_cast<int>(head_number(card, "first_class", 0))));
}

}  // namespace

extern const HeadKind kTfodHead;
const HeadKind kTfodHead = {"tfod", "detections of the TensorFlow Object Detection API", tfod_recognise,
                            tfod_defaults, tfod_create};

}  // namespace jetline
