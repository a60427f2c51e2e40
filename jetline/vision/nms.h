// Greedy non-maximum suppression, class by class: best score first, a box is dropped when its IoU with a kept
// box of its class is above the limit. Equal scores go to the lower index. Reference: Neubeck and Van Gool,
// "Efficient Non-Maximum Suppression" (2006); the IoU is that of detection.h.
//
// Memory: reserve(n) takes 4 bytes a candidate; run() on at most n candidates then allocates nothing (given
// that `out` has room for `max_kept`). Time: O(n log n + n * kept). Threads: one thread at a time per object.
#pragma once

#include <cstdint>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/vision/detection.h"

namespace jetline {

class Nms {
 public:
  void reserve(size_t candidates) { order_.reserve(candidates); }
  // Replaces `out` by the kept candidates, best first, at most `max_kept`. Candidates with a coordinate or
  // score that is not finite are dropped. `max_iou` 1 keeps everything.
  void run(Span<const Detection> candidates, float max_iou, size_t max_kept, std::vector<Detection>& out);

 private:
  std::vector<uint32_t> order_;
};

}  // namespace jetline
