#include "jetline/check/testing.h"
#include "jetline/check/verdict.h"

namespace jetline::check {
namespace {

using namespace testing;  // NOLINT: this room's test helpers

const Finding* checker_finding(const Report& r, const std::string& id) {
  for (const Finding& f : r.findings) {
    if (f.id == id) return &f;
  }
  return nullptr;
}

Report checker_run(Model& model, const targets::Catalog& catalog, const std::string& tensorrt,
                   const std::string& board = "") {
  Checker checker(model, catalog);
  return checker.check(target_for(catalog, tensorrt, board));
}

TEST(Checker, AnOperatorWithAnImporterRuns) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabPlain", {1, 4});
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kRuns) << r.reason;
  EXPECT_TRUE(is_yes(r.verdict));
  EXPECT_TRUE(r.findings.empty());
}

TEST(Checker, AReleaseWithoutAnImporterRefuses) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabNew", {1, 4});
  const Report r = checker_run(*model, *catalog, "8.5");
  EXPECT_EQ(r.verdict, Verdict::kWillNotParse);
  const Finding* f = checker_finding(r, "trt.no-importer");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->op, "lab.LabNew");
  EXPECT_EQ(f->nodes, std::vector<std::string>{"n"});
  EXPECT_NE(f->hint.find("8.6"), std::string::npos) << f->hint;
  EXPECT_EQ(checker_run(*model, *catalog, "8.6").verdict, Verdict::kRuns);
}

TEST(Checker, WhatNobodyKnowsNeverRuns) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("NobodyKnowsIt", {1, 4});
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kWillNotParse);
  EXPECT_EQ(r.proof, targets::Proof::kInferred);
  ASSERT_TRUE(checker_finding(r, "trt.unknown-operator"));
}

TEST(Checker, APluginOfTheNameRunsInTheReleasesThatShipIt) {
  const auto catalog =
      lab_catalog("[[plugin]]\nname = \"LabPlugin\"\ntrt = \"8.2..\"\nsource = \"lab.csv\"\n");
  const auto model = lab_model("LabPlugin", {1, 4});
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kRunsWithPlugin);
  EXPECT_EQ(r.plugins, std::vector<std::string>{"LabPlugin"});
  EXPECT_EQ(checker_run(*model, *catalog, "8.0").verdict, Verdict::kWillNotParse);
  model->graph().nodes().front()->set_attribute(Attribute("plugin_version", std::string("7")));
  const Report other = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(other.verdict, Verdict::kWillNotParse);
  EXPECT_TRUE(checker_finding(other, "trt.plugin-version"));
}

TEST(Checker, TypesThatTheTableLeavesOutAreRefused) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabPlain", {1, 4}, {}, DType::kI32);
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kRunsAfterFix);
  const Finding* f = checker_finding(r, "trt.type");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->fix, "int-through-float");
  EXPECT_NE(f->message.find("int32"), std::string::npos) << f->message;
}

TEST(Checker, RefusedWithAFixRunsAfterIt) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabRuled", {1, 4}, {{"mode", "cubic"}, {"quiet", 0}});
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kRunsAfterFix);
  EXPECT_FALSE(is_yes(r.verdict));
  ASSERT_TRUE(checker_finding(r, "trt.lab.mode"));
  EXPECT_EQ(checker_finding(r, "trt.lab.mode")->fix, "resize-cubic");
  EXPECT_EQ(checker_run(*model, *catalog, "8.5").verdict, Verdict::kRuns);
}

TEST(Checker, WhatHasNoFixBesideItWillNotParse) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabRuled", {1, 9}, {{"mode", "cubic"}, {"quiet", 0}});
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kWillNotParse);
  ASSERT_EQ(r.findings.size(), 2u);
  EXPECT_EQ(r.findings[0].id, "trt.lab.size");  // worst first
}

TEST(Checker, WrongNumbersAreNoYes) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabRuled", {1, 4}, {{"mode", "near"}, {"quiet", 1}});
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kWrongNumbers);
  EXPECT_FALSE(is_yes(r.verdict));
}

TEST(Checker, ADynamicSizeThatDecidesIsUnknown) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabRuled", {1, Dim::named("n")}, {{"mode", "near"}, {"quiet", 0}});
  const Report r = checker_run(*model, *catalog, "8.2");
  EXPECT_EQ(r.verdict, Verdict::kUnknown);
  ASSERT_TRUE(checker_finding(r, "trt.lab.size"));
  EXPECT_TRUE(checker_finding(r, "trt.lab.size")->unknown);
}

TEST(Checker, EqualFindingsAreOneWithAllItsNodes) {
  const auto catalog = lab_catalog();
  Model model;
  model.set_opset("lab", 1);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {1, 4});
  for (int i = 0; i < 7; ++i) x = b.op("LabNew", {x}, {}, "n" + std::to_string(i), "lab");
  b.output(x, "y", DType::kF32, {1, 4});
  const Report r = checker_run(model, *catalog, "8.2");
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].nodes.size(), 7u);
  EXPECT_EQ(r.findings[0].nodes[3], "n3");
}

TEST(Checker, OneModelForManyTargets) {
  const auto catalog = lab_catalog();
  const auto model = lab_model("LabNew", {1, 4});
  Checker checker(*model, *catalog);
  const Report old = checker.check(target_for(*catalog, "8.2"));
  const Report now = checker.check(target_for(*catalog, "8.6"));
  const Report again = checker.check(target_for(*catalog, "8.2"));
  EXPECT_EQ(old.verdict, Verdict::kWillNotParse);
  EXPECT_EQ(now.verdict, Verdict::kRuns);
  EXPECT_EQ(again.verdict, old.verdict);
  EXPECT_EQ(again.reason, old.reason);
}

TEST(Checker, AStoredConditionTakesOneBranch) {
  const auto catalog = lab_catalog();
  for (const bool taken : {true, false}) {
    Model model;
    model.set_opset("", 13);
    model.set_opset("lab", 1);
    Graph& g = model.graph();
    GraphBuilder b(g);
    Value* x = b.input("x", DType::kF32, {1, 4});
    JETLINE_ASSERT_OK_AND_ASSIGN(Tensor truth, Tensor::own(DType::kBool, {}, {static_cast<uint8_t>(taken)}));
    Value* c = b.tensor("c", std::move(truth));
    Node* n = g.add_node("If", {c});
    Value* y = n->add_output("y");
    for (const char* branch : {"then_branch", "else_branch"}) {
      auto body = std::make_unique<Graph>(&model);
      GraphBuilder inner(*body);
      // Only the then branch holds what 8.2 has no importer for.
      const char* op = branch[0] == 't' ? "LabNew" : "LabPlain";
      Node* m = body->add_node(op, {x}, nullptr, "lab");
      body->add_output(m->add_output(std::string(branch) + "_y"));
      n->set_attribute(Attribute(branch, std::move(body)));
    }
    g.add_output(y);
    const Report r = checker_run(model, *catalog, "8.2");
    EXPECT_EQ(checker_finding(r, "trt.no-importer") != nullptr, taken);
  }
}

TEST(Checker, TheDlaIsCountedNodeByNode) {
  const auto catalog = lab_catalog();
  Model model;
  model.set_opset("lab", 1);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {1, 4});
  Value* y = b.op("LabPlain", {x}, {}, "a", "lab");
  b.output(y, "y", DType::kF32, {1, 4});
  Value* z = b.op("LabRuled", {x}, {{"mode", "near"}, {"quiet", 0}}, "b", "lab");
  b.output(z, "z", DType::kF32, {1, 4});
  b.output(b.op("LabPlain", {x}, {}, "c", "lab"), "w", DType::kF32, {1, 4});
  targets::Target t = target_for(*catalog, "8.2", "lab-small");
  t.dla = true;
  Checker checker(model, *catalog);
  const Report r = checker.check(t);
  EXPECT_TRUE(is_yes(r.verdict)) << r.reason;  // it falls back to the GPU
  ASSERT_TRUE(r.estimate.dla);
  EXPECT_EQ(r.estimate.dla->nodes_on_dla, 2);
  EXPECT_EQ(r.estimate.dla->nodes_on_gpu, 1);
  EXPECT_EQ(r.estimate.dla->switches, 2);
  t.dla = false;
  EXPECT_FALSE(checker.check(t).estimate.dla);
}

TEST(Checker, TooLargeForTheBoardDoesNotFit) {
  const auto catalog = lab_catalog();
  // 2 x 256 MiB in fp16 where the board leaves 512 MiB.
  const auto model = lab_model("LabPlain", {1, 1 << 27});
  const Report r = checker_run(*model, *catalog, "8.2", "lab-small");
  EXPECT_EQ(r.verdict, Verdict::kWillNotFit);
  EXPECT_EQ(checker_run(*model, *catalog, "8.2").verdict, Verdict::kRuns);  // no board, nothing to fit
}

}  // namespace
}  // namespace jetline::check
