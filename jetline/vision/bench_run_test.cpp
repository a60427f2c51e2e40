#include "jetline/vision/bench_run.h"

#include "jetline/vision/detector_testing.h"

namespace jetline {
namespace {

TEST(BenchRun, PercentilesAreNearestRank) {
  std::vector<Nanos> v;
  for (int i = 100; i >= 1; --i) v.push_back(i * kMillisecond);
  const StageStats s = stage_stats(v);
  EXPECT_EQ(s.n, 100);
  EXPECT_DOUBLE_EQ(s.median_ms, 50);
  EXPECT_DOUBLE_EQ(s.p90_ms, 90);
  EXPECT_DOUBLE_EQ(s.p99_ms, 99);
  EXPECT_DOUBLE_EQ(s.min_ms, 1);
  EXPECT_DOUBLE_EQ(s.mean_ms, 50.5);
  EXPECT_DOUBLE_EQ(stage_stats({7 * kMillisecond}).p99_ms, 7);
  EXPECT_EQ(stage_stats({}).n, 0);
}

TEST(BenchRun, TimesEveryRunOnEverySession) {
  auto model = testing::fake_jetline_model();
  model->requests = 2;
  model->infer = [](const TensorView&, std::vector<TensorView>& out) {
    testing::fake_row(out[0], 0, 1, 1, 9, 9, 0.9f, 0);
  };
  testing::install_fake_engine("fake-bench", model);
  TemporaryDirectory dir;
  testing::write_fake_model(*model, dir.file("m.onnx"));
  DetectorOptions o;
  o.engine.engine = "fake-bench";
  JETLINE_ASSERT_OK_AND_ASSIGN(auto detector, Detector::create(dir.file("m.onnx"), o));
  BenchOptions b;
  b.runs = 50;
  b.frame_width = 100;
  b.frame_height = 50;
  JETLINE_ASSERT_OK_AND_ASSIGN(const BenchReport r, run_bench(*detector, b));
  EXPECT_EQ(r.total.n, 50);
  EXPECT_EQ(r.pre.n, 50);
  EXPECT_EQ(r.detections, 50);
  EXPECT_EQ(r.conditions.at("sessions"), "2");
  EXPECT_EQ(r.conditions.at("frames"), "random 100x50");
  EXPECT_GT(r.fps, 0);
  EXPECT_GT(r.peak_rss_bytes, 0);
  CancelToken stop;
  stop.cancel();
  b.warmup = int64_t{1} << 40;
  EXPECT_EQ(run_bench(*detector, b, nullptr, &stop).status().exit_code(), 130) << "warming up can be stopped";
  b.warmup = 0;
  b.runs = 0;
  EXPECT_EQ(run_bench(*detector, b).status().id(), "bench.frames");
  b.runs = 1;
  b.images = {dir.file("none.jpg")};
  EXPECT_EQ(run_bench(*detector, b).status().id(), "file.not-found");
}

}  // namespace
}  // namespace jetline
