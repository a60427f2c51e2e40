#include "jetline/robot/find.h"

#include <algorithm>
#include <cmath>

namespace jetline {
namespace {

constexpr double kFullTurn = 2 * 3.14159265358979323846;
constexpr double kBearingGain = 2.6;  // 1/s
constexpr double kBearingDamping =
    0.12;                            // s: answers the bearing's change, which is mostly the robot's own turn
constexpr double kGapGain = 1.1;     // 1/s
constexpr double kTurnFirst = 0.45;  // rad: beyond it, turn on the spot
constexpr double kSlowestTurn = 0.35;  // rad/s: slower turns vanish in the motors' dead bands
constexpr double kLookSeconds = 0.6, kSettleSeconds = 0.5;
constexpr double kBlindSeconds = 0.3;  // two or three misses in a row, and the latency
constexpr double kAgainSeconds = 0.3, kAgainAngle = 0.12;
constexpr int kSteadyLooks = 6;
constexpr double kPassBy =
    0.6;  // rad to turn on after a look that found nothing, or it would never get past it
constexpr double kStepAngle = 0.35, kStepPause = 0.4;  // of the second, careful scan

double seconds(Nanos d) {
  return static_cast<double>(d) / kSecond;
}
double toward(double from, double to, double step) {
  return from + std::min(std::max(to - from, -step), step);
}

}  // namespace

Find::Find(const FindOptions& options) : o_(options) {}

const char* Find::state_name() const {
  static const char* const kNames[] = {"scan", "look", "approach", "settle", "done"};
  return kNames[static_cast<int>(state_)];
}

void Find::enter(State state, Nanos now) {
  state_ = state;
  since_ = now;
  if (state == State::kScan) scan_turned_ = notice_from_ = 0;
  if (state == State::kLook) confirmations_ = looks_ = 0;
}

double Find::gap(const Pose2& pose) const {
  return track_.distance(pose) - o_.size.radius - o_.chassis.radius;
}

void Find::take_percept(const BehaviourInput& in) {
  const Percept& p = *in.percept;
  if (p.sequence == 0 || p.captured == last_percept_) return;
  last_percept_ = p.captured;
  const Pose2 pose = in.odometry->pose_at(p.captured);
  const bool tracking = track_.known() && state_ != State::kScan;
  const Detection* best = nullptr;
  Sighting best_sighting;
  for (int i = 0; i < p.count; ++i) {
    const Detection& d = p.detections[static_cast<size_t>(i)];
    if (d.class_id != o_.class_id || !(d.score >= (tracking ? o_.keep : o_.notice))) continue;
    const Sighting s = locate(d.box, o_.lens, o_.chassis, o_.size);
    if (!s.ok) continue;
    if (tracking) {
      // The target does not jump: a box elsewhere is another thing.
      double x, y;
      TargetTrack::place(s, pose, o_.chassis, x, y);
      const double moved = std::hypot(x - track_.x(), y - track_.y());
      const double turn = wrap_angle(std::atan2(y - pose.y, x - pose.x) -
                                     std::atan2(track_.y() - pose.y, track_.x() - pose.x));
      if (std::fabs(turn) > 0.25 || moved > 0.25 + 0.5 * track_.distance(pose)) continue;
    }
    if (!best || d.score > best->score) best = &d, best_sighting = s;
  }
  if (!best) return;
  if (state_ == State::kScan) {
    // A single odd box is not worth stopping for: the second one at the same place is.
    double x, y;
    TargetTrack::place(best_sighting, pose, o_.chassis, x, y);
    const double direction = std::atan2(y - pose.y, x - pose.x);
    const bool again = candidate_seen_ >= 0 && seconds(p.captured - candidate_seen_) < kAgainSeconds &&
                       std::fabs(wrap_angle(direction - candidate_direction_)) < kAgainAngle;
    candidate_seen_ = p.captured;
    candidate_direction_ = direction;
    if (!again || scan_turned_ < notice_from_) return;
  }
  noticed_ = p.captured;
  if (state_ == State::kLook) {
    ++looks_;
    confirmations_ += best->score >= o_.confirm;
  }
  if (!tracking) track_.reset();
  track_.add(best_sighting, pose, o_.chassis, p.captured);
}

Twist Find::scan(const BehaviourInput& in) {
  scan_turned_ += std::fabs(in.odometry->twist().w) * in.period;
  if (scan_turned_ < 1.1 * kFullTurn) return {0, scan_direction_ * o_.scan_turn};
  // Steps: by the angle turned, with a pause after each.
  const double cycle = kStepAngle / o_.scan_turn + kStepPause;
  const double phase = std::fmod(seconds(in.now - since_), cycle);
  return {0, phase < kStepPause ? 0 : scan_direction_ * o_.scan_turn};
}

Twist Find::look(const BehaviourInput& in) {
  // In the second round the robot takes a weak but steady sighting: nothing better was seen anywhere.
  const bool steady = scan_turned_ > kFullTurn && looks_ >= kSteadyLooks;
  if (confirmations_ >= o_.confirm_count || steady) {
    enter(State::kApproach, in.now);
  } else if (seconds(in.now - since_) > kLookSeconds) {
    track_.reset();
    const double turned = scan_turned_;
    enter(State::kScan, in.now);
    scan_turned_ = turned;  // a false alarm does not begin the round anew
    notice_from_ = turned + kPassBy;
  }
  return {0, 0};
}

Twist Find::approach(const BehaviourInput& in) {
  const Pose2& pose = in.odometry->pose();
  const double bearing = track_.bearing(pose), left = gap(pose) - o_.gap,
               unseen = seconds(in.now - track_.last_seen());
  if (unseen > o_.lost_after) {
    scan_direction_ = bearing >= 0 ? 1 : -1;
    track_.reset();
    enter(State::kScan, in.now);
    return {0, 0};
  }
  // It nearly always comes from far away: were this even on both sides, it would always stop short.
  const bool near = left < 0.1 * o_.gap_tolerance && left > -0.5 * o_.gap_tolerance,
             straight = std::fabs(bearing) < 0.06;
  if (near && straight) {
    enter(State::kSettle, in.now);
    return {0, 0};
  }
  Twist t;
  const double rate = (bearing - last_bearing_) / std::max(in.period, 1e-3);
  last_bearing_ = bearing;
  t.w = kBearingGain * bearing + kBearingDamping * std::min(std::max(rate, -2.0), 2.0);
  t.w = std::min(std::max(t.w, -o_.max_turn), o_.max_turn);
  const double facing = std::max(0.0, 1 - std::fabs(bearing) / kTurnFirst);
  t.v = near ? 0 : std::min(std::max(kGapGain * left, -0.08), o_.max_speed) * facing;
  if (std::fabs(t.v) < 0.02 && !near && facing > 0.5) t.v = left > 0 ? 0.02 : -0.02;
  if (std::fabs(t.v) < 0.03 && !straight && std::fabs(t.w) < kSlowestTurn)
    t.w = bearing > 0 ? kSlowestTurn : -kSlowestTurn;
  // The longer it was not seen, the slower: some frames are missed, but nobody drives blind.
  if (unseen > kBlindSeconds)
    t.v *= std::max(0.0, (o_.lost_after - unseen) / (o_.lost_after - kBlindSeconds));
  // Never faster than can be stopped in the distance that is left.
  if (left > 0) t.v = std::min(t.v, std::sqrt(2 * o_.max_acceleration * left));
  return t;
}

Twist Find::settle(const BehaviourInput& in) {
  if (seconds(in.now - since_) < kSettleSeconds) return {0, 0};
  const Pose2& pose = in.odometry->pose();
  const bool fresh = track_.last_seen() > since_;  // seen again while standing
  const bool good = std::fabs(gap(pose) - o_.gap) < o_.gap_tolerance && std::fabs(track_.bearing(pose)) < 0.2;
  if (fresh && good) {
    enter(State::kDone, in.now);
  } else if (fresh || seconds(in.now - since_) > kSettleSeconds + o_.lost_after) {
    enter(State::kApproach, in.now);
  }
  return {0, 0};
}

Twist Find::limited(const Twist& wanted, double period) {
  Twist t;
  // Slowing down is never held back by more than the wheels' grip allows; twice the acceleration.
  const double up = o_.max_acceleration * period;
  const bool slower = std::fabs(wanted.v) < std::fabs(last_.v);
  t.v = toward(last_.v, wanted.v, slower ? 2 * up : up);
  t.w = toward(last_.w, wanted.w, o_.max_turn_acceleration * period);
  last_ = t;
  return t;
}

Twist Find::step(const BehaviourInput& in) {
  if (since_ < 0) since_ = in.now;
  take_percept(in);
  Twist wanted;
  switch (state_) {
    case State::kScan:
      wanted = scan(in);
      if (noticed_ > since_ && track_.known()) {
        // The direction of the turn stays: a false alarm must not make the robot swing to and fro.
        enter(State::kLook, in.now);
        wanted = {0, 0};
      }
      break;
    case State::kLook:
      wanted = look(in);
      break;
    case State::kApproach:
      wanted = approach(in);
      break;
    case State::kSettle:
      wanted = settle(in);
      break;
    case State::kDone:
      break;
  }
  if (state_ == State::kDone) {
    last_ = Twist();
    return Twist();
  }
  return limited(wanted, in.period);
}

}  // namespace jetline
