// UltraFace (slim and RFB): `scores` [1, N, 2] (background, face; after softmax) and `boxes` [1, N, 4], one
// row an anchor. Anchors: strides 8, 16, 32, 64 with square sizes {10,16,24}, {32,48}, {64,96}, {128,192,256}
// px centred in each cell, all cut to the image. Two forms: boxes decoded in the graph to corners over the
// input size (an Exp in the tail), or raw SSD offsets (exported "without postprocessing", and the simplified
// file):
//   centre = anchor + v * 0.1 * anchor size, size = exp(v * 0.2) * anchor size
// The published OpenCV sample places anchors by the stride itself, which shifts large faces by some pixels;
// here they lie as in training and in the file decoded in the graph (a test holds the three files against
// each other). Source: Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB (vision/ssd/config/fd_config.py,
// box_utils.py, detect_imgs_onnx.py): RGB, (level - 127) / 128, plain resize, score 0.7, NMS 0.3.
#include <algorithm>
#include <cmath>

#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

struct UltraFaceAnchor {
  float cx, cy, w, h;  // fractions of the input
};

std::vector<UltraFaceAnchor> ultraface_anchors(int width, int height) {
  static const struct {
    double stride;
    std::vector<double> sizes;
  } kLevels[] = {{8, {10, 16, 24}}, {16, {32, 48}}, {32, {64, 96}}, {64, {128, 192, 256}}};
  const auto cut = [](double v) { return static_cast<float>(std::clamp(v, 0.0, 1.0)); };
  std::vector<UltraFaceAnchor> anchors;
  for (const auto& level : kLevels) {
    const int cells_x = static_cast<int>(std::ceil(width / level.stride));
    const int cells_y = static_cast<int>(std::ceil(height / level.stride));
    for (int y = 0; y < cells_y; ++y) {
      for (int x = 0; x < cells_x; ++x) {
        for (double size : level.sizes) {
          // The authors' training divides by the rounded-up number of cells: where the stride does not divide
          // the side, cells lie a little closer than the stride (60 instead of 64 for 240 pixels).
          anchors.push_back(
              {cut((x + 0.5) / cells_x), cut((y + 0.5) / cells_y), cut(size / width), cut(size / height)});
        }
      }
    }
  }
  return anchors;
}

int64_t ultraface_anchor_count(int width, int height) {
  int64_t n = 0;
  const std::pair<int, int> levels[] = {{8, 3}, {16, 2}, {32, 2}, {64, 3}};
  for (const auto& [stride, sizes] : levels) {
    n += static_cast<int64_t>((width + stride - 1) / stride) * ((height + stride - 1) / stride) * sizes;
  }
  return n;
}

bool ultraface_outputs(const ModelFacts& facts, int width, int height, size_t& scores, size_t& boxes) {
  if (facts.outputs.size() != 2) return false;
  const auto width_of = [&](size_t i) {
    return facts.outputs[i].shape.size() == 3 ? facts.outputs[i].shape[2] : -1;
  };
  scores = width_of(0) == 2 ? 0 : 1;
  boxes = 1 - scores;
  if (width_of(scores) != 2 || width_of(boxes) != 4) return false;
  for (size_t i = 0; i < 2; ++i) {
    if (facts.outputs[i].shape[0] > 1) return false;
    if (width > 0 && height > 0 && facts.outputs[i].shape[1] >= 0 &&
        facts.outputs[i].shape[1] != ultraface_anchor_count(width, height)) {
      return false;
    }
  }
  return true;
}

bool ultraface_recognise(const ModelFacts& facts) {
  const InputGeometry g = input_geometry(facts);
  size_t scores, boxes;
  return g.channels == 3 && ultraface_outputs(facts, g.width, g.height, scores, boxes);
}

void ultraface_defaults(const ModelFacts& facts, Card& card) {
  if (card.input.width == 0 || card.input.height == 0) {
    card.input.width = 320;
    card.input.height = 240;
  }
  card.input.order = ColorOrder::kRGB;
  card.input.fit = Fit::kStretch;
  card.input.mean = {{127, 127, 127}};
  card.input.scale = {{1 / 128.f, 1 / 128.f, 1 / 128.f}};
  card.labels = {"face"};
  size_t scores, boxes;
  bool decoded = true;  // without a look at the graph: the authors' first export
  if (facts.graph_read && ultraface_outputs(facts, 0, 0, scores, boxes))
    decoded = facts.outputs[boxes].has_tail_op("Exp");
  card.head_params["decoded"] = {decoded ? 1.0 : 0.0};
  card.head_params["variances"] = {0.1, 0.2};
  card.score_threshold = 0.7f;
  card.nms_iou = 0.3f;
}

class UltraFaceHead : public Head {
 public:
  UltraFaceHead(const Card& card, size_t scores, size_t boxes, size_t count, bool decoded, double centre,
                double size)
      : scores_(scores),
        boxes_(boxes),
        count_(count),
        width_(static_cast<float>(card.input.width)),
        height_(static_cast<float>(card.input.height)),
        centre_(static_cast<float>(centre)),
        size_(static_cast<float>(size)) {
    if (!decoded) anchors_ = ultraface_anchors(card.input.width, card.input.height);
  }
  size_t max_candidates() const override { return count_; }
  size_t classes() const override { return 1; }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    const float* scores = outputs[scores_].f32();
    const float* boxes = outputs[boxes_].f32();
    for (size_t i = 0; i < count_; ++i) {
      const float score = scores[2 * i + 1];
      if (!(score > threshold)) continue;
      const float* v = boxes + 4 * i;
      Detection d;
      d.score = score;
      if (anchors_.empty()) {
        d.box = {v[0] * width_, v[1] * height_, v[2] * width_, v[3] * height_};
      } else {
        const UltraFaceAnchor& a = anchors_[i];
        const float cx = v[0] * centre_ * a.w + a.cx, cy = v[1] * centre_ * a.h + a.cy;
        const float w = std::exp(v[2] * size_) * a.w, h = std::exp(v[3] * size_) * a.h;
        d.box = {(cx - w / 2) * width_, (cy - h / 2) * height_, (cx + w / 2) * width_,
                 (cy + h / 2) * height_};
      }
      out.push_back(d);
    }
  }

 private:
  size_t scores_, boxes_, count_;
  float width_, height_, centre_, size_;
  std::vector<UltraFaceAnchor> anchors_;  // empty: decoded in the graph
};

Result<std::unique_ptr<Head>> ultraface_create(const ModelFacts& facts, const Card& card) {
  size_t scores, boxes;
  if (!ultraface_outputs(facts, card.input.width, card.input.height, scores, boxes) ||
      facts.outputs[scores].shape[1] < 0 || facts.outputs[boxes].shape[1] != facts.outputs[scores].shape[1]) {
    return head_mismatch("ultraface", facts,
                         "it wants scores [1, " +
                             std::to_string(ultraface_anchor_count(card.input.width, card.input.height)) +
                             ", 2] and boxes of the same count");
  }
  const auto variances = head_param(card, "variances", {0.1, 0.2});
  if (variances.size() != 2)
    return Status::bad_input("card.field", "head_params.variances must be two numbers");
  return std::unique_ptr<Head>(std::make_unique<UltraFaceHead>(
      card, scores, boxes, static_cast<size_t>(facts.outputs[scores].shape[1]),
      head_number(card, "decoded", 1) != 0, variances[0], variances[1]));
}

}  // namespace

extern const HeadKind kUltraFaceHead;
const HeadKind kUltraFaceHead = {"ultraface", "UltraFace: scores [1, anchors, 2] and boxes [1, anchors, 4]",
                                 ultraface_recognise, ultraface_defaults, ultraface_create};

}  // namespace jetline
