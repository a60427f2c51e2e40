// `jetline drive` as a person meets it: mistakes in the call, and the JSON on the standard output alone.
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {

ProcessResult drive(const TemporaryDirectory& dir, std::vector<std::string> words) {
  words.insert(words.begin(), {"drive", "--sim"});
  return testing::run_program(words, dir.path());
}

TEST(DriveProgram, SaysWhatMakesNoSense) {
  TemporaryDirectory dir;
  EXPECT_EQ(drive(dir, {}).exit_code, 2);
  EXPECT_EQ(drive(dir, {"--detector", "oracle", "--seed", "-4"}).exit_code, 2);
  const auto both = drive(dir, {"model.onnx", "--detector", "oracle"});
  EXPECT_EQ(both.exit_code, 2) << "the model would be left out in silence";
  EXPECT_NE(both.errors.find("model.onnx"), std::string::npos) << both.errors;
}

TEST(DriveProgram, ReachesTheCanAndPrintsNothingButJson) {
  TemporaryDirectory dir;
  const auto r = drive(dir, {"--detector", "oracle", "--episodes", "1", "--seed", "3", "--json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  const auto j = nlohmann::json::parse(r.output);
  EXPECT_EQ(j["reached"], 1);
  EXPECT_EQ(j["collisions"], 0);
}

}  // namespace
}  // namespace jetline
