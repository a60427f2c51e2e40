#include "jetline/train/validate.h"

#include <algorithm>
#include <cmath>

#include "jetline/vision/nms.h"

namespace jetline {

std::vector<Detection> decode_predictions(Span<const Anchor> anchors, const float* p, int classes,
                                          const CachedImage& image, const DecodeOptions& options) {
  std::vector<Detection> candidates, kept;
  const float logit = std::log(options.score_threshold / (1 - options.score_threshold));
  for (size_t i = 0; i < anchors.size(); ++i, p += 4 + classes) {
    for (int c = 0; c < classes; ++c) {
      if (p[4 + c] < logit) continue;
      Detection d;
      d.box = image.geometry.to_image(decode_box(anchors[i], p), image.width, image.height);
      d.class_id = c;
      d.score = 1 / (1 + std::exp(-p[4 + c]));
      candidates.push_back(d);
    }
  }
  Nms nms;
  nms.run(candidates, options.nms_iou, static_cast<size_t>(options.max_detections), kept);
  return kept;
}

Result<std::vector<std::vector<Detection>>> detect_all(NetBackend& backend, const NetSpec& net,
                                                       const ImageCache& cache, const InputSpec& spec,
                                                       const DecodeOptions& options,
                                                       const CancelToken& cancel) {
  constexpr size_t kBatch = 16;
  const std::vector<Anchor> anchors = make_anchors(net, spec.width, spec.height);
  const size_t values = size_t{3} * static_cast<size_t>(spec.width) * static_cast<size_t>(spec.height);
  std::vector<float> images(values * kBatch), predictions;
  std::vector<std::vector<Detection>> all;
  const auto& cached = cache.images();
  for (size_t first = 0; first < cached.size(); first += kBatch) {
    if (cancel.cancelled()) return Status::cancelled();
    const size_t n = std::min(kBatch, cached.size() - first);
    for (size_t i = 0; i < n; ++i) place_unchanged(cached[first + i], spec, images.data() + values * i);
    JETLINE_RETURN_IF_ERROR(
        backend.forward(images.data(), static_cast<int>(n), spec.height, spec.width, false, predictions));
    const size_t per_image = anchors.size() * (4 + static_cast<size_t>(net.classes));
    for (size_t i = 0; i < n; ++i) {
      all.push_back(decode_predictions(anchors, predictions.data() + per_image * i, net.classes,
                                       cached[first + i], options));
    }
  }
  return all;
}

float best_f1_threshold(const Dataset& truth, const std::vector<std::vector<Detection>>& detections,
                        float fallback) {
  struct Judged {
    float score;
    bool right;
  };
  std::vector<Judged> judged;
  double truths = 0;
  for (size_t i = 0; i < truth.images.size() && i < detections.size(); ++i) {
    const auto& boxes = truth.images[i].boxes;
    std::vector<char> taken(boxes.size(), 0);
    for (const LabelledBox& b : boxes) truths += !b.crowd && !b.difficult;
    for (const Detection& d : detections[i]) {  // best first
      int best = -1;
      float overlap = 0.5f;
      for (size_t k = 0; k < boxes.size(); ++k) {
        if (taken[k] || boxes[k].class_id != d.class_id) continue;
        const float v = iou(d.box, boxes[k].box);
        if (v >= overlap) {
          overlap = v;
          best = static_cast<int>(k);
        }
      }
      if (best >= 0) {
        const LabelledBox& b = boxes[static_cast<size_t>(best)];
        if (b.crowd || b.difficult) continue;  // neither right nor wrong
        taken[static_cast<size_t>(best)] = 1;
      }
      judged.push_back({d.score, best >= 0});
    }
  }
  std::stable_sort(judged.begin(), judged.end(),
                   [](const Judged& a, const Judged& b) { return a.score > b.score; });
  double right = 0, best_f1 = 0;
  float threshold = fallback;
  for (size_t i = 0; i < judged.size(); ++i) {
    right += judged[i].right;
    const float next = i + 1 < judged.size() ? judged[i + 1].score : 0.f;
    if (next == judged[i].score) continue;  // a threshold cannot tell equals apart
    const double f1 = 2 * right / (static_cast<double>(i + 1) + truths);
    if (f1 > best_f1) {
      best_f1 = f1;
      threshold = std::min(std::max((judged[i].score + next) / 2, 0.05f), 0.9f);
    }
  }
  return threshold;
}

}  // namespace jetline
