#include "jetline/sim/drive.h"

#include <gtest/gtest.h>

#include <cmath>

#include "jetline/base/files.h"
#include "jetline/sim/oracle.h"
#include "jetline/sim/recorder.h"
#include "jetline/sim/view_random.h"
#include "jetline/sim/world.h"
#include "jetline/vision/image_io.h"

namespace jetline::sim {
namespace {

class NoProgress : public Progress {
 public:
  void report(std::string_view, int64_t, int64_t, std::string_view) override {}
};

// A bright room with one can 1 m before the camera and nothing else.
Scene plain_scene() {
  Random r(4);
  Scene s = random_room(r, 4, 4.001f);
  Object can;
  can.x = 2;
  can.y = 2;
  s.objects.push_back(can);
  s.target = 0;
  return s;
}
CameraPose pose_before_can() {
  CameraPose p;
  p.at = {1, 2, 0.1f};
  return p;
}

TEST(Renderer, LabelIsTheProjectionOfTheCan) {
  Renderer r(Lens::standard());
  r.set_scene(plain_scene());
  r.render(pose_before_can());
  const Truth t = r.truth(0);
  EXPECT_DOUBLE_EQ(t.visible, 1);
  // Silhouette of a cylinder at 1 m: half width f tan(asin(r / d)); foot 0.1 m below, rim 0.015 m above the
  // lens.
  const double f = r.lens().f, half = f * std::tan(std::asin(0.033));
  EXPECT_NEAR(static_cast<double>(t.box.x1), 320 - half, 1.5);
  EXPECT_NEAR(static_cast<double>(t.box.x2), 320 + half, 1.5);
  EXPECT_NEAR(static_cast<double>(t.box.y1), 240 - f * 0.015 / 0.97, 2);
  EXPECT_NEAR(static_cast<double>(t.box.y2), 240 + f * 0.1 / 0.972, 2);
}

TEST(Renderer, KnowsHowMuchIsHidden) {
  Renderer r(Lens::standard());
  Scene s = plain_scene();
  Object box;  // a wall of cardboard that hides everything left of the can's middle
  box.shape = Shape::kBox;
  box.x = 1.5f, box.y = 2.15f;
  box.hx = 0.01f, box.hy = 0.15f, box.height = 0.3f;
  s.objects.push_back(box);
  r.set_scene(s);
  r.render(pose_before_can());
  EXPECT_NEAR(r.truth(0).visible, 0.5, 0.03);
  EXPECT_NEAR(static_cast<double>(r.truth(0).box.x1), 320, 1.5);
  s.objects[1].y = 2;
  r.set_scene(s);
  r.render(pose_before_can());
  EXPECT_EQ(r.truth(0).visible_pixels, 0);
  EXPECT_EQ(r.truth(0).visible, 0);
}

TEST(Renderer, ThePictureBorderHidesToo) {
  Renderer r(Lens::standard());
  r.set_scene(plain_scene());
  CameraPose p = pose_before_can();
  p.yaw = static_cast<float>(31 * kPi / 180);  // the can's axis on the right border
  r.render(p);
  EXPECT_NEAR(r.truth(0).visible, 0.5, 0.06);
  EXPECT_FLOAT_EQ(r.truth(0).box.x2, 640);
  p.yaw = static_cast<float>(kPi);
  r.render(p);
  EXPECT_EQ(r.truth(0).visible_pixels, 0);
}

TEST(Renderer, SamePoseSamePixelsAndFiniteLight) {
  for (const Lens& lens : {Lens::standard(160, 120), Lens::wide(160, 120)}) {
    Renderer a(lens), b(lens);
    for (uint64_t seed = 0; seed < 25; ++seed) {
      Random r(seed);
      const View v = random_view(lens, ViewOptions(), r);
      for (Renderer* one : {&a, &b}) {
        one->set_scene(v.scene);
        one->render(v.pose);
      }
      for (size_t i = 0; i < a.radiance().size(); ++i) {
        for (int k = 0; k < 3; ++k) {
          ASSERT_TRUE(std::isfinite(a.radiance()[i][k])) << seed << " pixel " << i;
          ASSERT_GE(a.radiance()[i][k], 0) << seed << " pixel " << i;
          ASSERT_EQ(a.radiance()[i][k], b.radiance()[i][k]);
        }
      }
    }
  }
}

TEST(Sensor, AutomaticExposureAndNoise) {
  const std::vector<F4> flat(160 * 120, f4(3));
  SensorSettings s;
  s.vignette = 0;
  s.noise = 0.03f;
  Sensor sensor;
  Image one, two;
  Random r(1);
  const float exposure = sensor.develop(flat, 160, 120, s, r, one);
  EXPECT_NEAR(exposure * 3, s.key, 1e-3f);
  sensor.develop(flat, 160, 120, s, r, two);
  double sum = 0;
  int differ = 0;
  for (int i = 0; i < 160 * 120 * 3; ++i) sum += one.data()[i], differ += one.data()[i] != two.data()[i];
  EXPECT_NEAR(sum / (160 * 120 * 3), 255 * std::pow(0.17, 1 / 2.2), 2);
  EXPECT_GT(differ, 1000) << "two exposures differ by their noise";
}

TEST(MakeEpisode, HasAFreePathAndDependsOnTheSeed) {
  double nearest = 9, farthest = 0;
  int counts[4] = {0, 0, 0, 0};
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Episode e = make_episode(seed, Chassis());
    ASSERT_TRUE(has_free_path(e, 0.04)) << seed;
    EXPECT_FALSE(collides(e.scene, e.chassis, e.start));
    const Object& can = e.scene.objects[static_cast<size_t>(e.scene.target)];
    const double d =
        std::hypot(static_cast<double>(can.x) - e.start.x, static_cast<double>(can.y) - e.start.y);
    nearest = std::min(nearest, d), farthest = std::max(farthest, d);
    ++counts[e.scene.objects.size() - 1];
  }
  EXPECT_GE(nearest, 0.799);
  EXPECT_LE(farthest, 3.001);
  for (int n : counts) EXPECT_GT(n, 15);
  EXPECT_EQ(make_episode(9, Chassis()).start.x, make_episode(9, Chassis()).start.x);
  EXPECT_NE(make_episode(9, Chassis()).start.x, make_episode(10, Chassis()).start.x);
}

TEST(MakeEpisode, ABlockedPathIsSeen) {
  Episode e = make_episode(3, Chassis());
  const Object can = e.scene.objects[0];
  Object box;
  box.shape = Shape::kBox;
  box.hx = box.hy = 0.05f;
  box.x = static_cast<float>((e.start.x + static_cast<double>(can.x)) / 2);
  box.y = static_cast<float>((e.start.y + static_cast<double>(can.y)) / 2);
  e.scene.objects.push_back(box);
  EXPECT_FALSE(has_free_path(e, 0.04));
}

TEST(World, CollisionsAreSeenAndStopTheRobot) {
  Episode e;
  e.scene = plain_scene();
  e.start = {1.5, 2, 0};
  World world(e, 0);
  world.set_duty({0.8f, 0.8f});
  world.advance_to(5 * kSecond);
  EXPECT_EQ(world.collisions(), 1);
  EXPECT_EQ(world.touched_first(), 0);
  EXPECT_LT(world.pose().x, 2);
  EXPECT_NEAR(front_gap(e.chassis, world.pose(), e.scene.objects[0]), 0, 0.02);
}

TEST(World, RemembersPoses) {
  Episode e;
  e.scene = plain_scene();
  e.start = {0.5, 0.5, 0};
  World world(e, 0);
  world.set_duty({0.5f, 0.5f});
  world.advance_to(500 * kMillisecond);
  const double then = world.pose().x;
  world.advance_to(kSecond);
  EXPECT_NEAR(world.pose_at(500 * kMillisecond).x, then, 1e-9);
  EXPECT_GT(world.pose().x, then);
}

TEST(Oracle, TellsTheTruthOfTheRightFrame) {
  OracleErrors none;
  none.miss = none.false_alarm = none.edge = 0;
  OracleDetector oracle(none, 1);
  Image a(64, 48), b(64, 48);
  std::fill_n(a.data(), 64 * 48 * 3, uint8_t{10});
  std::fill_n(b.data(), 64 * 48 * 3, uint8_t{20});
  Truth t;
  t.box = {10, 10, 30, 40};
  t.visible = 1;
  oracle.tell(frame_fingerprint(a), t);
  std::vector<Detection> found;
  ASSERT_TRUE(oracle.detect(a, found, nullptr).ok());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].box.x1, 10, 3);
  ASSERT_TRUE(oracle.detect(b, found, nullptr).ok());
  EXPECT_TRUE(found.empty());
}

// The whole program in simulated time: picture, and the same result for any number of threads.
TEST(DriveSim, ReachesTheCanAndPaintsIt) {
  TemporaryDirectory tmp;
  NoProgress progress;
  CancelToken cancel;
  DriveOptions o;
  o.oracle = true;
  o.episodes = 1;
  o.seed = 1;
  auto recorder = DriveRecorder::create(tmp.file("drive.png"), "");
  ASSERT_TRUE(recorder.ok());
  auto r = drive_sim(o, progress, cancel, recorder->get());
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_EQ(r->episodes[0].outcome, "reached");
  EXPECT_EQ(r->collisions, 0);
  EXPECT_GT(r->glass_to_wheel.count(), 50);
  EXPECT_GE(r->glass_to_wheel.min_ms(), 47 + 25) << "never faster than camera and detector";
  ASSERT_TRUE((*recorder)->finish().ok());
  auto picture = load_image(tmp.file("drive.png"));
  ASSERT_TRUE(picture.ok()) << picture.status().to_string();
  EXPECT_EQ(picture->width(), 1920);
}

TEST(DriveSim, ResultsDoNotDependOnThreads) {
  NoProgress progress;
  CancelToken cancel;
  DriveOptions o;
  o.oracle = true;
  o.episodes = 3;
  o.seed = 40;
  o.max_seconds = 2;
  o.threads = 1;
  auto one = drive_sim(o, progress, cancel);
  o.threads = 3;
  auto three = drive_sim(o, progress, cancel);
  ASSERT_TRUE(one.ok() && three.ok());
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(one->episodes[i].distance_m, three->episodes[i].distance_m);
    EXPECT_EQ(one->episodes[i].frames_with_detections, three->episodes[i].frames_with_detections);
  }
}

TEST(DriveSim, RealThreadsRunAndStop) {
  NoProgress progress;
  CancelToken cancel;
  DriveOptions o;
  o.oracle = true;
  o.realtime = true;
  o.episodes = 1;
  o.max_seconds = 1;
  auto r = drive_sim(o, progress, cancel);
  ASSERT_TRUE(r.ok()) << r.status().to_string();
  EXPECT_GT(r->loop.beats, 0);
  EXPECT_EQ(r->episodes.size(), 1u);
}

TEST(DriveSim, RefusesBadOptionsAndStopsWhenTold) {
  NoProgress progress;
  CancelToken cancel;
  DriveOptions o;
  EXPECT_EQ(drive_sim(o, progress, cancel).status().id(), "drive.options");
  o.oracle = true;
  o.minutes = 1;
  EXPECT_EQ(drive_sim(o, progress, cancel).status().id(), "drive.options");
  o.minutes = 0;
  o.camera = "telescope";
  EXPECT_EQ(drive_sim(o, progress, cancel).status().id(), "drive.options");
  o.camera = "wide";
  cancel.cancel();
  EXPECT_EQ(drive_sim(o, progress, cancel).status().exit_code(), 130);
  CancelToken other;
  o.oracle = false;
  o.model = "no-such-model.onnx";
  EXPECT_FALSE(drive_sim(o, progress, other).ok());
}

}  // namespace
}  // namespace jetline::sim
