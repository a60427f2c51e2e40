// One-stage detectors of the TensorFlow Object Detection API in jetline's detector form (`jetline convert`):
// `boxes` [1, A, 4], decoded in the graph (ymin, xmin, ymax, xmax as fractions of the input), and `scores`
// [1, A, C], after sigmoid or softmax and without a background column. Every class of an anchor is a
// candidate of its own, as in TensorFlow's class-wise suppression. Named by the model's card; without one the
// form is not recognised, since two such outputs say nothing of normalisation.
#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

struct TfodSsdOutputs {
  size_t boxes = 0, scores = 0;
  int64_t anchors = 0, classes = 0;
};

bool tfod_ssd_outputs(const ModelFacts& facts, TfodSsdOutputs& out) {
  const OutputFacts *boxes = facts.output("boxes"), *scores = facts.output("scores");
  if (!boxes || !scores || boxes->shape.size() != 3 || scores->shape.size() != 3) return false;
  out.boxes = static_cast<size_t>(boxes - facts.outputs.data());
  out.scores = static_cast<size_t>(scores - facts.outputs.data());
  out.anchors = scores->shape[1];
  out.classes = scores->shape[2];
  return boxes->shape[2] == 4 && out.anchors > 0 && out.classes > 0 && boxes->shape[1] == out.anchors &&
         out.anchors <= (int64_t{1} << 24) / out.classes;
}

bool tfod_ssd_recognise(const ModelFacts&) {
  return false;
}

void tfod_ssd_defaults(const ModelFacts&, Card& card) {
  card.input.order = ColorOrder::kRGB;
  card.input.fit = Fit::kStretch;
  card.score_threshold = 0.3f;
  card.nms_iou = 0.6f;
}

class TfodSsdHead : public Head {
 public:
  TfodSsdHead(const Card& card, const TfodSsdOutputs& outputs)
      : outputs_(outputs),
        width_(static_cast<float>(card.input.width)),
        height_(static_cast<float>(card.input.height)) {}
  size_t max_candidates() const override { return static_cast<size_t>(outputs_.anchors * outputs_.classes); }
  size_t classes() const override { return static_cast<size_t>(outputs_.classes); }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    const float* boxes = outputs[outputs_.boxes].f32();
    const float* scores = outputs[outputs_.scores].f32();
    const auto classes = static_cast<size_t>(outputs_.classes);
    for (size_t i = 0; i < static_cast<size_t>(outputs_.anchors); ++i) {
      for (size_t c = 0; c < classes; ++c) {
        const float score = scores[i * classes + c];
        if (!(score > threshold)) continue;
        const float* v = boxes + 4 * i;
        Detection d;
        d.score = score;
        d.class_id = static_cast<int>(c);
        d.box = {v[1] * width_, v[0] * height_, v[3] * width_, v[2] * height_};
        out.push_back(d);
      }
    }
  }

 private:
  TfodSsdOutputs outputs_;
  float width_, height_;
};

Result<std::unique_ptr<Head>> tfod_ssd_create(const ModelFacts& facts, const Card& card) {
  TfodSsdOutputs outputs;
  if (!tfod_ssd_outputs(facts, outputs))
    return head_mismatch("tfod-ssd", facts, "it wants `boxes` [1, A, 4] and `scores` [1, A, classes]");
  return std::unique_ptr<Head>(std::make_unique<TfodSsdHead>(card, outputs));
}

}  // namespace

extern const HeadKind kTfodSsdHead;
const HeadKind kTfodSsdHead = {
    "tfod-ssd", "one-stage detectors of the TensorFlow Object Detection API, as converted here",
    tfod_ssd_recognise, tfod_ssd_defaults, tfod_ssd_create};

}  // namespace jetline
