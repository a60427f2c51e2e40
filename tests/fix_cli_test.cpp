// `jetline fix` as a person and a script see it.
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline::testing {
namespace {

std::string fix_seed(const char* name) {
  return source_path(std::string("tests/corpus/onnx/") + name);
}

TEST(FixCommand, JsonHasTheDocumentedKeys) {
  TemporaryDirectory dir;
  const ProcessResult r =
      run_program({"fix", fix_seed("small.onnx"), "--tensorrt", "8.2", "-o", dir.file("o.onnx"), "--json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors << r.output;
  const auto j = json_of(r);
  for (const char* key :
       {"model", "output", "reached", "steps", "overall", "refusals", "notes", "before", "after"})
    EXPECT_TRUE(j.contains(key)) << key;
  EXPECT_TRUE(j["reached"]);
  EXPECT_TRUE(j["after"]["yes"]);
  EXPECT_TRUE(file_exists(dir.file("o.onnx")));
}

TEST(FixCommand, ADryRunWritesNothing) {
  const ProcessResult r =
      run_program({"fix", fix_seed("small.onnx"), "--tensorrt", "8.2", "--dry-run", "--json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  EXPECT_TRUE(json_of(r)["output"].is_null());
}

TEST(FixCommand, MistakesAreNamed) {
  TemporaryDirectory dir;
  const std::string out = dir.file("o.onnx"), model = fix_seed("small.onnx");
  EXPECT_EQ(error_id(run_program({"fix", model, "--tensorrt", "8.2", "--json"})), "fix.no-output");
  EXPECT_EQ(error_id(run_program({"fix", model, "--tensorrt", "8.2", "-o", out, "--tail", "off", "--json"})),
            "fix.bad-tail");
  EXPECT_EQ(error_id(run_program({"fix", model, "--tensorrt", "8.2", "-o", out, "--tail", "cut", "--json"})),
            "fix.no-tail");
  EXPECT_EQ(error_id(run_program({"fix", model, "--tensorrt", "8.2", "-o", out, "--skip", "gleu", "--json"})),
            "fix.unknown-rewrite");
  EXPECT_EQ(error_id(run_program({"fix", model, "--tensorrt", "8.2", "-o", out, "--batch", "x", "--json"})),
            "fix.bad-batch");
  EXPECT_FALSE(file_exists(out));
}

}  // namespace
}  // namespace jetline::testing
