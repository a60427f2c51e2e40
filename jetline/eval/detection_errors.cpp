#include "jetline/eval/detection_errors.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

struct DiagnosisTruth {
  std::array<double, 4> r;
  int class_id;
  bool counts;
  bool found;
};

double diagnosis_iou(const ScoredBox& d, const std::array<double, 4>& g) {
  const double w = std::min(d.x + d.w, g[0] + g[2]) - std::max(d.x, g[0]);
  const double h = std::min(d.y + d.h, g[1] + g[3]) - std::max(d.y, g[1]);
  if (w <= 0 || h <= 0) return 0;
  return w * h / (d.w * d.h + g[2] * g[3] - w * h);
}

enum class Drawer { kCorrect, kIgnored, kDuplicate, kLocalisation, kConfusion, kBackground };

// Detections of one image from the best to the worst: what one of them takes does not depend on those after
// it, so the drawers hold for every score threshold.
Drawer diagnosis_drawer(const ScoredBox& d, std::vector<DiagnosisTruth>& truths,
                        const MetricOptions& options) {
  DiagnosisTruth *free = nullptr, *ignored = nullptr;
  double free_iou = 0.5, ignored_iou = 0.5, taken_iou = 0, near_iou = 0, other_iou = 0;
  for (DiagnosisTruth& g : truths) {
    const double iou = diagnosis_iou(d, g.r);
    if (g.class_id != d.class_id) {
      if (g.counts) other_iou = std::max(other_iou, iou);
    } else if (!g.counts) {
      if (iou >= ignored_iou) ignored_iou = iou, ignored = &g;
    } else if (g.found) {
      taken_iou = std::max(taken_iou, iou);
    } else {
      if (iou >= free_iou) free_iou = iou, free = &g;
      near_iou = std::max(near_iou, iou);
    }
  }
  if (free) {
    free->found = true;
    return Drawer::kCorrect;
  }
  if (ignored || d.h < options.min_height) return Drawer::kIgnored;
  if (taken_iou >= 0.5) return Drawer::kDuplicate;
  if (other_iou >= 0.5) return Drawer::kConfusion;
  return std::max(near_iou, taken_iou) >= 0.1 ? Drawer::kLocalisation : Drawer::kBackground;
}

}  // namespace

DetectionErrors find_detection_errors(const Dataset& truth, const ScoredBoxesPerImage& detections,
                                      const MetricOptions& options, double score) {
  DetectionErrors out;
  std::vector<std::pair<double, Drawer>> all;
  for (size_t i = 0; i < truth.images.size(); ++i) {
    std::vector<DiagnosisTruth> truths;
    for (const LabelledBox& b : truth.images[i].boxes) {
      const std::array<double, 4> r = exact_xywh(b);
      const bool counts = !b.crowd && !b.difficult && r[3] >= options.min_height;
      truths.push_back({r, b.class_id, counts, false});
      out.truths += counts;
    }
    if (i >= detections.size()) continue;
    std::vector<const ScoredBox*> sorted;
    for (const ScoredBox& d : detections[i]) {
      if (!std::isnan(d.score)) sorted.push_back(&d);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* a, const auto* b) { return a->score > b->score; });
    for (const ScoredBox* d : sorted) all.emplace_back(d->score, diagnosis_drawer(*d, truths, options));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (score < 0) {
    double tp = 0, fp = 0, best = -1;
    for (size_t i = 0; i < all.size(); ++i) {
      tp += all[i].second == Drawer::kCorrect;
      fp += all[i].second != Drawer::kCorrect && all[i].second != Drawer::kIgnored;
      const double f1 = 2 * tp / (tp + fp + static_cast<double>(out.truths));
      const bool last_of_score = i + 1 == all.size() || all[i + 1].first != all[i].first;
      if (last_of_score && f1 > best) best = f1, score = all[i].first;
    }
  }
  out.score = std::max(0.0, score);
  for (const auto& [s, drawer] : all) {
    if (s < out.score) break;
    out.correct += drawer == Drawer::kCorrect;
    out.duplicate += drawer == Drawer::kDuplicate;
    out.localisation += drawer == Drawer::kLocalisation;
    out.confusion += drawer == Drawer::kConfusion;
    out.background += drawer == Drawer::kBackground;
  }
  out.missed = out.truths - out.correct;
  const auto wrong = static_cast<double>(out.duplicate + out.localisation + out.confusion + out.background);
  const auto right = static_cast<double>(out.correct);
  out.precision = right + wrong > 0 ? right / (right + wrong) : 0;
  out.recall = out.truths > 0 ? right / static_cast<double>(out.truths) : 0;
  out.f1 = out.precision + out.recall > 0 ? 2 * out.precision * out.recall / (out.precision + out.recall) : 0;
  return out;
}

}  // namespace jetline
