#include "jetline/surgery/extract.h"

#include "jetline/graph/card_io.h"
#include "jetline/graph/testing.h"
#include "jetline/surgery/testing.h"

namespace jetline::surgery {
namespace {

using Names = std::vector<std::string>;
using testing::names_of;

ExtractOptions between(Names from, Names to, bool complete = false) {
  ExtractOptions o;
  o.from = std::move(from);
  o.to = std::move(to);
  o.complete = complete;
  return o;
}

TEST(SurgeryExtract, TwoHalvesComputeWhatTheWholeDoes) {
  auto model = testing::skip_model();
  const auto feeds = testing::random_feeds(model->graph(), 3);
  const auto whole = testing::run_named(*model, feeds);
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel front, extract(*model, between({}, {"sum"})));
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel back, extract(*model, between({"sum"}, {"scores", "extra"})));
  EXPECT_EQ(names_of(front.outputs), Names{"sum"});
  EXPECT_EQ(to_string(front.outputs[0].type), "float[1,4,6,6]");
  EXPECT_EQ(to_string(back.inputs[0].type), "float[1,4,6,6]");
  EXPECT_EQ(front.nodes_after + back.nodes_after, front.nodes_before);
  const auto middle = testing::run_named(*testing::through_file(*front.model), feeds);
  const auto end = testing::run_named(*testing::through_file(*back.model), middle);
  for (const char* name : {"scores", "extra"})
    EXPECT_EQ(testing::difference(whole.at(name), end.at(name)), 0);
}

TEST(SurgeryExtract, WeightsThatNobodyNeedsStayBehind) {
  auto model = testing::skip_model();
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel cut, extract(*model, between({"x"}, {"scores"})));
  EXPECT_EQ(cut.weights_before, 3);
  EXPECT_EQ(cut.weights_after, 2);
  EXPECT_EQ(cut.model->graph().find("extra_weight"), nullptr);
  EXPECT_EQ(cut.dropped_outputs, Names{"extra"});
}

TEST(SurgeryExtract, APathAroundTheInputsIsNamedAndOffered) {
  auto model = testing::skip_model();
  const auto r = extract(*model, between({"c2"}, {"scores"}));
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.status().id(), "surgery.not-cut");
  EXPECT_EQ(r.status().exit_code(), 3);
  EXPECT_NE(r.status().message().find("'r1' is needed too"), std::string::npos) << r.status().to_string();
  EXPECT_NE(r.status().hint().find("--from c2,r1"), std::string::npos) << r.status().hint();
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel cut, extract(*model, between({"c2"}, {"scores"}, true)));
  EXPECT_EQ(cut.added_inputs, Names{"r1"});
  EXPECT_EQ(names_of(cut.inputs), (Names{"c2", "r1"}));
}

TEST(SurgeryExtract, ANodeIsPartOfWhatIsExtracted) {
  auto model = testing::skip_model();
  // `c2` is a tensor too; the node is meant here.
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel cut, extract(*model, between({"node:c2"}, {"node:c2"})));
  EXPECT_EQ(cut.nodes_after, 1);
  EXPECT_EQ(names_of(cut.inputs), Names{"r1"});
  EXPECT_EQ(cut.weights_after, 1);
}

TEST(SurgeryExtract, NamesThatAreNotThereGetASuggestion) {
  auto model = testing::skip_model();
  const auto r = extract(*model, between({"x"}, {"scorse"}));
  EXPECT_EQ(r.status().id(), "surgery.unknown-name");
  EXPECT_EQ(r.status().exit_code(), 3);
  EXPECT_NE(r.status().hint().find("'scores'"), std::string::npos) << r.status().hint();
  const auto op = extract(*model, between({}, {"op:GlobalAvergePool"}));
  EXPECT_NE(op.status().hint().find("'GlobalAveragePool'"), std::string::npos) << op.status().hint();
}

TEST(SurgeryExtract, WhatCannotBeIsRefused) {
  auto model = testing::skip_model();
  EXPECT_EQ(extract(*model, between({"scores"}, {"extra"})).status().id(), "surgery.no-path");
  EXPECT_EQ(extract(*model, between({"sum"}, {"sum"})).status().id(), "surgery.no-path");
  EXPECT_EQ(extract(*model, between({"r1", "x"}, {"scores"})).status().id(), "surgery.no-path");
  // Nobody knows what a foreign operator gives.
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  Value* odd = t.b.op("Odd", {x}, {}, "odd", "example.org");
  t.b.output(t.b.op("Relu", {odd}), "y", DType::kF32, {2});
  t.model->set_opset("example.org", 1);
  const auto r = extract(*t.model, between({"odd"}, {"y"}));
  EXPECT_EQ(r.status().id(), "surgery.untyped-input") << r.status().to_string();
}

TEST(SurgeryExtract, BranchesKeepWhatTheyReadFromOutside) {
  auto model = jetline::testing::branching_model();
  // `neg` is read by both branches and by nothing else.
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel cut, extract(*model, between({"neg", "flag"}, {"y"})));
  EXPECT_EQ(names_of(cut.inputs), (Names{"neg", "flag"}));
  EXPECT_EQ(cut.nodes_after, 4);
  const auto r = extract(*model, between({"flag"}, {"y"}));
  EXPECT_EQ(r.status().id(), "surgery.not-cut");
  EXPECT_NE(r.status().message().find("'neg'"), std::string::npos) << r.status().message();
  auto again = testing::through_file(*cut.model);
  ASSERT_TRUE(again);
  const auto flag = Tensor::own(DType::kBool, {}, {1}).value();
  const auto out = testing::run_named(*again, {{"neg", Tensor::floats({2}, {1, 2}).value()}, {"flag", flag}});
  EXPECT_EQ(out.at("y").to_doubles().value(), (std::vector<double>{2, 4}));
}

TEST(SurgeryExtract, ATensorInsideABranchIsExtractedWithWhatItNeedsOutside) {
  auto model = jetline::testing::branching_model();
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel cut, extract(*model, between({"x"}, {"product"})));
  EXPECT_EQ(cut.nodes_after, 2);  // Neg outside, Mul inside
  const auto out =
      testing::run_named(*testing::through_file(*cut.model), {{"x", Tensor::floats({2}, {3, -2}).value()}});
  EXPECT_EQ(out.at("product").to_doubles().value(), (std::vector<double>{9, 4}));
}

TEST(SurgeryExtract, WhatFollowsFromShapesBecomesAConstant) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4});
  Value* shape = t.b.op("Shape", {x}, {}, "shape");
  Value* y = t.b.op("Relu", {t.b.op("Flatten", {x}, {}, "flat")}, {}, "flat_relu");
  t.output(t.b.op("Reshape", {y, shape}, {}, "back"), "y");
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel cut, extract(*t.model, between({"flat_relu"}, {"y"})));
  EXPECT_EQ(names_of(cut.inputs), Names{"flat_relu"});
  const Value* constant = cut.model->graph().find("shape");
  ASSERT_TRUE(constant && constant->is_constant());
  EXPECT_EQ(constant->initializer()->to_ints().value(), (std::vector<int64_t>{2, 3, 4}));
}

TEST(SurgeryExtract, TheCardStaysWithThePictureInput) {
  auto model = testing::skip_model();
  Card card;
  card.name = "test";
  card.input.name = "x";
  write_card(*model, card);
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel front, extract(*model, between({}, {"sum"})));
  EXPECT_EQ(read_card(*front.model).value().name, "test");
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel back, extract(*model, between({"sum"}, {"scores"})));
  EXPECT_EQ(read_card(*back.model).status().id(), "card.none");
  EXPECT_FALSE(back.notes.empty());
}

TEST(SurgeryExtract, TwoNodesOfOneNameAreAmbiguous) {
  auto model = testing::skip_model();
  for (const auto& n : model->graph().nodes()) n->name = "same";
  EXPECT_EQ(extract(*model, between({}, {"same"})).status().id(), "surgery.ambiguous-name");
}

TEST(SurgeryExtract, AFaceDetectorsBackboneAndHeadsFitTogether) {
  JETLINE_REQUIRE_TEST_DATA(path, "onnx/onnx_ultraface/version-RFB-320_simplified.onnx");
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
  // A third into the network.
  int left = static_cast<int>(model->graph().node_count()) / 3;
  std::string middle;
  for (const auto& n : model->graph().nodes()) {
    if (--left < 0 && n->is("Relu")) {
      middle = n->output(0)->name();
      break;
    }
  }
  ASSERT_FALSE(middle.empty());
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel front, extract(*model, between({}, {middle})));
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel back, extract(*model, between({middle}, {}, true)));
  EXPECT_LT(front.nodes_after, front.nodes_before / 2);
  EXPECT_EQ(names_of(back.outputs), (Names{"scores", "boxes"}));
  EXPECT_TRUE(back.inputs[0].type.is_static());
  ASSERT_TRUE(testing::through_file(*back.model));
}

}  // namespace
}  // namespace jetline::surgery
