// `cmake --install` gives a package that a stranger's project finds, links and runs, and a program that
// starts from there. It configures and compiles a small project, so it takes about ten seconds.
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {
using testing::run_words;

TEST(Install, StrangersProjectFindsAndUsesThePackage) {
  TemporaryDirectory dir;
  const std::string prefix = dir.file("prefix");
  const auto install = run_words({"cmake", "--install", JETLINE_BINARY_DIR, "--prefix", prefix});
  ASSERT_EQ(install.exit_code, 0) << install.errors;

  // The installed program works from its new place and finds its modules there.
  const auto doctor = run_words({prefix + "/bin/jetline", "doctor", "--json"});
  EXPECT_EQ(doctor.exit_code, 0) << doctor.errors;
  const auto here = testing::json_of(testing::run_program({"doctor", "--json"}));
  const auto there = testing::json_of(doctor);
  ASSERT_TRUE(there.is_object());
  for (size_t i = 0; i < here["modules"].size(); ++i) {
    EXPECT_EQ(there["modules"][i]["state"], here["modules"][i]["state"]) << there["modules"][i].dump();
  }

  // Nothing in the package points back into the build or source tree.
  for (const std::string& f : list_files_recursive(prefix).value_or({})) {
    if (file_extension_lower(f) != ".cmake") continue;
    const std::string text = read_file(f).value_or("");
    EXPECT_EQ(text.find(JETLINE_BINARY_DIR), std::string::npos) << f;
    EXPECT_EQ(text.find(std::string(JETLINE_SOURCE_DIR) + "/jetline"), std::string::npos) << f;
  }

  const std::string build = dir.file("build");
  const auto configure = run_words({"cmake", "-S", testing::source_path("tests/stranger"), "-B", build,
                                    "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_BUILD_TYPE=Debug"});
  ASSERT_EQ(configure.exit_code, 0) << configure.output << configure.errors;
  const auto compiled = run_words({"cmake", "--build", build});
  ASSERT_EQ(compiled.exit_code, 0) << compiled.output << compiled.errors;
  const auto ran = run_words({build + "/stranger", dir.file("m.onnx")});
  EXPECT_EQ(ran.exit_code, 0) << ran.output << ran.errors;
  EXPECT_NE(ran.output.find("nodes 1 input images"), std::string::npos) << ran.output;
  EXPECT_NE(ran.output.find("detector: "), std::string::npos) << ran.output;
  EXPECT_EQ(ran.output.find("detector: made"), std::string::npos) << ran.output;
}

}  // namespace
}  // namespace jetline
