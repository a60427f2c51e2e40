#include "jetline/check/inline_calls.h"

#include "jetline/check/testing.h"

namespace jetline::check {
namespace {

using namespace testing;  // NOLINT: this room's test helpers

// twice(a) = LabRuled(LabRuled(a)) with `mode` from the caller; the model calls it once, and once in another
// function.
std::unique_ptr<Model> inline_model(bool recursive = false) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 13);
  model->set_opset("lab", 1);
  model->set_opset("own", 1);
  const auto function = [&](const char* name, const char* inner, const char* domain) {
    auto f = std::make_unique<ModelFunction>();
    f->domain = "own";
    f->name = name;
    f->attributes = {"mode"};
    f->opsets = {{"", 13, ""}, {"lab", 1, ""}, {"own", 1, ""}};
    f->body = std::make_unique<Graph>(model.get());
    Value* x = f->body->add_input("a");
    for (int i = 0; i < 2; ++i) {
      Node* n = f->body->add_node(inner, {x}, nullptr, domain);
      n->name = "n" + std::to_string(i);
      n->set_attribute(Attribute::reference("mode", "mode", Attribute::Kind::kString));
      n->set_attribute(Attribute("quiet", int64_t{0}));
      x = n->add_output("v" + std::to_string(i));
    }
    f->body->add_output(x);
    model->functions.push_back(std::move(f));
  };
  function("twice", recursive ? "twice" : "LabRuled", recursive ? "own" : "lab");
  GraphBuilder b(model->graph());
  Value* x = b.input("x", DType::kF32, {1, 4});
  b.output(b.op("twice", {x}, {{"mode", "cubic"}}, "call", "own"), "y", DType::kF32, {1, 4});
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  return model;
}

TEST(InlineCalls, TheBodyStandsInThePlaceOfTheCall) {
  const auto catalog = lab_catalog();
  const auto model = inline_model();
  const InlinedModel in = inline_calls(*model, *catalog);
  ASSERT_TRUE(in.model);
  JETLINE_EXPECT_OK(in.model->graph().verify());
  ASSERT_EQ(in.model->graph().node_count(), 2u);
  const Node& first = *in.model->graph().nodes().front();
  EXPECT_EQ(first.op(), "LabRuled");
  EXPECT_EQ(first.name, "call/n0");
  EXPECT_EQ(first.string_or("mode", ""), "cubic");  // the caller's
  EXPECT_EQ(in.model->graph().outputs()[0]->name(), "y");
  EXPECT_EQ(model->graph().node_count(), 1u);  // a copy was changed
}

TEST(InlineCalls, RulesSeeTheNodesFromTensorRt9On) {
  const auto catalog = lab_catalog(
      "[[rule]]\nop = \"lab.LabRuled\"\nid = \"lab.new\"\ntrt = \"9.0..\"\n"
      "when = \"attr('mode') == 'cubic'\"\neffect = \"wrong\"\nmessage = \"m\"\n"
      "source = \"s\"\n");
  const auto model = inline_model();
  Checker checker(*model, *catalog);
  const Report old = checker.check(target_for(*catalog, "8.6"));
  EXPECT_EQ(old.verdict, Verdict::kWillNotParse);
  ASSERT_FALSE(old.findings.empty());
  EXPECT_EQ(old.findings[0].id, "trt.function");
  const Report now = checker.check(target_for(*catalog, "10.3"));
  bool seen = false;
  for (const Finding& f : now.findings) {
    EXPECT_NE(f.id, "trt.function");
    seen = seen || (f.id == "trt.lab.new" && f.nodes.size() == 2 && f.nodes[0] == "call/n0");
  }
  EXPECT_TRUE(seen) << now.reason;
}

TEST(InlineCalls, AFunctionThatCallsItselfEnds) {
  const auto catalog = lab_catalog();
  const auto model = inline_model(true);
  Checker checker(*model, *catalog);
  const Report r = checker.check(target_for(*catalog, "10.3"));
  EXPECT_EQ(r.verdict, Verdict::kUnknown);
}

}  // namespace
}  // namespace jetline::check
