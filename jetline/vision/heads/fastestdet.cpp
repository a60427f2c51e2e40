// FastestDet: one output [1, 5+C, H, W] on a single grid; channels are objectness (after sigmoid), four box
// values and C class scores (after softmax).
//   centre = (tanh(v) + cell) / grid * input, size = sigmoid(v) * input, score = objectness^0.6 * class^0.4
// Source: dog-qiuqiu/FastestDet (utils/tool.py, example/): BGR levels over 255, plain resize to the input,
// NMS 0.45; the exponents are those of the published ncnn and ONNX examples. Score threshold 0.25 as in its
// evaluation.
#include <algorithm>
#include <cmath>

#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

bool fastestdet_shape_ok(const ModelFacts& facts, int width, int height) {
  if (facts.outputs.size() != 1) return false;
  const auto& s = facts.outputs[0].shape;
  if (s.size() != 4 || s[0] > 1 || s[1] < 6 || s[2] < 1 || s[3] < 1) return false;
  // One grid of stride 16 in every published model; a grid of any common stride is accepted.
  return width > 0 && height > 0 && width % s[3] == 0 && height % s[2] == 0 && width / s[3] == height / s[2];
}

bool fastestdet_recognise(const ModelFacts& facts) {
  const InputGeometry g = input_geometry(facts);
  if (!fastestdet_shape_ok(facts, g.width, g.height)) return false;
  const int64_t stride = g.width / facts.outputs[0].shape[3];
  // A class activation or a segmentation map has the same rank: only the published stride counts as
  // recognised, and where the graph could be read its tail must end in the family's softmax and sigmoid.
  const OutputFacts& o = facts.outputs[0];
  return stride == 16 && (!facts.graph_read || o.has_tail_op("Softmax") || o.has_tail_op("Sigmoid"));
}

void fastestdet_defaults(const ModelFacts&, Card& card) {
  if (card.input.width == 0 || card.input.height == 0) card.input.width = card.input.height = 352;
  card.input.order = ColorOrder::kBGR;
  card.input.fit = Fit::kStretch;
  card.input.scale = {{1 / 255.f, 1 / 255.f, 1 / 255.f}};
  card.head_params["exponents"] = {0.6, 0.4};
  card.score_threshold = 0.25f;
  card.nms_iou = 0.45f;
}

class FastestDetHead : public Head {
 public:
  FastestDetHead(const Card& card, int grid_w, int grid_h, size_t classes, float obj_power, float class_power)
      : grid_w_(grid_w),
        grid_h_(grid_h),
        classes_(classes),
        obj_power_(obj_power),
        class_power_(class_power),
        width_(static_cast<float>(card.input.width)),
        height_(static_cast<float>(card.input.height)) {}
  size_t max_candidates() const override {
    return static_cast<size_t>(grid_w_) * static_cast<size_t>(grid_h_);
  }
  size_t classes() const override { return classes_; }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    const float* v = outputs[0].f32();
    const size_t cells = max_candidates();
    // The class factor is at most 1, so objectness alone rules most cells out; the margin covers rounding.
    const float least = threshold > 0 ? std::pow(threshold, 1 / obj_power_) * 0.999f : -1.f;
    for (size_t i = 0; i < cells; ++i) {
      const float objectness = v[i];
      if (!(objectness > least)) continue;
      size_t best = 0;
      for (size_t c = 1; c < classes_; ++c) {
        if (v[(5 + c) * cells + i] > v[(5 + best) * cells + i]) best = c;
      }
      const float score = std::pow(std::max(0.f, objectness), obj_power_) *
                          std::pow(std::max(0.f, v[(5 + best) * cells + i]), class_power_);
      if (!(score > threshold)) continue;
      const auto x = static_cast<float>(i % static_cast<size_t>(grid_w_));
      const auto y = static_cast<float>(i / static_cast<size_t>(grid_w_));
      const float cx = (std::tanh(v[cells + i]) + x) / static_cast<float>(grid_w_) * width_;
      const float cy = (std::tanh(v[2 * cells + i]) + y) / static_cast<float>(grid_h_) * height_;
      const float w = width_ / (1 + std::exp(-v[3 * cells + i]));
      const float h = height_ / (1 + std::exp(-v[4 * cells + i]));
      Detection d;
      d.box = {cx - 0.5f * w, cy - 0.5f * h, cx + 0.5f * w, cy + 0.5f * h};
      d.class_id = static_cast<int>(best);
      d.score = score;
      out.push_back(d);
    }
  }

 private:
  int grid_w_, grid_h_;
  size_t classes_;
  float obj_power_, class_power_, width_, height_;
};

Result<std::unique_ptr<Head>> fastestdet_create(const ModelFacts& facts, const Card& card) {
  if (!fastestdet_shape_ok(facts, card.input.width, card.input.height)) {
    return head_mismatch("fastestdet", facts, "it wants one output [1, 5+classes, height/s, width/s]");
  }
  const auto& s = facts.outputs[0].shape;
  const auto exponents = head_param(card, "exponents", {0.6, 0.4});
  if (exponents.size() != 2 || exponents[0] <= 0 || exponents[1] < 0) {
    return Status::bad_input("card.field",
                             "head_params.exponents must be two numbers, objectness and class power");
  }
  return std::unique_ptr<Head>(std::make_unique<FastestDetHead>(
      card, static_cast<int>(s[3]), static_cast<int>(s[2]), static_cast<size_t>(s[1] - 5),
      static_cast<float>(exponents[0]), static_cast<float>(exponents[1])));
}

}  // namespace

extern const HeadKind kFastestDetHead;
const HeadKind kFastestDetHead = {"fastestdet",
                                  "FastestDet: one output [1, 5+classes, h, w] on a grid of stride 16",
                                  fastestdet_recognise, fastestdet_defaults, fastestdet_create};

}  // namespace jetline
