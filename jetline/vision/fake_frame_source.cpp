#include "jetline/vision/fake_frame_source.h"

namespace jetline {

Result<bool> FakeFrameSource::next(Image& frame, FrameInfo* info) {
  if (faults.drop_every > 0 && (index_ + 1) % faults.drop_every == 0) ++index_;
  if (info_.frames > 0 && index_ >= info_.frames) return false;
  const Nanos period = info_.fps > 0 ? static_cast<Nanos>(static_cast<double>(kSecond) / info_.fps) : 0;
  Nanos timestamp = index_ * period;
  if (clock_) {
    if (!started_) start_ = clock_->now();
    started_ = true;
    if (index_ == faults.stall_at) start_ += faults.stall_for;
    clock_->sleep_until(start_ + index_ * period);
    timestamp = clock_->now();
  }
  if (index_ >= faults.disconnect_at) {
    return Status::bad_input("video.read-failed", "the camera gave no frame; it may have been unplugged",
                             "check the cable and that no other program uses the camera", info_.description);
  }
  if (index_ < faults.freeze_at || frozen_.empty()) {
    frozen_.resize(info_.width, info_.height);
    paint_(index_, frozen_);
  }
  frame = frozen_;
  if (info) *info = {index_, timestamp - faults.late_by};
  ++index_;
  return true;
}

}  // namespace jetline
