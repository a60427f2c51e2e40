// `jetline convert` as a person and a script see it, on a small detector of our own making.
#include "jetline/base/module.h"
#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/cases/harness.h"
#include "tests/program.h"

namespace jetline::testing {
namespace {

// The SavedModel (or graph.pb) of a case in `folder`.
std::string convert_placed(const std::string& cases, const std::string& name, const std::string& folder) {
  const auto loaded = tf::cases::load_all_cases(source_path("jetline/importers/tensorflow/" + cases));
  EXPECT_TRUE(loaded.ok()) << loaded.status().to_string();
  for (const tf::cases::Case& c : loaded.value_or({})) {
    if (c.name != name) continue;
    const Result<std::string> path = tf::cases::place(c, folder);
    EXPECT_TRUE(path.ok()) << path.status().to_string();
    return path.value_or("");
  }
  ADD_FAILURE() << name;
  return "";
}

TEST(ConvertCommand, JsonHasTheDocumentedKeysAndTheDetectorRuns) {
  TemporaryDirectory dir;
  const std::string model = convert_placed("real_models/mini_detectors", "stretched", dir.path());
  const ProcessResult r = run_program({"convert", model, "-o", dir.file("o.onnx"), "--json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  const auto j = json_of(r);
  for (const char* key : {"output", "opset", "lowest_opset", "nodes", "nodes_converted", "transposes", "form",
                          "family", "signature", "tensorflow", "folded", "unrolled", "inlined", "inputs",
                          "outputs", "ops", "warnings", "seconds"}) {
    EXPECT_TRUE(j.contains(key)) << key;
  }
  EXPECT_EQ(j["form"], "detector");
  EXPECT_EQ(j["signature"], "serving_default");
  const auto inspected = json_of(run_program({"inspect", dir.file("o.onnx"), "--json"}));
  EXPECT_EQ(inspected["card"]["head"], "tfod-ssd");
  EXPECT_EQ(inspected["card"]["input"]["width"], 48);
  if (find_module("openvino").empty())
    GTEST_SKIP() << "notice: needs the openvino module to run the detector";
  const std::string picture = source_path("docs/images/drive.jpg");
  if (!file_exists(picture)) return;
  EXPECT_EQ(run_program({"detect", dir.file("o.onnx"), picture, "--json"}).exit_code, 0);
}

TEST(ConvertCommand, OptionsWithListsLeaveTheModelAlone) {
  TemporaryDirectory dir;
  const std::string model = convert_placed("real_models/mini_detectors", "stretched", dir.path());
  const ProcessResult r = run_program({"convert", "--outputs", "raw_detection_scores,raw_detection_boxes",
                                       model, "-o", dir.file("o.onnx"), "--json"});
  ASSERT_EQ(r.exit_code, 0) << r.errors;
  const auto j = json_of(r);
  ASSERT_EQ(j["outputs"].size(), 2u);
  EXPECT_EQ(j["outputs"][0]["name"], "raw_detection_scores") << "in the order that was asked for";
}

TEST(ConvertCommand, ListPrintsSignatures) {
  TemporaryDirectory dir;
  const std::string model = convert_placed("real_models/mini_detectors", "points", dir.path());
  const auto j = json_of(run_program({"convert", model, "--list", "--json"}));
  bool found = false;
  for (const auto& s : j["graphs"][0]["signatures"]) found = found || s["name"] == "serving_default";
  EXPECT_TRUE(found);
}

TEST(ConvertCommand, EverythingUnsupportedIsListedAndNothingIsWritten) {
  TemporaryDirectory dir;
  const auto loaded = tf::cases::load_all_cases(source_path("jetline/importers/tensorflow/cases/data"));
  JETLINE_ASSERT_OK(loaded.status());
  const tf::cases::Case* refused = nullptr;
  for (const tf::cases::Case& c : *loaded) {
    if (!refused && c.kind == "refuse" && c.refuse == "tf.unsupported-op" && c.files.empty()) refused = &c;
  }
  ASSERT_NE(refused, nullptr);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string graph, tf::cases::place(*refused, dir.path()));
  std::vector<std::string> argv = {"convert", graph, "-o", dir.file("o.onnx"), "--json"};
  for (const std::string& name : refused->output_names) {
    argv.emplace_back("--outputs");
    argv.push_back(name);
  }
  const ProcessResult r = run_program(argv);
  EXPECT_EQ(r.exit_code, 3) << refused->name;
  const auto j = json_of(r);
  EXPECT_EQ(j["error"]["id"], "tf.unsupported-op");
  ASSERT_FALSE(j["error"]["unsupported"].empty());
  for (const char* key : {"op", "count", "nodes", "reason", "hint", "stack"})
    EXPECT_TRUE(j["error"]["unsupported"][0].contains(key)) << key;
  EXPECT_FALSE(file_exists(dir.file("o.onnx")));
}

TEST(ConvertCommand, MistakesAreNamed) {
  TemporaryDirectory dir;
  const std::string out = dir.file("o.onnx");
  EXPECT_EQ(error_id(run_program({"convert", dir.path(), "-o", out, "--json"})), "tf.not-a-saved-model");
  const std::string model = convert_placed("real_models/mini_detectors", "points", dir.path());
  EXPECT_EQ(error_id(run_program({"convert", model, "-o", out, "--signature", "no", "--json"})),
            "tf.no-signature");
  EXPECT_EQ(error_id(run_program({"convert", model, "--json"})), "convert.no-output");
  JETLINE_ASSERT_OK(write_file(out, "mine"));
  EXPECT_EQ(error_id(run_program({"convert", model, "-o", out, "--json"})), "file.exists");
  EXPECT_EQ(read_file(out).value_or(""), "mine");
}

}  // namespace
}  // namespace jetline::testing
