#include "jetline/robot/find.h"

#include <gtest/gtest.h>

#include <cmath>

#include "jetline/base/random.h"
#include "jetline/robot/histogram.h"

namespace jetline {
namespace {

constexpr double kTestPi = 3.14159265358979323846;

TEST(Chassis, DutyAndTwistAreInverse) {
  const Chassis c;
  for (double v : {-0.3, -0.05, 0.0, 0.1, 0.3}) {
    for (double w : {-2.0, -0.4, 0.0, 0.7, 2.0}) {
      const Twist t = twist_for(c, duty_for(c, {v, w}));
      EXPECT_NEAR(t.v, v, 1e-6);
      EXPECT_NEAR(t.w, w, 1e-5);
    }
  }
}

TEST(Chassis, TooFastKeepsTheCurve) {
  const Chassis c;
  const WheelDuty d = duty_for(c, {2.0, 4.0});
  EXPECT_LE(std::fabs(d.left), 1.0f);
  EXPECT_LE(std::fabs(d.right), 1.0f);
  const Twist t = twist_for(c, d);
  EXPECT_NEAR(t.v / t.w, 0.5, 1e-4);
}

TEST(Chassis, AdvanceFollowsACircle) {
  Pose2 p;
  for (int i = 0; i < 100; ++i) p = advance(p, {0.5, 1.0}, 2 * kTestPi / 100);
  EXPECT_NEAR(p.x, 0, 1e-9);
  EXPECT_NEAR(p.y, 0, 1e-9);
  EXPECT_NEAR(p.yaw, 0, 1e-9);
  // A quarter of a circle of radius 0.5 (v / w).
  const Pose2 q = advance({}, {0.5, 1.0}, kTestPi / 2);
  EXPECT_NEAR(q.x, 0.5, 1e-12);
  EXPECT_NEAR(q.y, 0.5, 1e-12);
}

TEST(Odometry, RemembersWhereItWas) {
  const Chassis c;
  Odometry o(c, 1e-6);
  const WheelDuty d = duty_for(c, {0.2, 0});
  for (int i = 0; i <= 60; ++i) o.update(i * kSecond / 30, d);
  // Speeding up from rest costs half a period of way.
  const double start = 0.2 / 60;
  EXPECT_NEAR(o.pose().x, 0.4 - start, 1e-6);
  EXPECT_NEAR(o.pose_at(kSecond + kSecond / 60).x, 0.2 + 0.2 / 60 - start, 1e-6);
  EXPECT_NEAR(o.pose_at(100 * kSecond).x, 0.4 - start, 1e-6);
}

// The picture of an upright cylinder's outline, by projecting its rims.
Box picture_of_can(const Lens& lens, const Chassis& c, double distance, double bearing,
                   const TargetSize& size) {
  Box b{1e9f, 1e9f, -1e9f, -1e9f};
  for (int i = 0; i < 720; ++i) {
    const double a = i * kTestPi / 180;
    const double x = distance * std::cos(bearing) + size.radius * std::cos(a),
                 y = distance * std::sin(bearing) + size.radius * std::sin(a);
    const double z = (i < 360 ? 0 : size.height) - c.camera_height;
    const double p = c.camera_pitch;
    double u, v;
    const double forward = x * std::cos(p) + z * std::sin(p), up = -x * std::sin(p) + z * std::cos(p);
    if (!lens.project(-y, -up, forward, u, v)) continue;
    b.x1 = std::min(b.x1, static_cast<float>(u)), b.x2 = std::max(b.x2, static_cast<float>(u));
    b.y1 = std::min(b.y1, static_cast<float>(v)), b.y2 = std::max(b.y2, static_cast<float>(v));
  }
  b.x1 = std::max(b.x1, 0.f), b.y1 = std::max(b.y1, 0.f);
  b.x2 = std::min(b.x2, static_cast<float>(lens.width)),
  b.y2 = std::min(b.y2, static_cast<float>(lens.height));
  return b;
}

TEST(Locate, FindsDistanceAndBearingWithBothLenses) {
  const Chassis c;
  const TargetSize size;
  for (const Lens& lens : {Lens::standard(), Lens::wide()}) {
    for (double d : {0.25, 0.3, 0.5, 1.0, 2.0, 3.0}) {
      for (double a : {-0.4, 0.0, 0.3}) {
        const Sighting s = locate(picture_of_can(lens, c, d, a, size), lens, c, size);
        ASSERT_TRUE(s.ok);
        EXPECT_NEAR(s.distance, d, 0.04 * d + 0.02) << "at " << d << " " << a;
        EXPECT_NEAR(s.bearing, a, 0.02);
      }
    }
  }
}

TEST(Locate, HidingPartOfTheCanNeverMakesItSeemFarther) {
  const Chassis c;
  const TargetSize size;
  const Lens lens = Lens::standard();
  for (double d : {0.5, 1.0, 2.0}) {
    const Box whole = picture_of_can(lens, c, d, 0, size);
    Box left_half = whole, lower_cut = whole;
    left_half.x2 = (whole.x1 + whole.x2) / 2;
    lower_cut.y2 = whole.y2 - 0.4f * whole.height();
    const double truth = locate(whole, lens, c, size).distance;
    EXPECT_LE(locate(left_half, lens, c, size).distance, truth * 1.06);
    EXPECT_LE(locate(lower_cut, lens, c, size).distance, truth * 1.06);
  }
}

TEST(Locate, ACanCutByTheBorderIsWhereItIs) {
  const Chassis c;
  const TargetSize size;
  for (const Lens& lens : {Lens::standard(), Lens::wide()}) {
    for (double d : {0.3, 0.4, 0.8}) {
      int cut = 0;
      for (double a = -1.2; a <= 1.2; a += 0.01) {
        const Box b = picture_of_can(lens, c, d, a, size);
        if (b.width() < 0.3f * b.height()) continue;  // of the can at least half
        const Sighting s = locate(b, lens, c, size);
        if (!s.cut) continue;
        cut += b.x1 <= 0 || b.x2 >= 640;
        EXPECT_NEAR(s.distance, d, 0.08 * d + 0.02) << d << " " << a;
        EXPECT_NEAR(s.bearing, a, 0.03) << d << " " << a;
      }
      EXPECT_GT(cut, 3);
    }
  }
}

TEST(Locate, RefusesNonsense) {
  const Lens lens = Lens::standard();
  EXPECT_FALSE(locate({10, 10, 10, 10}, lens, Chassis(), TargetSize()).ok);
  EXPECT_FALSE(locate({20, 10, 10, 40}, lens, Chassis(), TargetSize()).ok);
  const float nan = std::nanf("");
  EXPECT_FALSE(locate({nan, nan, nan, nan}, lens, Chassis(), TargetSize()).ok);
}

TEST(LensModel, RayAndProjectionAreInverse) {
  for (const Lens& lens : {Lens::standard(), Lens::wide()}) {
    for (double u = 0; u <= lens.width; u += 40) {
      for (double v = 0; v <= lens.height; v += 40) {
        const auto r = lens.ray(u, v);
        double pu, pv;
        ASSERT_TRUE(lens.project(r[0], r[1], r[2], pu, pv));
        EXPECT_NEAR(pu, u, 1e-6);
        EXPECT_NEAR(pv, v, 1e-6);
        EXPECT_NEAR(r[0] * r[0] + r[1] * r[1] + r[2] * r[2], 1, 1e-12);
      }
    }
  }
  EXPECT_NEAR(Lens::standard().bearing(640, 240) * 2 * 180 / kTestPi, 62, 1e-9);
  const auto corner = Lens::wide().ray(0, 0);
  EXPECT_NEAR(std::acos(corner[2]) * 2 * 180 / kTestPi, 136, 1e-6);
}

// A point robot on a plane with an ideal camera: the behaviour alone, no pictures.
class PlaneWorld {
 public:
  PlaneWorld(double can_x, double can_y, uint64_t seed)
      : can_x_(can_x), can_y_(can_y), random_(seed), odometry_(options_.chassis) {}

  // Returns true when the behaviour says it is done.
  bool drive(Find& find, double seconds) {
    const Chassis& c = options_.chassis;
    for (int i = 0; i < seconds * 30; ++i) {
      const Nanos now = kSecond + i * kSecond / 30;
      Percept p;
      p.sequence = static_cast<uint64_t>(i + 1);
      p.captured = now;
      const double dx = can_x_ - pose.x, dy = can_y_ - pose.y;
      const double cx = dx * std::cos(pose.yaw) + dy * std::sin(pose.yaw) - c.camera_forward,
                   cy = -dx * std::sin(pose.yaw) + dy * std::cos(pose.yaw);
      const bool hidden = i >= hide_from && i < hide_until;
      if (cx > 0.1 && !hidden && random_.chance(0.9)) {
        Box b = picture_of_can(options_.lens, c, std::hypot(cx, cy), std::atan2(cy, cx), options_.size);
        b.x1 += static_cast<float>(random_.normal()), b.y2 += static_cast<float>(random_.normal());
        if (b.x1 < 620 && b.x2 > 20 && b.x2 > b.x1) {
          p.count = 1;
          p.detections[0].box = b;
          p.detections[0].score = can_score;
        }
      }
      if (p.count == 0 && random_.chance(false_alarms)) {
        const auto x = static_cast<float>(random_.uniform(0, 600)),
                   y = static_cast<float>(random_.uniform(100, 400));
        p.count = 1;
        p.detections[0].box = {x, y, x + 30, y + 50};
        p.detections[0].score = 0.6f;
      }
      odometry_.update(now, duty_);
      const Twist t = find.step({now, 1.0 / 30, &p, &odometry_});
      fastest = std::max(fastest, std::fabs(t.v));
      duty_ = duty_for(c, t);
      pose = advance(pose, twist_for(c, duty_), 1.0 / 30);
      nearest = std::min(nearest, std::hypot(can_x_ - pose.x, can_y_ - pose.y));
      if (find.done()) return true;
    }
    return false;
  }
  double gap() const {
    return std::hypot(can_x_ - pose.x, can_y_ - pose.y) - options_.size.radius - options_.chassis.radius;
  }

  Pose2 pose;
  double nearest = 1e9, fastest = 0;
  int hide_from = -1, hide_until = -1;
  double false_alarms = 0;
  float can_score = 0.8f;

 private:
  FindOptions options_;
  double can_x_, can_y_;
  Random random_;
  Odometry odometry_;
  WheelDuty duty_;
};

TEST(Find, ReachesTheCanFromEverySide) {
  double mean = 0;
  for (int i = 0; i < 24; ++i) {
    const double a = i * kTestPi / 12, d = 0.8 + 0.1 * (i % 23);
    PlaneWorld world(d * std::cos(a), d * std::sin(a), static_cast<uint64_t>(i));
    Find find{FindOptions()};
    EXPECT_TRUE(world.drive(find, 60)) << i << " " << find.state_name();
    EXPECT_GE(world.gap(), 0.15) << i;
    EXPECT_LE(world.gap(), 0.35) << i;
    EXPECT_LE(world.fastest, 0.3001);
    mean += world.gap() / 24;
  }
  EXPECT_NEAR(mean, FindOptions().gap, 0.012) << "it must not always stop short";
}

TEST(Find, BacksOffWhenItStartsTooNear) {
  PlaneWorld world(0.085 + 0.033 + 0.14, 0, 3);
  Find find{FindOptions()};
  EXPECT_TRUE(world.drive(find, 30));
  EXPECT_GE(world.gap(), 0.18);
}

TEST(Find, LosesItSearchesAgainAndArrives) {
  PlaneWorld world(2.5, 0.5, 4);
  world.hide_from = 120;
  world.hide_until = 240;
  Find find{FindOptions()};
  EXPECT_TRUE(world.drive(find, 60));
  EXPECT_GE(world.gap(), 0.15);
  EXPECT_LE(world.gap(), 0.35);
}

TEST(Find, FalseAlarmsDoNotKeepItFromTurning) {
  // A box at a random place in one of 20 frames, and the can behind the robot.
  for (uint64_t seed = 0; seed < 8; ++seed) {
    PlaneWorld world(-2, 0.3, seed);
    world.false_alarms = 0.05;
    Find find{FindOptions()};
    EXPECT_TRUE(world.drive(find, 60)) << seed;
    EXPECT_GE(world.gap(), 0.15) << seed;
    EXPECT_LE(world.gap(), 0.35) << seed;
  }
}

TEST(Find, TakesAWeakSightingInTheSecondRound) {
  PlaneWorld world(1.5, -0.8, 2);
  world.can_score = 0.38f;
  Find find{FindOptions()};
  EXPECT_TRUE(world.drive(find, 60)) << find.state_name();
  EXPECT_GE(world.gap(), 0.15);
  EXPECT_LE(world.gap(), 0.35);
}

TEST(Find, NeverDrivesForwardWithoutASighting) {
  PlaneWorld world(2, 0, 5);
  world.hide_from = 0;
  world.hide_until = 1 << 30;
  Find find{FindOptions()};
  EXPECT_FALSE(world.drive(find, 40));
  EXPECT_EQ(world.fastest, 0);
  EXPECT_NEAR(std::hypot(world.pose.x, world.pose.y), 0, 1e-6);
}

TEST(DurationHistogram, CountsAndMerges) {
  DurationHistogram a, b;
  for (int i = 1; i <= 100; ++i) a.add(i * kMillisecond);
  EXPECT_NEAR(a.quantile_ms(0.5), 50.5, 1);
  EXPECT_NEAR(a.quantile_ms(0.99), 99.5, 1);
  EXPECT_DOUBLE_EQ(a.max_ms(), 100);
  EXPECT_NEAR(a.mean_ms(), 50.5, 1e-9);
  b.add(5000 * kMillisecond);
  b.merge(a);
  EXPECT_EQ(b.count(), 101);
  EXPECT_EQ(b.bin(DurationHistogram::kBins - 1), 1);
  EXPECT_EQ(DurationHistogram().quantile_ms(0.5), 0);
}

}  // namespace
}  // namespace jetline
