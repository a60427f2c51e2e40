// A camera made of code, with faults on demand: what control-loop and detector tests use instead of hardware,
// and what stands behind `drive --sim`. Frames come from a function of the frame number, paced by a Clock.
//
// Threads: next() from one thread at a time; the knobs in `faults` may change from another only between
// calls.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "jetline/base/clock.h"
#include "jetline/vision/video.h"

namespace jetline {

struct FrameFaults {
  int64_t freeze_at = INT64_MAX;  // from this frame on the picture repeats while timestamps go on
  int64_t stall_at = INT64_MAX;   // at this frame next() blocks for stall_for longer than the period
  Nanos stall_for = 0;
  int64_t disconnect_at = INT64_MAX;  // at this frame next() fails with video.read-failed, and ever after
  int64_t drop_every = 0;             // every n-th frame never arrives (its number is skipped); 0: none
  Nanos late_by = 0;                  // timestamps lie this far in the past when the frame is handed out
};

class FakeFrameSource : public FrameSource {
 public:
  using Painter = std::function<void(int64_t index, Image& frame)>;
  // `frames` 0 never ends. With a clock, frame i is handed out not before start + i / fps; without one at
  // once.
  FakeFrameSource(VideoInfo info, Painter paint, Clock* clock = nullptr)
      : info_(std::move(info)), paint_(std::move(paint)), clock_(clock) {}

  Result<bool> next(Image& frame, FrameInfo* info = nullptr) override;
  VideoInfo info() const override { return info_; }

  FrameFaults faults;

 private:
  VideoInfo info_;
  Painter paint_;
  Clock* clock_;
  Image frozen_;
  int64_t index_ = 0;
  Nanos start_ = 0;
  bool started_ = false;
};

}  // namespace jetline
