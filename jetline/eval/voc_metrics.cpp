#include <algorithm>
#include <cmath>

#include "jetline/eval/metrics.h"

namespace jetline {
namespace {

struct VocTruth {
  double x, y, w, h;
  bool counts;  // neither difficult nor crowd nor too low
  bool found = false;
};

double voc_overlap(const ScoredBox& d, const VocTruth& g) {
  const double w = std::min(d.x + d.w, g.x + g.w) - std::max(d.x, g.x);
  const double h = std::min(d.y + d.h, g.y + g.h) - std::max(d.y, g.y);
  if (w <= 0 || h <= 0) return 0;
  return w * h / (d.w * d.h + g.w * g.h - w * h);
}

struct VocCurve {
  std::vector<double> recall, precision;
};

double voc_ap(const VocCurve& c, VocInterpolation interpolation) {
  const size_t n = c.recall.size();
  if (interpolation == VocInterpolation::k11Point) {
    // VOC 2007: mean of the highest precision at recall 0, 0.1 ... 1 (Everingham et al., IJCV 2010, eq. 1).
    double sum = 0;
    for (int k = 0; k <= 10; ++k) {
      double best = 0;
      for (size_t i = 0; i < n; ++i) {
        if (c.recall[i] >= k / 10.0) best = std::max(best, c.precision[i]);
      }
      sum += best;
    }
    return sum / 11;
  }
  // VOC 2010 on: area under the curve made monotonous from the right.
  std::vector<double> p = c.precision;
  for (size_t i = n; i-- > 1;) p[i - 1] = std::max(p[i - 1], p[i]);
  double area = 0, before = 0;
  for (size_t i = 0; i < n; ++i) {
    area += (c.recall[i] - before) * p[i];
    before = c.recall[i];
  }
  return area;
}

class VocClass {
 public:
  VocClass(const Dataset& truth, const ScoredBoxesPerImage& detections, int class_id,
           const MetricOptions& options) {
    truths_.resize(truth.images.size());
    for (size_t i = 0; i < truth.images.size(); ++i) {
      for (const LabelledBox& b : truth.images[i].boxes) {
        if (b.class_id != class_id) continue;
        const std::array<double, 4> r = exact_xywh(b);
        const bool counts = !b.difficult && !b.crowd && r[3] >= options.min_height;
        truths_[i].push_back({r[0], r[1], r[2], r[3], counts});
        positives_ += counts;
      }
      if (i >= detections.size()) continue;
      for (const ScoredBox& d : detections[i]) {
        if (d.class_id == class_id && !std::isnan(d.score)) all_.emplace_back(&d, i);
      }
    }
    std::stable_sort(all_.begin(), all_.end(),
                     [](const auto& a, const auto& b) { return a.first->score > b.first->score; });
  }
  int64_t positives() const { return positives_; }

  VocCurve curve(double min_iou, const MetricOptions& options) {
    VocCurve c;
    double tp = 0, fp = 0;
    for (const auto& [d, image] : all_) {
      VocTruth* best = nullptr;
      double best_iou = 0;
      for (VocTruth& g : truths_[image]) {
        const double iou = voc_overlap(*d, g);
        if (iou > best_iou) best_iou = iou, best = &g;
      }
      if (best && best_iou >= min_iou) {
        // The devkit looks at the best object only: a second detection of it is wrong even where another is
        // free.
        if (!best->counts) continue;
        (best->found ? fp : tp) += 1;
        best->found = true;
      } else {
        if (d->h < options.min_height) continue;
        fp += 1;
      }
      c.recall.push_back(tp / static_cast<double>(positives_));
      c.precision.push_back(tp / (tp + fp));
    }
    return c;
  }

 private:
  std::vector<std::vector<VocTruth>> truths_;
  std::vector<std::pair<const ScoredBox*, size_t>> all_;
  int64_t positives_ = 0;
};

}  // namespace

VocMetrics voc_metrics(const Dataset& truth, const DetectionsPerImage& detections,
                       VocInterpolation interpolation, double min_iou) {
  return voc_metrics(truth, to_scored_boxes(detections), interpolation, min_iou, {});
}

VocMetrics voc_metrics(const Dataset& truth, const ScoredBoxesPerImage& detections,
                       VocInterpolation interpolation, double min_iou, const MetricOptions& options) {
  VocMetrics m;
  double sum = 0;
  int64_t classes = 0;
  for (size_t c = 0; c < truth.classes.size(); ++c) {
    VocClass one(truth, detections, static_cast<int>(c), options);
    if (one.positives() == 0) {
      m.per_class.push_back(-1);
      continue;
    }
    m.per_class.push_back(voc_ap(one.curve(min_iou, options), interpolation));
    sum += m.per_class.back();
    ++classes;
  }
  if (classes) m.mAP50 = sum / static_cast<double>(classes);
  return m;
}

}  // namespace jetline
