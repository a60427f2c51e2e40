#include "jetline/sim/oracle.h"

#include <algorithm>

#include "jetline/robot/supervisor.h"

namespace jetline::sim {

OracleDetector::OracleDetector(const OracleErrors& errors, uint64_t seed) : errors_(errors), random_(seed) {
  card_.labels = {"can"};
}

void OracleDetector::reseed(uint64_t seed) {
  std::lock_guard<std::mutex> lock(mutex_);
  random_ = Random(seed);
  known_ = {};
}

void OracleDetector::tell(uint64_t fingerprint, const Truth& truth) {
  std::lock_guard<std::mutex> lock(mutex_);
  known_[next_++ % known_.size()] = {fingerprint, truth};
}

Status OracleDetector::detect(const ImageView& image, std::vector<Detection>& out, StageTimes* times) {
  out.clear();
  if (times) *times = StageTimes();
  const uint64_t fingerprint = frame_fingerprint(image);
  std::lock_guard<std::mutex> lock(mutex_);
  const auto it = std::find_if(known_.begin(), known_.end(),
                               [&](const Known& k) { return k.fingerprint == fingerprint; });
  const double w = image.width, h = image.height;
  if (it != known_.end()) {
    const Truth& t = it->truth;
    const bool seen =
        t.visible >= errors_.min_visible && static_cast<double>(t.box.height()) >= errors_.min_height_px;
    if (seen && !random_.chance(errors_.miss)) {
      Detection d;
      const auto shift = [&](float side) {
        return static_cast<float>(random_.normal() * std::max(errors_.edge * static_cast<double>(side), 0.5));
      };
      d.box = {t.box.x1 + shift(t.box.width()), t.box.y1 + shift(t.box.height()),
               t.box.x2 + shift(t.box.width()), t.box.y2 + shift(t.box.height())};
      d.box.x1 = std::max(d.box.x1, 0.0f), d.box.y1 = std::max(d.box.y1, 0.0f);
      d.box.x2 = std::min(d.box.x2, static_cast<float>(w)),
      d.box.y2 = std::min(d.box.y2, static_cast<float>(h));
      d.score = static_cast<float>(random_.uniform(0.4, 0.99));
      if (d.box.area() > 0) out.push_back(d);
    }
  }
  if (random_.chance(errors_.false_alarm)) {
    Detection d;
    const double side = random_.uniform(10, 60), x = random_.uniform(0, w - side),
                 y = random_.uniform(0.3 * h, h - side);
    d.box = {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + side * 0.6),
             static_cast<float>(y + side)};
    d.score = static_cast<float>(random_.uniform(0.25, 0.6));
    out.push_back(d);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return Status();
}

}  // namespace jetline::sim
