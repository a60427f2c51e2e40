// `jetline optimize` as a person and a script see it.
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline::testing {
namespace {

std::string optimize_seed(const char* name) {
  return source_path(std::string("tests/corpus/onnx/") + name);
}

TEST(OptimizeCommand, JsonHasTheDocumentedKeysAndTheFileIsThere) {
  TemporaryDirectory dir;
  const ProcessResult r =
      run_program({"optimize", optimize_seed("small.onnx"), "-o", dir.file("o.onnx"), "--json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  const auto j = json_of(r);
  for (const char* key :
       {"model", "output", "nodes_before", "nodes_after", "transposes_before", "transposes_after",
        "bytes_before", "bytes_after", "rounds", "at_rest", "passes", "proof"}) {
    EXPECT_TRUE(j.contains(key)) << key;
  }
  EXPECT_LE(j["nodes_after"], j["nodes_before"]);
  EXPECT_TRUE(j["at_rest"]);
  EXPECT_EQ(run_program({"inspect", dir.file("o.onnx")}).exit_code, 0);
}

TEST(OptimizeCommand, NothingIsOverwrittenUnasked) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("o.onnx"), "mine"));
  const ProcessResult r =
      run_program({"optimize", optimize_seed("small.onnx"), "-o", dir.file("o.onnx"), "--json"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(error_id(r), "file.exists");
  EXPECT_EQ(read_file(dir.file("o.onnx")).value_or(""), "mine");
}

TEST(OptimizeCommand, MistakesAreNamed) {
  TemporaryDirectory dir;
  const std::string out = dir.file("o.onnx");
  ProcessResult r =
      run_program({"optimize", optimize_seed("small.onnx"), "-o", out, "--skip", "layuot", "--json"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(error_id(r), "passes.unknown-pass");
  JETLINE_ASSERT_OK(write_file(dir.file("no.onnx"), "no model"));
  r = run_program({"optimize", dir.file("no.onnx"), "-o", out, "--json"});
  EXPECT_EQ(r.exit_code, 3);
  EXPECT_FALSE(file_exists(out));
}

}  // namespace
}  // namespace jetline::testing
