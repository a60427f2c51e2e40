#include "jetline/train/loss.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

// A number with its derivatives by the four box values (forward-mode differentiation).
struct Dual4 {
  float v;
  float d[4];
};
Dual4 dual(float v) {
  return {v, {0, 0, 0, 0}};
}
template <typename F>
Dual4 dual_combine(float v, const Dual4& a, const Dual4& b, F f) {
  Dual4 r{v, {}};
  for (int i = 0; i < 4; ++i) r.d[i] = f(a.d[i], b.d[i]);
  return r;
}
Dual4 operator+(const Dual4& a, const Dual4& b) {
  return dual_combine(a.v + b.v, a, b, [](float x, float y) { return x + y; });
}
Dual4 operator-(const Dual4& a, const Dual4& b) {
  return dual_combine(a.v - b.v, a, b, [](float x, float y) { return x - y; });
}
Dual4 operator*(const Dual4& a, const Dual4& b) {
  return dual_combine(a.v * b.v, a, b, [&](float x, float y) { return x * b.v + y * a.v; });
}
Dual4 operator/(const Dual4& a, const Dual4& b) {
  return dual_combine(a.v / b.v, a, b, [&](float x, float y) { return (x * b.v - y * a.v) / (b.v * b.v); });
}
const Dual4& dual_min(const Dual4& a, const Dual4& b) {
  return a.v < b.v ? a : b;
}
const Dual4& dual_max(const Dual4& a, const Dual4& b) {
  return a.v > b.v ? a : b;
}

}  // namespace

ScoreLoss quality_focal_loss(float logit, float target) {
  // softplus without overflow: log(1 + e^x) = max(x, 0) + log1p(e^-|x|)
  const float e = std::exp(-std::fabs(logit));
  const float p = logit >= 0 ? 1 / (1 + e) : e / (1 + e);
  const float entropy = std::max(logit, 0.f) - logit * target + std::log1p(e);
  const float miss = p - target;
  return {miss * miss * entropy, miss * miss * miss + 2 * miss * p * (1 - p) * entropy};
}

BoxLoss distance_iou_loss(const Anchor& a, const float* t, const Box& truth) {
  // exp overflows a float at 88; boxes of e^8 cells are already far beyond any image, and there the gradient
  // of the size is cut off.
  const float tw = std::min(t[2], 8.f), th = std::min(t[3], 8.f);
  const Dual4 cx = {a.x + t[0] * a.stride, {a.stride, 0, 0, 0}},
              cy = {a.y + t[1] * a.stride, {0, a.stride, 0, 0}};
  const float ew = std::exp(tw) * a.stride, eh = std::exp(th) * a.stride;
  const Dual4 w = {ew, {0, 0, t[2] < 8.f ? ew : 0, 0}}, h = {eh, {0, 0, 0, t[3] < 8.f ? eh : 0}};
  const Dual4 half = dual(0.5f), zero = dual(0);
  const Dual4 x1 = cx - half * w, x2 = cx + half * w, y1 = cy - half * h, y2 = cy + half * h;
  const Dual4 gx1 = dual(truth.x1), gy1 = dual(truth.y1), gx2 = dual(truth.x2), gy2 = dual(truth.y2);
  const Dual4 iw = dual_max(zero, dual_min(x2, gx2) - dual_max(x1, gx1));
  const Dual4 ih = dual_max(zero, dual_min(y2, gy2) - dual_max(y1, gy1));
  const Dual4 inter = iw * ih;
  const Dual4 both = w * h + dual(truth.area()) - inter;
  const Dual4 ox = dual_max(x2, gx2) - dual_min(x1, gx1), oy = dual_max(y2, gy2) - dual_min(y1, gy1);
  const Dual4 dx = cx - dual((truth.x1 + truth.x2) / 2), dy = cy - dual((truth.y1 + truth.y2) / 2);
  const Dual4 loss = dual(1) - inter / both + (dx * dx + dy * dy) / (ox * ox + oy * oy);
  return {loss.v, {loss.d[0], loss.d[1], loss.d[2], loss.d[3]}};
}

LossValue DetectionLoss::compute(Span<const float> predictions,
                                 const std::vector<std::vector<TrainBox>>& truths,
                                 std::vector<float>& gradient) {
  const size_t values = 4 + static_cast<size_t>(classes_), per_image = anchors_.size() * values;
  gradient.assign(predictions.size(), 0.f);
  assigned_.resize(truths.size());
  LossValue loss;
  for (size_t b = 0; b < truths.size(); ++b) {
    assigned_[b] = assigner_.assign(anchors_, predictions.data() + b * per_image, classes_, truths[b]);
    for (const Assigned& a : assigned_[b]) loss.target_sum += a.target;
  }
  const double norm = 1 / std::max(loss.target_sum, 1.0);
  for (size_t b = 0; b < truths.size(); ++b) {
    const float* p = predictions.data() + b * per_image;
    float* g = gradient.data() + b * per_image;
    double score = 0;
    auto next = assigned_[b].begin();
    for (size_t i = 0; i < anchors_.size(); ++i, p += values, g += values) {
      int hit = -1;
      float target = 0;
      if (next != assigned_[b].end() && next->position == static_cast<int32_t>(i)) {
        const TrainBox& truth = truths[b][static_cast<size_t>(next->truth)];
        hit = truth.class_id;
        target = next->target;
        const BoxLoss l = distance_iou_loss(anchors_[i], p, truth.box);
        const double weight = box_weight_ * target * norm;
        loss.box += weight * l.value;
        for (int k = 0; k < 4; ++k) g[k] = static_cast<float>(weight * l.gradient[k]);
        ++next;
      }
      for (int c = 0; c < classes_; ++c) {
        const ScoreLoss l = quality_focal_loss(p[4 + c], c == hit ? target : 0.f);
        score += l.value;
        g[4 + c] = static_cast<float>(norm * l.gradient);
      }
    }
    loss.score += norm * score;
  }
  loss.total = loss.score + loss.box;
  return loss;
}

}  // namespace jetline
