#include "jetline/surgery/set_opset.h"

#include "jetline/surgery/testing.h"

namespace jetline::surgery {
namespace {

const OpsetChange* change_of(const SetOpsetResult& r, const std::string& op) {
  for (const OpsetChange& c : r.changes) {
    if (c.op == op) return &c;
  }
  return nullptr;
}

std::unique_ptr<Model> opset_17_model() {
  testing::TestModel t(17);
  Value* x = t.b.input("x", DType::kF32, {1, 2, 3});
  Value* y = t.b.op("Squeeze", {x, t.b.ints({0})});
  y = t.b.op("LayerNormalization", {y, t.b.floats("g", {3}, {1, 2, 3})}, {{"axis", -1}});
  t.b.output(t.b.op("Relu", {y}), "y", DType::kF32, {2, 3});
  t.model->ir_version = 8;
  return std::move(t.model);
}

TEST(SurgerySetOpset, SaysWhatWasRewritten) {
  auto model = opset_17_model();
  const auto feeds = testing::random_feeds(model->graph(), 1);
  const auto before = testing::run_named(*model, feeds);
  SetOpsetOptions o;
  o.opset = 12;
  JETLINE_ASSERT_OK_AND_ASSIGN(const SetOpsetResult r, set_opset(*model, o, nullptr));
  EXPECT_EQ(r.opset_before, 17);
  EXPECT_EQ(r.opset_after, 12);
  EXPECT_LT(r.ir_after, r.ir_before);
  const OpsetChange* norm = change_of(r, "LayerNormalization");
  ASSERT_TRUE(norm);
  EXPECT_EQ(norm->before, 1);
  EXPECT_EQ(norm->after, 0);
  // Its axes moved from an input to an attribute.
  const OpsetChange* squeeze = change_of(r, "Squeeze");
  ASSERT_TRUE(squeeze);
  EXPECT_EQ(squeeze->rewritten + squeeze->after - squeeze->before, squeeze->after - squeeze->before + 1);
  EXPECT_EQ(change_of(r, "Relu"), nullptr);
  const auto after = testing::run_named(*testing::through_file(*model), feeds);
  EXPECT_LE(testing::difference(before.at("y"), after.at("y")), 1e-5);
}

TEST(SurgerySetOpset, IrAloneLeavesTheGraphAlone) {
  auto model = opset_17_model();
  SetOpsetOptions o;
  o.ir = 9;
  JETLINE_ASSERT_OK_AND_ASSIGN(const SetOpsetResult r, set_opset(*model, o, nullptr));
  EXPECT_TRUE(r.changes.empty());
  EXPECT_EQ(model->ir_version, 9);
  EXPECT_EQ(model->opset(), 17);
  o.ir = 3;
  EXPECT_EQ(set_opset(*model, o, nullptr).status().id(), "surgery.ir");
  o.ir = 99;
  EXPECT_EQ(set_opset(*model, o, nullptr).status().exit_code(), 2);
}

TEST(SurgerySetOpset, WhatCannotBeSaidIsRefusedAndTheModelStays) {
  testing::TestModel t(17);
  Value* x = t.b.input("x", DType::kF32, {4});
  t.b.output(t.b.op("STFT", {x, t.b.ints("step", {}, {1})}, {}, "stft"), "y", DType::kF32, {4});
  SetOpsetOptions o;
  o.opset = 13;
  std::vector<passes::OpsetProblem> problems;
  EXPECT_EQ(set_opset(*t.model, o, &problems).status().id(), "graph.opset-inexpressible");
  EXPECT_EQ(t.model->opset(), 17);
  EXPECT_FALSE(problems.empty());
}

}  // namespace
}  // namespace jetline::surgery
