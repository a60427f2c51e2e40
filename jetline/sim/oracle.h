// A detector that knows the truth and errs on purpose: a documented test aid (`drive --detector oracle`) that
// shows the control side without a trained model. It must be told what each frame holds; it finds the frame
// again by its fingerprint.
//
// Threads: tell() and detect() may run on different threads.
#pragma once

#include <array>
#include <mutex>

#include "jetline/base/random.h"
#include "jetline/sim/renderer.h"
#include "jetline/vision/detector.h"

namespace jetline::sim {

struct OracleErrors {
  double miss = 0.08;         // of visible cans
  double false_alarm = 0.02;  // frames with an invented box
  double edge = 0.03;         // deviation of each edge, of the box's side; at least half a pixel
  double min_visible = 0.4, min_height_px = 9;  // less is never seen
};

class OracleDetector : public Detector {
 public:
  OracleDetector(const OracleErrors& errors, uint64_t seed);
  void reseed(uint64_t seed);  // forgets what it was told
  void tell(uint64_t fingerprint, const Truth& truth);
  Status detect(const ImageView& image, std::vector<Detection>& out, StageTimes* times) override;
  const Card& card() const override { return card_; }
  std::map<std::string, std::string> conditions() const override { return {{"detector", "oracle"}}; }

 private:
  struct Known {
    uint64_t fingerprint = 0;
    Truth truth;
  };
  OracleErrors errors_;
  Random random_;
  Card card_;
  std::mutex mutex_;
  std::array<Known, 16> known_;
  size_t next_ = 0;
};

}  // namespace jetline::sim
