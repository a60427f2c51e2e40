// See nms.h.
#include "jetline/vision/nms.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

bool nms_finite(const Detection& d) {
  return std::isfinite(d.score) && std::isfinite(d.box.x1) && std::isfinite(d.box.y1) &&
         std::isfinite(d.box.x2) && std::isfinite(d.box.y2);
}

}  // namespace

void Nms::run(Span<const Detection> candidates, float max_iou, size_t max_kept, std::vector<Detection>& out) {
  out.clear();
  order_.clear();
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (nms_finite(candidates[i])) order_.push_back(static_cast<uint32_t>(i));
  }
  // std::sort with the index as second key gives the stable order without stable_sort's buffer.
  std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
    return candidates[a].score != candidates[b].score ? candidates[a].score > candidates[b].score : a < b;
  });
  for (uint32_t i : order_) {
    if (out.size() >= max_kept) break;
    const Detection& d = candidates[i];
    bool keep = true;
    for (const Detection& k : out) {
      if (k.class_id == d.class_id && iou(k.box, d.box) > max_iou) {
        keep = false;
        break;
      }
    }
    if (keep) out.push_back(d);
  }
}

}  // namespace jetline
