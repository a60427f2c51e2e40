#include "jetline/train/assign.h"

#include <algorithm>
#include <cmath>

namespace jetline {

const std::vector<Assigned>& Assigner::assign(Span<const Anchor> anchors, const float* predictions,
                                              int classes, Span<const TrainBox> truths) {
  const int values = 4 + classes;
  owner_.assign(anchors.size(), -1);
  taken_.clear();
  for (size_t g = 0; g < truths.size(); ++g) {
    const Box& t = truths[g].box;
    const float cx = (t.x1 + t.x2) / 2, cy = (t.y1 + t.y2) / 2;
    candidates_.clear();
    for (size_t i = 0; i < anchors.size(); ++i) {
      const Anchor& a = anchors[i];
      const bool inside = std::fabs(a.x - cx) < std::max(t.width() / 2, a.stride) &&
                          std::fabs(a.y - cy) < std::max(t.height() / 2, a.stride);
      if (!inside) continue;
      const float* p = predictions + static_cast<int64_t>(i) * values;
      // A floor keeps the ranking alive while a fresh network overlaps nothing.
      const float overlap = std::max(iou(decode_box(a, p), t), 0.01f);
      const float score = 1 / (1 + std::exp(-p[4 + truths[g].class_id]));
      const float metric = std::pow(score, options_.alpha) * std::pow(overlap, options_.beta);
      candidates_.push_back({metric, overlap, static_cast<int32_t>(i)});
    }
    const size_t k = std::min(candidates_.size(), static_cast<size_t>(options_.top_k));
    std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(k),
                      candidates_.end(), [](const Candidate& a, const Candidate& b) {
                        return a.metric != b.metric ? a.metric > b.metric : a.position < b.position;
                      });
    for (size_t c = 0; c < k; ++c) {
      const Taken now = {candidates_[c].position, static_cast<int32_t>(g), candidates_[c].metric,
                         candidates_[c].iou};
      int32_t& owner = owner_[static_cast<size_t>(now.position)];
      if (owner < 0) {
        owner = static_cast<int32_t>(taken_.size());
        taken_.push_back(now);
      } else if (now.iou > taken_[static_cast<size_t>(owner)].iou) {
        taken_[static_cast<size_t>(owner)] = now;
      }
    }
  }
  // Normalise over what each box kept.
  std::vector<float> best_metric(truths.size(), 0.f), best_iou(truths.size(), 0.f);
  for (const Taken& t : taken_) {
    best_metric[static_cast<size_t>(t.truth)] = std::max(best_metric[static_cast<size_t>(t.truth)], t.metric);
    best_iou[static_cast<size_t>(t.truth)] = std::max(best_iou[static_cast<size_t>(t.truth)], t.iou);
  }
  result_.clear();
  for (const Taken& t : taken_) {
    const float best = best_metric[static_cast<size_t>(t.truth)];
    const float target = best > 0 ? t.metric / best * best_iou[static_cast<size_t>(t.truth)] : 0;
    result_.push_back({t.position, t.truth, target});
  }
  std::sort(result_.begin(), result_.end(),
            [](const Assigned& a, const Assigned& b) { return a.position < b.position; });
  return result_;
}

}  // namespace jetline
