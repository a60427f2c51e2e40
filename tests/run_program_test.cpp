// `jetline run` as a whole: a stage of the real program, stopped in the middle, failing, and finished.
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {
using testing::json_of;
using testing::run_program;
using testing::run_shell;

TEST(ProgramRun, CtrlCStopsTheStageAndTheNextRunFinishesIt) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("p.toml"), "[synth]\ncount = 100000\nsize = \"160x120\"\n"));
  const auto stopped = run_shell("timeout --preserve-status -s INT 2 jetline run p.toml", dir.path());
  EXPECT_EQ(stopped.exit_code, 130) << stopped.errors;
  EXPECT_FALSE(file_exists(dir.file("runs/p/.jetline/synth.json")));
  EXPECT_TRUE(file_exists(dir.file("runs/p/report.html")));  // it says how far the run came
  JETLINE_ASSERT_OK(write_file(dir.file("p.toml"), "[synth]\ncount = 3\nsize = \"160x120\"\n"));
  const auto done = run_program({"run", "p.toml", "--json"}, dir.path());
  ASSERT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(json_of(done)["stages"][0]["state"], "done");
  EXPECT_EQ(json_of(done)["stages"][0]["result"]["images"], 3);
  const auto again = run_program({"run", "p.toml", "--json"}, dir.path());
  EXPECT_EQ(json_of(again)["stages"][0]["state"], "unchanged");
}

TEST(ProgramRun, FailingStageGivesItsErrorAndExitCode) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("p.toml"), "[data]\npath = \"p.toml\"\n"));
  const auto direct = run_program({"data", "inspect", "p.toml", "--json"}, dir.path());
  const auto r = run_program({"run", "p.toml", "--json"}, dir.path());
  EXPECT_NE(r.exit_code, 0);
  EXPECT_EQ(r.exit_code, direct.exit_code);
  EXPECT_EQ(testing::error_id(r), testing::error_id(direct));
  EXPECT_NE(read_file(dir.file("runs/p/report.html")).value_or("").find(testing::error_id(direct)),
            std::string::npos);
}

}  // namespace
}  // namespace jetline
