#include <nlohmann/json.hpp>

#include "jetline/base/strings.h"
#include "jetline/check/explain.h"
#include "jetline/check/report/json.h"
#include "jetline/check/report/json_schema_testing.h"
#include "jetline/check/report/text.h"
#include "jetline/check/testing.h"

namespace jetline::check {
namespace {

using namespace testing;  // NOLINT: this room's test helpers

// A report with every kind of finding that the lab has.
Report report_lab(const targets::Catalog& catalog, bool wide = true) {
  Model model;
  model.set_opset("lab", 1);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {1, wide ? 16 : 4});
  for (const char* name : {"r1", "r2", "r3", "r4", "r5", "r6"}) {
    b.output(b.op("LabRuled", {x}, {{"mode", "cubic"}, {"quiet", 1}}, name, "lab"),
             std::string(name) + "_out", DType::kF32, {1, 16});
  }
  b.output(b.op("LabNew", {x}, {}, "p\"1", "lab"), "y", DType::kF32, {1, 16});
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  Checker checker(model, catalog);
  return checker.check(target_for(catalog, "8.2", "lab-small"));
}

JsonSchema report_schema() {
  const auto text = read_file(jetline::testing::source_path("docs/check.schema.json"));
  EXPECT_TRUE(text.ok()) << text.status().to_string();
  return JsonSchema(nlohmann::json::parse(text.value_or("{}")));
}

TEST(CheckReport, TheTextLeadsWithTheVerdict) {
  const auto catalog = lab_catalog();
  const Report r = report_lab(*catalog);
  const std::string text = report_text("m.onnx", r);
  const auto lines = split(text, '\n');
  EXPECT_EQ(lines[0], "m.onnx on Lab Small, TensorRT 8.2, fp16");
  EXPECT_EQ(lines[2], "will not parse (documented)");
  EXPECT_NE(text.find("r1, r2, r3, r4 and 2 more"), std::string::npos) << text;
  EXPECT_NE(text.find("lab.md, documented; jetline check --explain trt.lab.size"), std::string::npos) << text;
  EXPECT_NE(text.find("resize-cubic"), std::string::npos) << text;
  EXPECT_EQ(text.find('\033'), std::string::npos);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 100u) << line;
  TextStyle color;
  color.color = true;
  EXPECT_NE(report_text("m.onnx", r, color).find("\033[31mwill not parse\033[0m"), std::string::npos);
}

TEST(CheckReport, LongWordsAndNamesDoNotBreakTheWrapping) {
  EXPECT_EQ(wrap("a bb ccc", 2, 6), "a bb\n  ccc");
  EXPECT_EQ(wrap(std::string(30, 'x'), 2, 10), std::string(30, 'x'));
  EXPECT_EQ(wrap("", 2, 10), "");
}

TEST(CheckReport, JsonIsWhatTheSchemaSays) {
  const auto catalog = lab_catalog();
  const JsonSchema schema = report_schema();
  const Report r = report_lab(*catalog);
  const auto one = nlohmann::json::parse(report_json("m.onnx", r));
  EXPECT_EQ(schema.errors(one), "");
  EXPECT_EQ(one["verdict"], "will not parse");
  EXPECT_EQ(one["findings"][0]["nodes"].size(), 6u);
  EXPECT_EQ(schema.errors(nlohmann::json::parse(reports_json("m.onnx", {r, r}))), "");
  // The validator is no formality.
  auto broken = one;
  broken["findings"][0]["kind"] = "odd";
  EXPECT_NE(schema.errors(broken), "");
  broken = one;
  broken.erase("proof");
  EXPECT_NE(schema.errors(broken), "");
}

TEST(CheckReport, DifferencesAreWhatTheSchemaSays) {
  const auto catalog = lab_catalog();
  const auto a = lab_model("LabPlain", {1, 4});
  const auto b = lab_model("LabNew", {1, 8});
  b->set_opset("", 11);
  ModelDiff d = diff_models(*a, *b, *catalog, {target_for(*catalog, "8.2")});
  ASSERT_EQ(d.inputs.size(), 1u);
  EXPECT_EQ(d.inputs[0].before, "float[1,4]");
  EXPECT_EQ(d.inputs[0].after, "float[1,8]");
  ASSERT_EQ(d.opsets.size(), 1u);
  EXPECT_EQ(d.opsets[0].before, 13);
  ASSERT_EQ(d.ops.size(), 2u);
  EXPECT_EQ(d.ops[0].name, "lab.LabNew");
  ASSERT_EQ(d.targets.size(), 1u);
  EXPECT_EQ(d.targets[0].before.verdict, Verdict::kRuns);
  EXPECT_EQ(d.targets[0].after.verdict, Verdict::kWillNotParse);
  EXPECT_TRUE(d.targets[0].gone.empty());
  ASSERT_EQ(d.targets[0].fresh.size(), 1u);
  d.before = "a.onnx";
  d.after = "b.onnx";
  EXPECT_EQ(report_schema().errors(nlohmann::json::parse(diff_json(d))), "");
  const std::string text = diff_text(d);
  EXPECT_NE(text.find("runs -> will not parse"), std::string::npos) << text;
  EXPECT_NE(text.find("nodes of lab.LabNew: 0 -> 1"), std::string::npos) << text;
}

TEST(CheckReport, TwoEqualModelsDoNotDiffer) {
  const auto catalog = lab_catalog();
  const auto a = lab_model("LabPlain", {1, 4}), b = lab_model("LabPlain", {1, 4});
  const ModelDiff d = diff_models(*a, *b, *catalog, {target_for(*catalog, "8.2")});
  EXPECT_TRUE(d.inputs.empty() && d.outputs.empty() && d.opsets.empty() && d.ops.empty() && d.sizes.empty());
  EXPECT_TRUE(d.targets[0].gone.empty() && d.targets[0].fresh.empty());
}

// What SARIF 2.1.0 demands of a file with one run, and GitHub of what it takes in.
TEST(CheckReport, SarifHasWhatCodeScanningReads) {
  const auto catalog = lab_catalog();
  const Report r = report_lab(*catalog);
  const auto j = nlohmann::json::parse(report_sarif("models/my net.onnx", {r}, "1.2.3"));
  EXPECT_EQ(j["version"], "2.1.0");
  ASSERT_EQ(j["runs"].size(), 1u);
  const auto& run = j["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["name"], "jetline");
  EXPECT_EQ(run["tool"]["driver"]["semanticVersion"], "1.2.3");
  ASSERT_TRUE(run["artifacts"].is_array());
  const auto& rules = run["tool"]["driver"]["rules"];
  ASSERT_EQ(run["results"].size(), r.findings.size());
  std::set<std::string> seen;
  for (const auto& rule : rules) {
    EXPECT_TRUE(seen.insert(rule["id"].get<std::string>()).second);
    for (const char* key : {"shortDescription", "fullDescription", "help"}) {
      EXPECT_FALSE(rule[key]["text"].get<std::string>().empty()) << key;
    }
  }
  for (const auto& result : run["results"]) {
    const auto& rule = rules.at(result["ruleIndex"].get<size_t>());
    EXPECT_EQ(rule["id"], result["ruleId"]);
    const std::string level = result["level"];
    EXPECT_TRUE(level == "error" || level == "warning" || level == "note") << level;
    EXPECT_FALSE(result["message"]["text"].get<std::string>().empty());
    ASSERT_EQ(result["locations"].size(), 1u);
    const auto& place = result["locations"][0];
    EXPECT_EQ(place["physicalLocation"]["artifactLocation"]["uri"], "models/my%20net.onnx");
    EXPECT_GE(place["physicalLocation"]["region"]["startLine"], 1);
    for (const auto& logical : place["logicalLocations"]) {
      EXPECT_TRUE(logical["name"].is_string());
      EXPECT_TRUE(logical["fullyQualifiedName"].is_string());
    }
    EXPECT_EQ(result["partialFingerprints"]["jetline/v1"].get<std::string>().size(), 64u);
  }
}

TEST(CheckReport, TheMatrixHasOneWordACell) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabNew", {1, 4});
  Checker checker(*model, *catalog);
  std::vector<Report> reports;
  for (const targets::Target& t : targets::all_targets(*catalog, {})) reports.push_back(checker.check(t));
  ASSERT_GT(reports.size(), 50u);
  const std::string text = matrix_text("m.onnx", reports);
  const auto lines = split(text, '\n');
  for (const std::string& line : lines) EXPECT_LE(line.size(), 100u) << line;
  bool nano = false, orin = false;
  for (const std::string& line : lines) {
    if (starts_with(line, "nano-4gb ")) {
      nano = true;
      EXPECT_EQ(line.find("runs"), std::string::npos) << line;  // 8.2 is its last release
      EXPECT_NE(line.find("no"), std::string::npos) << line;
    }
    if (starts_with(line, "agx-orin-64gb ")) {
      orin = true;
      EXPECT_NE(line.find("runs"), std::string::npos) << line;
    }
  }
  EXPECT_TRUE(nano && orin) << text;
}

TEST(CheckExplain, RulesAndOwnFindingsHavePages) {
  const auto catalog = lab_catalog();
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string own, explain_text(*catalog, "trt.no-importer"));
  EXPECT_NE(own.find("why"), std::string::npos);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string page, explain_text(*catalog, "trt.lab.mode"));
  for (const char* word :
       {"no cubic", "lab.LabRuled", "..8.4", "attr('mode') == 'cubic'", "lab.md", "resize-cubic"}) {
    EXPECT_NE(page.find(word), std::string::npos) << word << "\n" << page;
  }
  const auto unknown = explain_text(*catalog, "trt.lab.mod");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.status().id(), "check.unknown-finding");
  EXPECT_NE(unknown.status().hint().find("trt.lab.mode"), std::string::npos) << unknown.status().hint();
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string json, explain_json(*catalog, "trt.lab.mode"));
  EXPECT_EQ(nlohmann::json::parse(json)["id"], "trt.lab.mode");
}

TEST(CheckExplain, EveryFindingOfTheTablesHasAPage) {
  const targets::Catalog catalog;
  const auto all = list_findings(catalog);
  ASSERT_GT(all.size(), 50u);
  for (const FindingRow& row : all) {
    EXPECT_TRUE(starts_with(row.id, "trt.")) << row.id;
    EXPECT_FALSE(row.message.empty()) << row.id;
  }
  JETLINE_EXPECT_OK(catalog.status());
}

}  // namespace
}  // namespace jetline::check
