// Behaviour "find": turn until the object is seen, look twice, drive up to it, stop in front of it.
//
//   scan      turn on the spot; two detections over `notice` in one direction lead to look. After a full turn
//             without one, turn in steps with pauses, so that motion does not blur the picture.
//   look      stand still; `confirm_count` detections over `confirm` at one place lead to approach, 0.6 s without
//             them back to scan, in the same direction. From the second round on, six weaker detections at one
//             place are enough.
//   approach  steer at the tracked place (proportional on bearing and on the gap, motion limits), turn on the
//             spot while the bearing is large. When it was not seen for `lost_after`, scan towards where it was.
//   settle    stand still for half a second in front of it and measure again: done, or a correction.
//   done      stay.
//
// The gap is measured from the front of the robot's circle to the can's surface.
#pragma once

#include "jetline/robot/behaviour.h"
#include "jetline/robot/target.h"

namespace jetline {

struct FindOptions {
  Chassis chassis;
  Lens lens;
  TargetSize size;
  int class_id = 0;
  float notice = 0.25f, confirm = 0.45f, keep = 0.3f;  // scores
  int confirm_count = 2;
  double gap = 0.25, gap_tolerance = 0.05;  // m; where to stop
  double max_speed = 0.30, max_turn = 1.8;  // m/s, rad/s
  double max_acceleration = 0.6, max_turn_acceleration = 9;
  double scan_turn = 0.9;   // rad/s
  double lost_after = 0.7;  // s
};

class Find : public Behaviour {
 public:
  explicit Find(const FindOptions& options);
  Twist step(const BehaviourInput& in) override;
  bool done() const override { return state_ == State::kDone; }
  const char* state_name() const override;
  const TargetTrack& track() const { return track_; }

 private:
  enum class State { kScan, kLook, kApproach, kSettle, kDone };
  void enter(State state, Nanos now);
  void take_percept(const BehaviourInput& in);
  Twist scan(const BehaviourInput& in);
  Twist look(const BehaviourInput& in);
  Twist approach(const BehaviourInput& in);
  Twist settle(const BehaviourInput& in);
  Twist limited(const Twist& wanted, double period);
  double gap(const Pose2& pose) const;

  FindOptions o_;
  State state_ = State::kScan;
  Nanos since_ = -1;
  TargetTrack track_;
  Nanos last_percept_ = -1;
  Nanos noticed_ = -1;  // capture time of the last detection worth a look
  int confirmations_ = 0, looks_ = 0;
  Nanos candidate_seen_ = -1;
  double candidate_direction_ = 0;
  double scan_direction_ = 1, scan_turned_ = 0, notice_from_ = 0, last_bearing_ = 0;
  Twist last_;
};

}  // namespace jetline
