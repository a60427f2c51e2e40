// `jetline inspect` as a person and a script see it.
#include "tests/program.h"

#include "jetline/base/testing.h"

namespace jetline::testing {
namespace {

std::string inspect_seed(const char* name) {
  return source_path(std::string("tests/corpus/onnx/") + name);
}

TEST(InspectCommand, JsonHasTheDocumentedKeys) {
  const ProcessResult r = run_program({"inspect", inspect_seed("small.onnx"), "--json"});
  EXPECT_EQ(r.exit_code, 0) << r.errors;
  const auto j = json_of(r);
  ASSERT_TRUE(j.is_object()) << r.output;
  for (const char* key : {"file", "ir_version", "opsets", "inputs", "outputs", "nodes", "ops", "parameters",
                          "weight_bytes", "macs", "macs_exact", "card", "notes", "unknown_fields"}) {
    EXPECT_TRUE(j.contains(key)) << key;
  }
  EXPECT_EQ(j["opsets"]["ai.onnx"], 13);
  EXPECT_EQ(j["inputs"][0]["shape"].dump(), "[1,3,16,16]");
  EXPECT_EQ(j["ops"]["Conv"], 1);
  EXPECT_EQ(j["macs"], 27656);
}

TEST(InspectCommand, ShapesAreCheckedAndMistakesAreUsage) {
  const std::string model = inspect_seed("small.onnx");
  const std::string input = json_of(run_program({"inspect", model, "--json"}))["inputs"][0]["name"];
  EXPECT_EQ(run_program({"inspect", model, "--shape", input + "=1x3x16x16"}).exit_code, 0);
  for (const std::string& bad :
       {input + "=1,3,8,8", input + "=1,3", input + "=", input, std::string("nothing=1,3,16,16"),
        input + "=1,3,-1,16", input + "=1,3,0,16"}) {
    const ProcessResult r = run_program({"inspect", model, "--json", "--shape", bad});
    EXPECT_EQ(r.exit_code, 2) << bad;
    EXPECT_EQ(error_id(r), "graph.bad-shape") << bad;
  }
}

TEST(InspectCommand, TextOfEverythingIsPrintable) {
  const ProcessResult r = run_program({"inspect", inspect_seed("everything.onnx"), "--text"});
  EXPECT_EQ(r.exit_code, 0) << r.errors;
  EXPECT_NE(r.output.find("jetline.test.Everything:o1(%x, -, %sparse)"), std::string::npos) << r.output;
  EXPECT_TRUE(is_valid_utf8(r.output));
}

TEST(InspectCommand, BadFilesEndWithThree) {
  TemporaryDirectory dir;
  auto bytes = read_file(inspect_seed("small.onnx"));
  ASSERT_TRUE(bytes.ok());
  ASSERT_TRUE(write_file(dir.file("cut.onnx"), bytes->substr(0, bytes->size() / 2)).ok());
  ASSERT_TRUE(write_file(dir.file("empty.onnx"), "").ok());
  for (const auto& [file, id] : std::vector<std::pair<std::string, std::string>>{
           {dir.file("cut.onnx"), "onnx.truncated"},
           {dir.file("empty.onnx"), "onnx.not-a-model"},
           {source_path("README.md"), "onnx.not-a-model"},
           {dir.file("none.onnx"), "file.not-found"},
           {dir.path(), "file.not-a-file"},
       }) {
    const ProcessResult r = run_program({"inspect", file, "--json"});
    EXPECT_EQ(r.exit_code, 3) << file << r.errors;
    EXPECT_EQ(error_id(r), id) << file;
    EXPECT_NE(r.errors.find("hint:"), std::string::npos) << r.errors;
  }
}

}  // namespace
}  // namespace jetline::testing
