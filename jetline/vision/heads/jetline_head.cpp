// jetline's own detector, as `jetline export` writes it: one output `detections` [1, N, 4+C]; boxes x1, y1,
// x2, y2 already in pixels of the input, then C class scores after sigmoid. N counts the cells of the card's
// strides. The best class of each location counts. Input and thresholds are the card's.
#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

const std::vector<std::vector<double>> kJetlineStrides = {{16}, {8}, {8, 16}, {16, 32}, {8, 16, 32}, {32}, {4, 8, 16}};

const std::vector<double>* jetline_strides_of(const ModelFacts& facts, int width, int height) {
  if (facts.outputs.size() != 1) return nullptr;
  const auto& shape = facts.outputs[0].shape;
  if (shape.size() != 3 || shape[0] > 1 || shape[2] < 5 || width <= 0 || height <= 0) return nullptr;
  for (const auto& strides : kJetlineStrides) {
    if (shape[1] == grid_cells(width, height, strides)) return &strides;
  }
  return nullptr;
}

bool jetline_recognise(const ModelFacts& facts) {
  const InputGeometry g = input_geometry(facts);
  return facts.outputs.size() == 1 && facts.outputs[0].name == "detections" &&
         jetline_strides_of(facts, g.width, g.height) != nullptr;
}

void jetline_defaults(const ModelFacts& facts, Card& card) {
  if (card.input.width == 0 || card.input.height == 0) {
    card.input.width = 320;
    card.input.height = 240;
  }
  card.input.order = ColorOrder::kRGB;
  card.input.fit = Fit::kLetterbox;
  card.input.scale = {{1 / 255.f, 1 / 255.f, 1 / 255.f}};
  const auto* strides = jetline_strides_of(facts, card.input.width, card.input.height);
  if (strides) card.head_params["strides"] = *strides;
  card.score_threshold = 0.25f;
  card.nms_iou = 0.5f;
}

class JetlineHead : public Head {
 public:
  JetlineHead(size_t cells, size_t classes) : cells_(cells), classes_(classes) {}
  size_t max_candidates() const override { return cells_; }
  size_t classes() const override { return classes_; }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    const float* row = outputs[0].f32();
    for (size_t i = 0; i < cells_; ++i, row += 4 + classes_) {
      size_t best = 0;
      for (size_t c = 1; c < classes_; ++c) {
        if (row[4 + c] > row[4 + best]) best = c;
      }
      if (!(row[4 + best] > threshold)) continue;
      Detection d;
      d.box = {row[0], row[1], row[2], row[3]};
      d.class_id = static_cast<int>(best);
      d.score = row[4 + best];
      out.push_back(d);
    }
  }

 private:
  size_t cells_, classes_;
};

Result<std::unique_ptr<Head>> jetline_create(const ModelFacts& facts, const Card& card) {
  const char* wants = "it wants one output [1, locations, 4+classes]";
  if (facts.outputs.size() != 1) return head_mismatch("jetline", facts, wants);
  const auto& s = facts.outputs[0].shape;
  if (s.size() != 3 || s[0] != 1 || s[1] < 1 || s[2] < 5) return head_mismatch("jetline", facts, wants);
  const auto strides = head_param(card, "strides", {});
  if (!strides.empty()) {
    const int64_t cells = grid_cells(card.input.width, card.input.height, strides);
    if (cells != s[1]) {
      return head_mismatch(
          "jetline", facts,
          "the card's strides make " + std::to_string(cells) + " locations, not " + std::to_string(s[1]));
    }
  }
  return std::unique_ptr<Head>(
      std::make_unique<JetlineHead>(static_cast<size_t>(s[1]), static_cast<size_t>(s[2] - 4)));
}

}  // namespace

extern const HeadKind kJetlineHead;
const HeadKind kJetlineHead = {"jetline",
                               "jetline's own detector: one output `detections` [1, locations, 4+classes]",
                               jetline_recognise, jetline_defaults, jetline_create};

}  // namespace jetline
