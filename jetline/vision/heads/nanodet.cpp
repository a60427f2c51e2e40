// NanoDet (generalised focal loss): per stride a class map [1, n, C] and a distance map [1, n, 4*(R+1)], each
// side of the box a discrete distribution over 0..R whose mean, in strides, is the distance from the cell's
// centre. Two forms: one pair of outputs a stride (NanoDet-m), or one output [1, N, C+4*(R+1)]
// (NanoDet-Plus).
//   distance = stride * sum_k k*softmax(v)_k, centre = (cell + offset) * stride
// with offset 0.5 for NanoDet-m and 0 for Plus. Class scores are after sigmoid in published exports; where
// the tail has no Sigmoid it is applied here. Source: Li et al., "Generalized Focal Loss" (2020);
// RangiLyu/nanodet (gfl_head.py, nanodet_plus_head.py, config/): BGR, mean 103.53 116.28 123.675,
// std 57.375 57.12 58.395; m keeps the aspect ratio (centred, zeros around), Plus stretches; score 0.35, NMS
// 0.6.
#include <algorithm>
#include <array>
#include <cmath>

#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

constexpr size_t kNanoDetMaxBins = 33;

struct NanoDetLevel {
  size_t scores = 0, distances = 0;  // output indices; equal for the single-output form
  double stride = 0;
  int cells_x = 0, cells_y = 0;
};
struct NanoDetLayout {
  std::vector<NanoDetLevel> levels;
  size_t classes = 0, bins = 0;
  bool single = false;
};

// Pairs of outputs by number of cells; the map whose width is 4*bins is the distances. Where both could be,
// the name decides ("dis"), else the later output.
bool nanodet_pairs(const ModelFacts& facts, int width, int height, const std::vector<double>& strides,
                   size_t bins, NanoDetLayout& out) {
  if (facts.outputs.size() != 2 * strides.size()) return false;
  std::vector<bool> used(facts.outputs.size(), false);
  for (double stride : strides) {
    NanoDetLevel level;
    level.stride = stride;
    level.cells_x = static_cast<int>(std::ceil(width / stride));
    level.cells_y = static_cast<int>(std::ceil(height / stride));
    std::vector<size_t> found;
    for (size_t i = 0; i < facts.outputs.size(); ++i) {
      const auto& s = facts.outputs[i].shape;
      if (used[i] || s.size() != 3 || s[0] > 1 || s[2] < 1) continue;
      if (s[1] == static_cast<int64_t>(level.cells_x) * level.cells_y) found.push_back(i);
    }
    if (found.size() != 2) return false;
    const auto could_be_distances = [&](size_t i) {
      return facts.outputs[i].shape[2] == static_cast<int64_t>(4 * bins);
    };
    size_t d = could_be_distances(found[1]) ? 1 : 0;
    if (could_be_distances(found[0]) && could_be_distances(found[1]) &&
        facts.outputs[found[0]].name.find("dis") != std::string::npos) {
      d = 0;
    }
    level.distances = found[d];
    level.scores = found[1 - d];
    if (!could_be_distances(level.distances)) return false;
    const auto classes = static_cast<size_t>(facts.outputs[level.scores].shape[2]);
    if (!out.levels.empty() && classes != out.classes) return false;
    out.classes = classes;
    used[found[0]] = used[found[1]] = true;
    out.levels.push_back(level);
  }
  out.bins = bins;
  return true;
}

bool nanodet_single(const ModelFacts& facts, int width, int height, const std::vector<double>& strides,
                    size_t bins, NanoDetLayout& out) {
  if (facts.outputs.size() != 1) return false;
  const auto& s = facts.outputs[0].shape;
  if (s.size() != 3 || s[0] > 1 || s[1] != grid_cells(width, height, strides)) return false;
  if (s[2] <= static_cast<int64_t>(4 * bins)) return false;
  out.classes = static_cast<size_t>(s[2]) - 4 * bins;
  out.bins = bins;
  out.single = true;
  for (double stride : strides) {
    out.levels.push_back({0, 0, stride, static_cast<int>(std::ceil(width / stride)),
                          static_cast<int>(std::ceil(height / stride))});
  }
  return true;
}

const std::vector<double> kNanoDetStrides = {8, 16, 32};
const std::vector<double> kNanoDetPlusStrides = {8, 16, 32, 64};

// Distances of 8 bins (R = 7) in every published model. The single-output form is recognised only with four
// strides: with three it cannot be told from YOLOX.
bool nanodet_recognise(const ModelFacts& facts) {
  const InputGeometry g = input_geometry(facts);
  if (g.width <= 0 || g.height <= 0) return false;
  NanoDetLayout pairs, single;
  if (nanodet_pairs(facts, g.width, g.height, kNanoDetStrides, 8, pairs)) return true;
  // YOLOX-P6 has the same four strides and one output too, but is made for large inputs; NanoDet-Plus is
  // published at 320 and 416.
  return g.width <= 640 && nanodet_single(facts, g.width, g.height, kNanoDetPlusStrides, 8, single);
}

void nanodet_defaults(const ModelFacts& facts, Card& card) {
  if (card.input.width == 0 || card.input.height == 0) card.input.width = card.input.height = 320;
  const bool plus = facts.outputs.size() == 1;
  card.input.order = ColorOrder::kBGR;
  card.input.fit = plus ? Fit::kStretch : Fit::kLetterbox;
  card.input.pad = 0;
  card.input.mean = {{103.53f, 116.28f, 123.675f}};
  card.input.scale = {{1 / 57.375f, 1 / 57.12f, 1 / 58.395f}};
  card.head_params["strides"] = plus ? kNanoDetPlusStrides : kNanoDetStrides;
  card.head_params["bins"] = {8};
  card.head_params["cell_offset"] = {plus ? 0.0 : 0.5};
  bool sigmoid_done = true;
  if (facts.graph_read) {
    sigmoid_done = false;
    for (const OutputFacts& o : facts.outputs) sigmoid_done = sigmoid_done || o.has_tail_op("Sigmoid");
  }
  card.head_params["sigmoid_done"] = {sigmoid_done ? 1.0 : 0.0};
  card.score_threshold = 0.35f;
  card.nms_iou = 0.6f;
}

float nanodet_sigmoid(float v) {
  return 1 / (1 + std::exp(-v));
}

class NanoDetHead : public Head {
 public:
  NanoDetHead(NanoDetLayout layout, float offset, bool sigmoid_done)
      : layout_(std::move(layout)), offset_(offset), sigmoid_done_(sigmoid_done) {
    for (const NanoDetLevel& l : layout_.levels)
      cells_ += static_cast<size_t>(l.cells_x) * static_cast<size_t>(l.cells_y);
  }
  size_t max_candidates() const override { return cells_; }
  size_t classes() const override { return layout_.classes; }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    const size_t row = layout_.single ? layout_.classes + 4 * layout_.bins : 0;
    size_t first = 0;  // first cell of the level in the single-output form
    for (const NanoDetLevel& level : layout_.levels) {
      const size_t n = static_cast<size_t>(level.cells_x) * static_cast<size_t>(level.cells_y);
      for (size_t i = 0; i < n; ++i) {
        const float* scores;
        const float* distances;
        if (layout_.single) {
          scores = outputs[0].f32() + (first + i) * row;
          distances = scores + layout_.classes;
        } else {
          scores = outputs[level.scores].f32() + i * layout_.classes;
          distances = outputs[level.distances].f32() + i * 4 * layout_.bins;
        }
        size_t best = 0;
        for (size_t c = 1; c < layout_.classes; ++c) {
          if (scores[c] > scores[best]) best = c;
        }
        const float score = sigmoid_done_ ? scores[best] : nanodet_sigmoid(scores[best]);
        if (!(score > threshold)) continue;
        const auto stride = static_cast<float>(level.stride);
        const float cx = (static_cast<float>(i % static_cast<size_t>(level.cells_x)) + offset_) * stride;
        const float cy = (static_cast<float>(i / static_cast<size_t>(level.cells_x)) + offset_) * stride;
        float side[4];
        for (size_t k = 0; k < 4; ++k) side[k] = mean_of(distances + k * layout_.bins) * stride;
        Detection d;
        d.box = {cx - side[0], cy - side[1], cx + side[2], cy + side[3]};
        d.class_id = static_cast<int>(best);
        d.score = score;
        out.push_back(d);
      }
      first += n;
    }
  }

 private:
  // Expectation of the bin number under softmax(v).
  float mean_of(const float* v) const {
    float top = v[0];
    for (size_t k = 1; k < layout_.bins; ++k) top = std::max(top, v[k]);
    float sum = 0, weighted = 0;
    for (size_t k = 0; k < layout_.bins; ++k) {
      const float e = std::exp(v[k] - top);
      sum += e;
      weighted += e * static_cast<float>(k);
    }
    return weighted / sum;
  }

  NanoDetLayout layout_;
  float offset_;
  bool sigmoid_done_;
  size_t cells_ = 0;
};

Result<std::unique_ptr<Head>> nanodet_create(const ModelFacts& facts, const Card& card) {
  const auto strides = head_param(card, "strides", kNanoDetStrides);
  const double bins = head_number(card, "bins", 8);
  if (bins < 2 || bins > static_cast<double>(kNanoDetMaxBins)) {
    return Status::bad_input("card.field", "head_params.bins must be 2 to 33");
  }
  for (double s : strides) {
    if (s < 1) return Status::bad_input("card.field", "head_params.strides must be numbers from 1");
  }
  NanoDetLayout pairs, single;
  const auto n = static_cast<size_t>(bins);
  const auto offset = static_cast<float>(head_number(card, "cell_offset", 0.5));
  const bool done = head_number(card, "sigmoid_done", 1) != 0;
  if (nanodet_pairs(facts, card.input.width, card.input.height, strides, n, pairs)) {
    return std::unique_ptr<Head>(std::make_unique<NanoDetHead>(std::move(pairs), offset, done));
  }
  if (nanodet_single(facts, card.input.width, card.input.height, strides, n, single)) {
    return std::unique_ptr<Head>(std::make_unique<NanoDetHead>(std::move(single), offset, done));
  }
  return head_mismatch("nanodet", facts,
                       "it wants per stride [1, cells, classes] and [1, cells, 4*bins], or both in one");
}

}  // namespace

extern const HeadKind kNanoDetHead;
const HeadKind kNanoDetHead = {
    "nanodet", "NanoDet: per stride [1, cells, classes] and [1, cells, 32], or Plus's one output",
    nanodet_recognise, nanodet_defaults, nanodet_create};

}  // namespace jetline
