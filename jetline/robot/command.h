// What the parts of the robot tell each other. Plain values.
#pragma once

#include <array>
#include <cstdint>

#include "jetline/base/clock.h"
#include "jetline/vision/detection.h"

namespace jetline {

// Motion of the body: metres a second forwards, radians a second counter-clockwise.
struct Twist {
  double v = 0, w = 0;
};

// From the camera to the supervisor: that a frame came and what it looked like.
struct FrameStamp {
  uint64_t sequence = 0;
  Nanos captured = 0;
  uint64_t fingerprint = 0;  // frame_fingerprint() of the pixels
};

// From the detector to the control loop.
struct Percept {
  static constexpr int kMax = 16;
  uint64_t sequence = 0;  // of the frame; 0: nothing seen yet
  Nanos captured = 0;     // of the frame
  Nanos ready = 0;        // when the detector was done
  int count = 0;
  std::array<Detection, kMax> detections;  // best first
};

// From the control loop to the supervisor; each one is also its heartbeat.
struct WheelCommand {
  float left = 0, right = 0;  // duty, -1..1
  Nanos issued = 0;
  uint64_t frame_sequence = 0;  // the frame that the decision rests on
  Nanos frame_captured = 0;
};

}  // namespace jetline
