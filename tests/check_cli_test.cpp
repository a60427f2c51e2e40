// `jetline check` as a person and a script see it.
#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline::testing {
namespace {

std::string check_seed(const char* name) {
  return source_path(std::string("tests/corpus/onnx/") + name);
}

TEST(CheckCommand, OneTargetSaysItsVerdict) {
  ProcessResult r = run_program({"check", check_seed("small.onnx"), "--tensorrt", "10.3"});
  EXPECT_TRUE(r.exit_code == 0 || r.exit_code == 1) << r.errors;
  EXPECT_NE(r.output.find("TensorRT 10.3"), std::string::npos) << r.output;
  EXPECT_NE(r.output.find("estimate"), std::string::npos) << r.output;
  EXPECT_EQ(r.output.find('\033'), std::string::npos);  // no terminal, no colour
  const int code = r.exit_code;
  r = run_program({"check", check_seed("small.onnx"), "--tensorrt", "10.3", "--json"});
  EXPECT_EQ(r.exit_code, code);
  const auto j = json_of(r);
  ASSERT_TRUE(j.is_object()) << r.output;
  EXPECT_EQ(j["yes"].get<bool>(), code == 0);
  for (const char* key :
       {"model", "target", "verdict", "proof", "reason", "plugins", "findings", "estimate"}) {
    EXPECT_TRUE(j.contains(key)) << key;
  }
}

TEST(CheckCommand, ARuleOfOnesOwnMakesItANo) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(
      write_file(dir.file("lab.toml"),
                 "[[rule]]\nid = \"lab.inputs\"\nop = \"graph.input\"\ntrt = \"..\"\nwhen = \"true\"\n"
                 "effect = \"refused\"\nmessage = \"no inputs on Sundays\"\nsource = \"lab\"\n"));
  const ProcessResult r = run_program({"check", check_seed("small.onnx"), "--tensorrt", "10.3", "--toml",
                                       dir.file("lab.toml"), "--sarif", dir.file("c.sarif")});
  EXPECT_EQ(r.exit_code, 1) << r.errors;
  EXPECT_NE(r.output.find("no inputs on Sundays"), std::string::npos) << r.output;
  EXPECT_EQ(r.errors, "");  // the answer is no, not an error
  const auto sarif = nlohmann::json::parse(read_file(dir.file("c.sarif")).value_or(""), nullptr, false);
  ASSERT_TRUE(sarif.is_object());
  bool seen = false;
  for (const auto& result : sarif["runs"][0]["results"]) seen = seen || result["ruleId"] == "trt.lab.inputs";
  EXPECT_TRUE(seen) << sarif.dump(1);
  // And it is not overwritten unasked.
  EXPECT_EQ(
      run_program({"check", check_seed("small.onnx"), "--tensorrt", "10.3", "--sarif", dir.file("c.sarif")})
          .exit_code,
      2);
}

TEST(CheckCommand, AllPrintsAMatrixInAHundredColumns) {
  const ProcessResult r = run_program({"check", check_seed("small.onnx"), "--all"});
  EXPECT_TRUE(r.exit_code == 0 || r.exit_code == 1) << r.errors;
  EXPECT_NE(r.output.find("nano-4gb"), std::string::npos) << r.output;
  for (const std::string& line : split(r.output, '\n')) EXPECT_LE(line.size(), 100u) << line;
  const auto j = json_of(run_program({"check", check_seed("small.onnx"), "--all", "--json"}));
  ASSERT_TRUE(j.is_object());
  EXPECT_GT(j["targets"].size(), 50u);
}

TEST(CheckCommand, ADifferenceFromItselfIsNone) {
  const ProcessResult r = run_program(
      {"check", "--diff", check_seed("small.onnx"), check_seed("small.onnx"), "--tensorrt", "8.2", "--json"});
  EXPECT_EQ(r.exit_code, 0) << r.errors;
  const auto j = json_of(r);
  for (const char* key : {"inputs", "outputs", "ops", "opsets", "sizes"}) EXPECT_TRUE(j[key].empty()) << key;
  ASSERT_EQ(j["targets"].size(), 1u);
  EXPECT_TRUE(j["targets"][0]["gone"].empty() && j["targets"][0]["new"].empty());
}

TEST(CheckCommand, MistakesAreNamed) {
  TemporaryDirectory dir;
  ProcessResult r = run_program({"check", "--json"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(error_id(r), "check.no-model");
  r = run_program({"check", check_seed("small.onnx"), "--board", "nano-5gb", "--json"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(error_id(r), "targets.unknown-board");
  JETLINE_ASSERT_OK(write_file(dir.file("no.onnx"), "no model"));
  r = run_program({"check", dir.file("no.onnx"), "--tensorrt", "8.2", "--json"});
  EXPECT_EQ(r.exit_code, 3);
  r = run_program({"check", "--explain", "trt.no-importr", "--json"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(error_id(r), "check.unknown-finding");
  EXPECT_NE(r.errors.find("trt.no-importer"), std::string::npos) << r.errors;
}

TEST(CheckCommand, PagesNeedNoModel) {
  const ProcessResult r = run_program({"check", "--explain", "trt.no-importer"});
  EXPECT_EQ(r.exit_code, 0) << r.errors;
  EXPECT_NE(r.output.find("why"), std::string::npos) << r.output;
  const auto j = json_of(run_program({"check", "--explain", "list", "--json"}));
  EXPECT_GT(j["findings"].size(), 50u);
}

}  // namespace
}  // namespace jetline::testing
