// YuNet (faces with five landmarks): twelve outputs, for each of class score, objectness, box and landmarks
// one map a stride (8, 16, 32): [1, n, 1], [1, n, 1], [1, n, 4], [1, n, 10].
//   score = sqrt(class * objectness), both cut to 0..1
//   centre = (cell + offset) * stride, size = exp(value) * stride, landmark = (cell + value) * stride
// Source: Wu et al., "YuNet: A Tiny Millisecond-level Face Detector" (2023); ShiqiYu/libfacedetection.train
// (BGR levels 0..255, one scale anchored top left, zeros beyond); score as in OpenCV's FaceDetectorYN, whose
// defaults (score 0.9, NMS 0.3) are used. Landmarks: right eye, left eye, nose, right and left mouth corner.
#include <algorithm>
#include <array>
#include <cmath>

#include "jetline/vision/heads/head.h"

namespace jetline {
namespace {

constexpr std::array<int, 3> kYuNetStrides = {8, 16, 32};
constexpr std::array<int64_t, 4> kYuNetWidths = {1, 1, 4, 10};  // class, objectness, box, landmarks
constexpr std::array<const char*, 4> kYuNetNames = {"cls_", "obj_", "bbox_", "kps_"};
using YuNetOutputs = std::array<std::array<size_t, 3>, 4>;  // [kind][level] = output index

// By name where the names are the published ones, else by order. Cell counts are checked where they are
// known.
bool yunet_outputs(const ModelFacts& facts, int width, int height, YuNetOutputs& out) {
  if (facts.outputs.size() != 12) return false;
  const bool named = facts.output("cls_8") != nullptr;
  for (size_t kind = 0; kind < 4; ++kind) {
    for (size_t level = 0; level < 3; ++level) {
      size_t index = kind * 3 + level;
      if (named) {
        const OutputFacts* o = facts.output(kYuNetNames[kind] + std::to_string(kYuNetStrides[level]));
        if (!o) return false;
        index = static_cast<size_t>(o - facts.outputs.data());
      }
      const auto& s = facts.outputs[index].shape;
      if (s.size() != 3 || s[0] > 1 || s[2] != kYuNetWidths[kind]) return false;
      const int stride = kYuNetStrides[level];
      if (width > 0 && height > 0 && s[1] >= 0 &&
          s[1] != static_cast<int64_t>(width / stride) * (height / stride)) {
        return false;
      }
      out[kind][level] = index;
    }
  }
  return true;
}

bool yunet_recognise(const ModelFacts& facts) {
  const InputGeometry g = input_geometry(facts);
  YuNetOutputs unused;
  return yunet_outputs(facts, g.width, g.height, unused);
}

void yunet_defaults(const ModelFacts&, Card& card) {
  if (card.input.width == 0 || card.input.height == 0) card.input.width = card.input.height = 320;
  card.input.order = ColorOrder::kBGR;
  card.input.fit = Fit::kLetterboxTopLeft;
  card.input.pad = 0;
  card.labels = {"face"};
  card.head_params["strides"] = {8, 16, 32};
  card.score_threshold = 0.9f;
  card.nms_iou = 0.3f;
}

class YuNetHead : public Head {
 public:
  YuNetHead(const YuNetOutputs& outputs, int width, int height)
      : outputs_(outputs), width_(width), height_(height) {
    for (int s : kYuNetStrides) cells_ += static_cast<size_t>(width / s) * static_cast<size_t>(height / s);
  }
  size_t max_candidates() const override { return cells_; }
  size_t classes() const override { return 1; }

  void decode(Span<const TensorView> outputs, float threshold, std::vector<Detection>& out) const override {
    for (size_t level = 0; level < 3; ++level) {
      const auto stride = static_cast<float>(kYuNetStrides[level]);
      const auto cells_x = static_cast<size_t>(width_ / kYuNetStrides[level]);
      const size_t n = cells_x * static_cast<size_t>(height_ / kYuNetStrides[level]);
      const float* cls = outputs[outputs_[0][level]].f32();
      const float* obj = outputs[outputs_[1][level]].f32();
      const float* box = outputs[outputs_[2][level]].f32();
      const float* kps = outputs[outputs_[3][level]].f32();
      for (size_t i = 0; i < n; ++i) {
        const float score = std::sqrt(std::clamp(cls[i], 0.f, 1.f) * std::clamp(obj[i], 0.f, 1.f));
        if (!(score > threshold)) continue;
        const auto x = static_cast<float>(i % cells_x), y = static_cast<float>(i / cells_x);
        const float cx = (x + box[4 * i]) * stride, cy = (y + box[4 * i + 1]) * stride;
        const float w = std::exp(box[4 * i + 2]) * stride, h = std::exp(box[4 * i + 3]) * stride;
        Detection d;
        d.box = {cx - 0.5f * w, cy - 0.5f * h, cx + 0.5f * w, cy + 0.5f * h};
        d.score = score;
        d.landmark_count = 5;
        for (size_t k = 0; k < 5; ++k) {
          d.landmarks[k] = {(x + kps[10 * i + 2 * k]) * stride, (y + kps[10 * i + 2 * k + 1]) * stride};
        }
        out.push_back(d);
      }
    }
  }

 private:
  YuNetOutputs outputs_;
  int width_, height_;
  size_t cells_ = 0;
};

Result<std::unique_ptr<Head>> yunet_create(const ModelFacts& facts, const Card& card) {
  if (card.input.width % 32 != 0 || card.input.height % 32 != 0 || card.input.width <= 0 ||
      card.input.height <= 0) {
    return head_mismatch("yunet", facts, "its input must be a multiple of 32 in both directions");
  }
  YuNetOutputs outputs;
  if (!yunet_outputs(facts, card.input.width, card.input.height, outputs)) {
    return head_mismatch("yunet", facts, "it wants cls, obj, bbox and kps maps at strides 8, 16 and 32");
  }
  return std::unique_ptr<Head>(std::make_unique<YuNetHead>(outputs, card.input.width, card.input.height));
}

}  // namespace

extern const HeadKind kYuNetHead;
const HeadKind kYuNetHead = {"yunet", "YuNet: twelve outputs, cls/obj/bbox/kps at strides 8, 16, 32",
                             yunet_recognise, yunet_defaults, yunet_create};

}  // namespace jetline
