// Where the thing in the box stands: from a detection to bearing and distance (one camera, known size), and a
// filter that keeps the place in the dead-reckoned frame between detections. Values; thread-safe
// (TargetTrack: one thread).
#pragma once

#include "jetline/devices/lens.h"
#include "jetline/robot/chassis.h"

namespace jetline {

// Size of the thing to be found; upright, standing on the floor.
struct TargetSize {
  double radius = 0.033, height = 0.115;  // a drink can of 330 ml
};

struct Sighting {
  bool ok = false;
  double distance = 0;  // from the lens to the thing's axis, along the floor, m
  double bearing = 0;   // radians to the left of the camera's axis
  bool cut = false;     // the box touches the picture's border
};

// Distance from the box's height and from its width, by the angles of its edges: their mean when they agree
// and the box is whole, else the smaller one, because something in front of the thing, or the picture's
// border, can only make the box smaller and the thing seem farther. Bearing of the box's middle; when the
// left or the right of the thing is cut off, its middle is half its width from the other edge.
Sighting locate(const Box& box, const Lens& lens, const Chassis& chassis, const TargetSize& size);

// The target's place, filtered. Coordinates: those of the odometry.
class TargetTrack {
 public:
  void reset() { known_ = false; }
  bool known() const { return known_; }
  // A sighting made from body pose `pose` (of the frame's exposure).
  void add(const Sighting& s, const Pose2& pose, const Chassis& chassis, Nanos captured);
  // Where the sighting would put the target, without taking it in.
  static void place(const Sighting& s, const Pose2& pose, const Chassis& chassis, double& x, double& y);
  double x() const { return x_; }
  double y() const { return y_; }
  Nanos last_seen() const { return last_seen_; }
  int sightings() const { return sightings_; }
  // Seen from the middle of the axle at `pose`.
  double distance(const Pose2& pose) const;
  double bearing(const Pose2& pose) const;

 private:
  bool known_ = false;
  double x_ = 0, y_ = 0;
  Nanos last_seen_ = 0;
  int sightings_ = 0;
};

}  // namespace jetline
