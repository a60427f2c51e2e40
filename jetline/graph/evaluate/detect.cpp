// NonMaxSuppression, as the ONNX operator: greedy, per batch and class.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

struct NmsBox {
  float left, top, right, bottom;
};

NmsBox nms_box(const float* b, bool center) {
  if (center) return {b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2};
  return {std::min(b[1], b[3]), std::min(b[0], b[2]), std::max(b[1], b[3]), std::max(b[0], b[2])};
}

bool nms_overlaps(const NmsBox& a, const NmsBox& b, float threshold) {
  const float w = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float h = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (!(w > 0) || !(h > 0)) return false;
  const float both = w * h;
  const float area_a = (a.right - a.left) * (a.bottom - a.top),
              area_b = (b.right - b.left) * (b.bottom - b.top);
  const float either = area_a + area_b - both;
  return area_a > 0 && area_b > 0 && either > 0 && both / either > threshold;
}

float nms_threshold(const Call& c, size_t i) {
  const Tensor* t = c.tensor(i);
  return t && t->count() == 1 ? Numbers<float>(*t)[0] : 0.0f;
}

Status run_non_max_suppression(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &boxes = *c.tensor(0), &scores = *c.tensor(1);
  const Dims &d = boxes.dims(), &s = scores.dims();
  if (d.size() != 3 || s.size() != 3 || d[2] != 4 || s[0] != d[0] || s[2] != d[1]) {
    return c.bad_input("boxes " + dims_text(d) + " and scores " + dims_text(s) + " do not fit");
  }
  int64_t most = 0;
  if (c.has(2)) {
    JETLINE_ASSIGN_OR_RETURN(most, c.scalar_int(2));
  }
  const float iou = nms_threshold(c, 3), low = nms_threshold(c, 4);
  const bool center = c.int_or("center_point_box", 0) != 0;
  const Numbers<float> b(boxes), v(scores);
  std::vector<int64_t> picked;
  for (int64_t n = 0; n < s[0]; ++n) {
    for (int64_t k = 0; k < s[1] && most > 0; ++k) {
      const float* score = v.data() + (n * s[1] + k) * s[2];
      std::vector<int64_t> order;
      for (int64_t i = 0; i < s[2]; ++i) {
        // Without a threshold every box counts, whatever its score.
        if (score[i] == score[i] && (!c.has(4) || score[i] > low)) order.push_back(i);
      }
      std::stable_sort(order.begin(), order.end(), [&](int64_t p, int64_t q) { return score[p] > score[q]; });
      std::vector<NmsBox> kept;
      for (int64_t i : order) {
        if (static_cast<int64_t>(kept.size()) >= most) break;
        const NmsBox box = nms_box(b.data() + (n * d[1] + i) * 4, center);
        JETLINE_RETURN_IF_ERROR(c.charge(static_cast<int64_t>(kept.size()) + 1));
        if (std::any_of(kept.begin(), kept.end(), [&](const NmsBox& o) { return nms_overlaps(box, o, iou); }))
          continue;
        kept.push_back(box);
        picked.insert(picked.end(), {n, k, i});
      }
    }
  }
  JETLINE_ASSIGN_OR_RETURN(Tensor y, Tensor::ints({static_cast<int64_t>(picked.size() / 3), 3}, picked));
  c.set(0, std::move(y));
  return {};
}

const Rule kDetectRules[] = {{"NonMaxSuppression", run_non_max_suppression}};

}  // namespace

Span<const Rule> detect_rules() {
  return {kDetectRules, sizeof kDetectRules / sizeof *kDetectRules};
}

}  // namespace jetline::calc
