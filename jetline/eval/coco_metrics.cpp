// cocoapi's evaluation, step by step in double precision. The order of every sum, sort and comparison follows
// cocoeval.py, because ties decide figures.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "jetline/eval/metrics.h"

namespace jetline {
namespace {

constexpr int kIouCount = 10, kRecallCount = 101, kAreaCount = 4;
constexpr size_t kMaxDetections = 100;

// numpy.linspace(.5, .95, 10): start + i * step, the last value set to stop.
double coco_iou_threshold(int i) {
  return i == kIouCount - 1 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / (kIouCount - 1));
}
double coco_recall_threshold(int i) {
  return i == kRecallCount - 1 ? 1.0 : i * (1.0 / (kRecallCount - 1));
}

struct AreaRange {
  double lo, hi;
};
constexpr AreaRange kAreas[kAreaCount] = {{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}};

struct CocoTruth {
  double x, y, w, h, area;
  bool crowd;
};

// bbIou of cocoapi's maskApi.c: for a crowd the union is the detection alone.
double coco_iou(const ScoredBox& d, const CocoTruth& g) {
  const double w = std::fmin(d.x + d.w, g.x + g.w) - std::fmax(d.x, g.x);
  if (w <= 0) return 0;
  const double h = std::fmin(d.y + d.h, g.y + g.h) - std::fmax(d.y, g.y);
  if (h <= 0) return 0;
  const double inter = w * h, da = d.w * d.h, ga = g.w * g.h;
  return inter / (g.crowd ? da : da + ga - inter);
}

// What one image contributes to one class in one area range.
struct CocoImageEval {
  std::vector<double> scores;                         // descending, at most 100
  std::array<std::vector<uint8_t>, kIouCount> state;  // per detection: 0 false, 1 true, 2 ignored
  int64_t truths = 0;                                 // not ignored
};

class CocoImage {
 public:
  CocoImage(const LabelledImage& image, int class_id, const std::vector<ScoredBox>& detections) {
    for (const LabelledBox& b : image.boxes) {
      if (b.class_id != class_id) continue;
      const std::array<double, 4> r = exact_xywh(b);
      truths_.push_back({r[0], r[1], r[2], r[3], b.area >= 0 ? b.area : r[2] * r[3], b.crowd});
    }
    for (const ScoredBox& d : detections) {
      if (d.class_id == class_id && !std::isnan(d.score)) detections_.push_back(&d);
    }
    std::stable_sort(detections_.begin(), detections_.end(),
                     [](const ScoredBox* a, const ScoredBox* b) { return a->score > b->score; });
    if (detections_.size() > kMaxDetections) detections_.resize(kMaxDetections);
    iou_.resize(detections_.size() * truths_.size());
    for (size_t d = 0; d < detections_.size(); ++d) {
      for (size_t g = 0; g < truths_.size(); ++g)
        iou_[d * truths_.size() + g] = coco_iou(*detections_[d], truths_[g]);
    }
  }
  bool empty() const { return truths_.empty() && detections_.empty(); }

  CocoImageEval evaluate(const AreaRange& area, const MetricOptions& options) const {
    const size_t n = truths_.size();
    std::vector<uint8_t> ignored(n);
    for (size_t g = 0; g < n; ++g) {
      const CocoTruth& t = truths_[g];
      ignored[g] = t.crowd || t.area < area.lo || t.area > area.hi || t.h < options.min_height;
    }
    std::vector<size_t> order(n);  // ignored ones last
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return ignored[a] < ignored[b]; });
    CocoImageEval out;
    for (size_t g = 0; g < n; ++g) out.truths += !ignored[g];
    for (const ScoredBox* d : detections_) out.scores.push_back(d->score);
    std::vector<uint8_t> taken(n);
    for (int t = 0; t < kIouCount; ++t) {
      std::fill(taken.begin(), taken.end(), uint8_t{0});
      out.state[static_cast<size_t>(t)].resize(detections_.size());
      for (size_t d = 0; d < detections_.size(); ++d) {
        out.state[static_cast<size_t>(t)][d] = match(t, d, order, ignored, taken, area, options);
      }
    }
    return out;
  }

 private:
  uint8_t match(int t, size_t d, const std::vector<size_t>& order, const std::vector<uint8_t>& ignored,
                std::vector<uint8_t>& taken, const AreaRange& area, const MetricOptions& options) const {
    double best = std::min(coco_iou_threshold(t), 1 - 1e-10);
    ptrdiff_t m = -1;
    for (const size_t g : order) {
      if (taken[g] && !truths_[g].crowd) continue;
      if (m > -1 && !ignored[static_cast<size_t>(m)] && ignored[g]) break;
      const double iou = iou_[d * truths_.size() + g];
      if (iou < best) continue;
      best = iou;
      m = static_cast<ptrdiff_t>(g);
    }
    if (m >= 0) {
      taken[static_cast<size_t>(m)] = 1;
      return ignored[static_cast<size_t>(m)] ? 2 : 1;
    }
    const ScoredBox& b = *detections_[d];
    const double a = b.w * b.h;
    return a < area.lo || a > area.hi || b.h < options.min_height ? 2 : 0;
  }

  std::vector<CocoTruth> truths_;
  std::vector<const ScoredBox*> detections_;
  std::vector<double> iou_;  // [detections, truths]
};

// Precision at each recall threshold, and the highest recall, per IoU threshold.
struct CocoCurve {
  bool counted = false;  // false: no ground truth, all figures -1
  std::array<std::array<double, kRecallCount>, kIouCount> precision{};
  std::array<double, kIouCount> recall{};
};

CocoCurve coco_accumulate(const std::vector<CocoImageEval>& evals, size_t max_detections) {
  struct Entry {
    double score;
    size_t image, detection;
  };
  CocoCurve curve;
  std::vector<Entry> all;
  int64_t truths = 0;
  for (size_t i = 0; i < evals.size(); ++i) {
    truths += evals[i].truths;
    const size_t n = std::min(max_detections, evals[i].scores.size());
    for (size_t d = 0; d < n; ++d) all.push_back({evals[i].scores[d], i, d});
  }
  if (truths == 0) return curve;
  curve.counted = true;
  std::stable_sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.score > b.score; });
  std::vector<double> recall(all.size()), precision(all.size());
  for (size_t t = 0; t < kIouCount; ++t) {
    double tp = 0, fp = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      const uint8_t state = evals[all[i].image].state[t][all[i].detection];
      tp += state == 1;
      fp += state == 0;
      recall[i] = tp / static_cast<double>(truths);
      precision[i] = tp / (fp + tp + std::numeric_limits<double>::epsilon());
    }
    curve.recall[t] = all.empty() ? 0 : recall.back();
    for (size_t i = all.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
    for (int r = 0; r < kRecallCount; ++r) {
      const auto at =
          std::lower_bound(recall.begin(), recall.end(), coco_recall_threshold(r)) - recall.begin();
      curve.precision[t][static_cast<size_t>(r)] =
          at < static_cast<ptrdiff_t>(all.size()) ? precision[static_cast<size_t>(at)] : 0;
    }
  }
  return curve;
}

class CocoMean {
 public:
  void add(double v) {
    sum_ += v;
    ++n_;
  }
  double value() const { return n_ ? sum_ / static_cast<double>(n_) : -1; }

 private:
  double sum_ = 0;
  int64_t n_ = 0;
};

// iou < 0: all thresholds.
void add_precision(CocoMean& mean, const CocoCurve& c, int iou) {
  if (!c.counted) return;
  for (int t = 0; t < kIouCount; ++t) {
    if (iou >= 0 && t != iou) continue;
    for (double p : c.precision[static_cast<size_t>(t)]) mean.add(p);
  }
}
void add_recall(CocoMean& mean, const CocoCurve& c) {
  if (!c.counted) return;
  for (double r : c.recall) mean.add(r);
}

}  // namespace

ScoredBoxesPerImage to_scored_boxes(const DetectionsPerImage& detections) {
  ScoredBoxesPerImage out(detections.size());
  for (size_t i = 0; i < detections.size(); ++i) {
    out[i].reserve(detections[i].size());
    for (const Detection& d : detections[i]) {
      const double x = d.box.x1, y = d.box.y1;
      out[i].push_back({d.class_id, x, y, static_cast<double>(d.box.x2) - x,
                        static_cast<double>(d.box.y2) - y, static_cast<double>(d.score)});
    }
  }
  return out;
}

CocoMetrics coco_metrics(const Dataset& truth, const DetectionsPerImage& detections,
                         const MetricOptions& options) {
  return coco_metrics(truth, to_scored_boxes(detections), options);
}

CocoMetrics coco_metrics(const Dataset& truth, const ScoredBoxesPerImage& detections,
                         const MetricOptions& options) {
  std::vector<size_t> order(truth.images.size());  // cocoapi goes by ascending image id
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return truth.images[a].id < truth.images[b].id; });
  static const std::vector<ScoredBox> kNone;
  CocoMetrics m;
  CocoMean ap, ap50, ap75, sized_ap[3], ar1, ar10, ar100, sized_ar[3];
  for (size_t c = 0; c < truth.classes.size(); ++c) {
    std::vector<CocoImage> images;
    for (const size_t i : order) {
      CocoImage image(truth.images[i], static_cast<int>(c), i < detections.size() ? detections[i] : kNone);
      if (!image.empty()) images.push_back(std::move(image));
    }
    CocoMetrics::PerClass per;
    per.name = truth.classes[c];
    for (int a = 0; a < kAreaCount; ++a) {
      std::vector<CocoImageEval> evals;
      evals.reserve(images.size());
      for (const CocoImage& image : images) evals.push_back(image.evaluate(kAreas[a], options));
      const CocoCurve full = coco_accumulate(evals, kMaxDetections);
      if (a > 0) {
        add_precision(sized_ap[a - 1], full, -1);
        add_recall(sized_ar[a - 1], full);
        continue;
      }
      for (const CocoImageEval& e : evals) per.truths += e.truths;
      CocoMean own_ap, own_50, own_ar;
      for (CocoMean* mean : {&ap, &own_ap}) add_precision(*mean, full, -1);
      for (CocoMean* mean : {&ap50, &own_50}) add_precision(*mean, full, 0);
      add_precision(ap75, full, 5);
      for (CocoMean* mean : {&ar100, &own_ar}) add_recall(*mean, full);
      add_recall(ar1, coco_accumulate(evals, 1));
      add_recall(ar10, coco_accumulate(evals, 10));
      per.AP = own_ap.value();
      per.AP50 = own_50.value();
      per.AR100 = own_ar.value();
    }
    m.per_class.push_back(std::move(per));
  }
  m.AP = ap.value(), m.AP50 = ap50.value(), m.AP75 = ap75.value();
  m.APs = sized_ap[0].value(), m.APm = sized_ap[1].value(), m.APl = sized_ap[2].value();
  m.AR1 = ar1.value(), m.AR10 = ar10.value(), m.AR100 = ar100.value();
  m.ARs = sized_ar[0].value(), m.ARm = sized_ar[1].value(), m.ARl = sized_ar[2].value();
  return m;
}

}  // namespace jetline
