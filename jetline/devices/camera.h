// A camera as the robot uses it: a stream of frames with numbers and times. The time is that of the exposure,
// not of the delivery, because a controller must know how old its knowledge is.
//
// Threads: one thread at a time per Camera. Ids: camera.read-failed, camera.closed.
#pragma once

#include <cstdint>

#include "jetline/base/clock.h"
#include "jetline/base/status.h"
#include "jetline/devices/lens.h"
#include "jetline/vision/image.h"

namespace jetline {

struct Frame {
  Image image;
  uint64_t sequence = 0;  // counts up by one for each exposure
  Nanos captured = 0;     // middle of the exposure, on the robot's clock
};

class Camera {
 public:
  virtual ~Camera() = default;
  // Blocks until the next frame or `deadline`; false: no frame in time. Reuses the frame's memory.
  virtual Result<bool> next(Frame& frame, Nanos deadline) = 0;
  virtual Lens lens() const = 0;
};

}  // namespace jetline
