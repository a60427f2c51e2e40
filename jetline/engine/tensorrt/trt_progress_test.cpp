#include "jetline/engine/tensorrt/trt_progress.h"

#include "jetline/engine/tensorrt/trt_testing.h"

namespace jetline {
namespace trt {
namespace {

TEST(TrtProgress, NestedPhasesAreSharesOfTheirParents) {
  SilentProgress p;
  CancelToken cancel;
  BuildWatch w(p, cancel);
  w.phase_start("all", "", 4);
  EXPECT_TRUE(w.step_complete("all", 0));
  EXPECT_EQ(p.last_done, 250);
  w.phase_start("timing", "all", 2);
  w.phase_start("one layer", "timing", 10);
  EXPECT_TRUE(w.step_complete("one layer", 4));
  EXPECT_EQ(p.last_done, 250 + 250 / 4);
  w.phase_finish("one layer");
  EXPECT_TRUE(w.step_complete("timing", 0));
  EXPECT_EQ(p.last_done, 375);
  w.phase_finish("timing");
  EXPECT_TRUE(w.step_complete("all", 1));
  EXPECT_EQ(p.last_done, 500);
  cancel.cancel();
  EXPECT_FALSE(w.step_complete("all", 2));
  w.phase_finish("all");
  w.phase_finish("never begun");
}

TEST(TrtProgress, PhasesWithoutStepsOrWithUnknownParentsCountForTheirPlace) {
  SilentProgress p;
  CancelToken cancel;
  BuildWatch w(p, cancel);
  w.phase_start("all", "", 2);
  EXPECT_TRUE(w.step_complete("all", 0));
  w.phase_start("hull", "all", 0);
  w.phase_start("nodes", "somebody else", 10);
  EXPECT_TRUE(w.step_complete("nodes", 4));
  EXPECT_EQ(p.last_done, 750);
  // Entered again with nothing done: the bar stands.
  w.phase_finish("nodes");
  w.phase_start("nodes", "nodes", 10);
  EXPECT_TRUE(w.step_complete("nodes", 0));
  EXPECT_EQ(p.last_done, 750);
}

TEST(TrtProgress, TheVerboseLogOfOldReleasesIsCounted) {
  SilentProgress p;
  CancelToken cancel;
  BuildWatch w(p, cancel);
  w.log_line("something else");
  EXPECT_EQ(p.calls, 0);
  w.log_line("--------------- Timing Runner: conv1 + relu1 (CudnnConvolution)");
  w.log_line("--------------- Timing Runner: conv2 (CudnnConvolution)");
  EXPECT_EQ(p.last_done, 2);
  EXPECT_EQ(p.last_total, 0);
  EXPECT_EQ(p.notes.back(), "conv2 (CudnnConvolution)");
}

}  // namespace
}  // namespace trt
}  // namespace jetline
