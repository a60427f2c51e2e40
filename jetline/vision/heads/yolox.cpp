// YOLOX: one output [1, N, 5+C]; each row is cx, cy, w, h, objectness, C class scores, both scores after
// sigmoid in the graph. N counts the cells of strides 8, 16, 32 (64 too for the P6 models), row by row. Two
// forms: the box as grid offsets and log sizes (the usual export), or decoded to pixels in the graph (an Exp
// in the tail).
//   centre = (offset + cell) * stride, size = exp(value) * stride, score = objectness * best class score
// Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", and the authors' demo
// (Megvii-BaseDetection/YOLOX, release 0.1.1 and later: BGR levels 0..255, one scale anchored top left,
// padding 114, score 0.3, NMS 0.45).
#include <cmath>

#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

const std::vector<std::vector<double>> kYoloxStrides = {{8, 16, 32}, {8, 16, 32, 64}};

const std::vector<double>* yolox_strides_of(const ModelFacts& facts, int width, int height) {
  if (facts.outputs.size() != 1) return nullptr;
  const auto& shape = facts.outputs[0].shape;
  if (shape.size() != 3 || shape[0] > 1 || shape[2] < 6 || width <= 0 || height <= 0) return nullptr;
  for (const auto& strides : kYoloxStrides) {
    if (shape[1] == grid_cells(width, height, strides)) return &strides;
  }
  return nullptr;
}

bool yolox_recognise(const ModelFacts& facts) {
  const InputGeometry g = input_geometry(facts);
  return yolox_strides_of(facts, g.width, g.height) != nullptr;
}

void yolox_defaults(const ModelFacts& facts, Card& card) {
  if (card.input.width == 0 || card.input.height == 0) card.input.width = card.input.height = 416;
  card.input.order = ColorOrder::kBGR;
  card.input.fit = Fit::kLetterboxTopLeft;
  card.input.pad = 114;
  const auto* strides = yolox_strides_of(facts, card.input.width, card.input.height);
  card.head_params["strides"] = strides ? *strides : kYoloxStrides[0];
  const bool decoded = !facts.outputs.empty() && facts.outputs[0].has_tail_op("Exp");
  card.head_params["decoded"] = {decoded ? 1.0 : 0.0};
  card.score_threshold = 0.3f;
  card.nms_iou = 0.45f;
}

class YoloxHead : public Head {
 public:
  YoloxHead(int width, int height, const std::vector<double>& strides, bool decoded, size_t classes)
      : decoded_(decoded), classes_(classes) {
    for (double s : strides) {
      const int cells_x = static_cast<int>(std::ceil(width / s)),
                cells_y = static_cast<int>(std::ceil(height / s));
      for (int y = 0; y < cells_y; ++y) {
        for (int x = 0; x < cells_x; ++x) {
          cells_.push_back({static_cast<float>(x), static_cast<float>(y), static_cast<float>(s)});
        }
      }
    }
  }
  size_t max_candidates() const override { return cells_.size(); }
  size_t classes() const override { return classes_; }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    const float* row = outputs[0].f32();
    const size_t width = 5 + classes_;
    for (size_t i = 0; i < cells_.size(); ++i, row += width) {
      if (!(row[4] > threshold)) continue;  // class scores are at most 1; also drops NaN
      size_t best = 0;
      for (size_t c = 1; c < classes_; ++c) {
        if (row[5 + c] > row[5 + best]) best = c;
      }
      const float score = row[4] * row[5 + best];
      if (!(score > threshold)) continue;
      float cx = row[0], cy = row[1], w = row[2], h = row[3];
      if (!decoded_) {
        cx = (cx + cells_[i].x) * cells_[i].stride;
        cy = (cy + cells_[i].y) * cells_[i].stride;
        w = std::exp(w) * cells_[i].stride;
        h = std::exp(h) * cells_[i].stride;
      }
      Detection d;
      d.box = {cx - 0.5f * w, cy - 0.5f * h, cx + 0.5f * w, cy + 0.5f * h};
      d.class_id = static_cast<int>(best);
      d.score = score;
      out.push_back(d);
    }
  }

 private:
  struct YoloxCell {
    float x, y, stride;
  };
  std::vector<YoloxCell> cells_;
  bool decoded_;
  size_t classes_;
};

Result<std::unique_ptr<Head>> yolox_create(const ModelFacts& facts, const Card& card) {
  if (facts.outputs.size() != 1)
    return head_mismatch("yolox", facts, "it wants one output [1, cells, 5+classes]");
  const auto& shape = facts.outputs[0].shape;
  if (shape.size() != 3 || shape[0] != 1 || shape[2] < 6) {
    return head_mismatch("yolox", facts, "it wants one output [1, cells, 5+classes]");
  }
  const auto strides = head_param(card, "strides", kYoloxStrides[0]);
  const int64_t cells = grid_cells(card.input.width, card.input.height, strides);
  if (cells != shape[1]) {
    return head_mismatch("yolox", facts,
                         "an input of " + std::to_string(card.input.width) + "x" +
                             std::to_string(card.input.height) + " has " + std::to_string(cells) +
                             " cells at its strides, not " + std::to_string(shape[1]));
  }
  return std::unique_ptr<Head>(std::make_unique<YoloxHead>(card.input.width, card.input.height, strides,
                                                           head_number(card, "decoded", 0) != 0,
                                                           static_cast<size_t>(shape[2] - 5)));
}

}  // namespace

extern const HeadKind kYoloxHead;
const HeadKind kYoloxHead = {"yolox", "YOLOX: one output [1, cells, 5+classes]", yolox_recognise,
                             yolox_defaults, yolox_create};

}  // namespace jetline
