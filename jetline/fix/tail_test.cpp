// Detector tails that we make ourselves, in the forms in which exporters write them: one suppression for all
// classes with GatherND and TopK, one for each class joined and sorted, plain gathers. Each is found,
// understood and replaced; what detections come out is compared by the chooser's own proof and, here, once
// more by hand.
#include "jetline/fix/tail.h"
#include "jetline/fix/compare.h"
#include "jetline/fix/tail_testing.h"
#include "jetline/fix/testing.h"
#include "jetline/graph/card.h"

namespace jetline::fix {
namespace {

using testing::count;
using testing::tail_model;
using testing::TailForm;

targets::Target tail_target(int major, int minor) {
  targets::Target t;
  t.tensorrt.part = {major, minor, 0, 0};
  t.tensorrt.parts = 2;
  return t;
}

struct TailDone {
  std::unique_ptr<Model> model;
  int changes = 0;
  Difference difference;
  std::vector<std::string> notes;
  std::string why;
};

TailDone tail_apply(const Model& model, const char* rewrite, targets::Target target = tail_target(8, 2)) {
  TailDone d;
  d.model = model.clone();
  FixOptions options;
  options.target = target;
  FixContext c(*d.model, options, 13);
  c.rewrite = rewrite;
  const auto done = find_rewrite(rewrite)->run(*d.model, c);
  EXPECT_TRUE(done.ok()) << done.status().to_string();
  d.changes = done.value_or(0);
  d.notes = c.notes;
  if (!c.refusals.empty()) d.why = c.refusals[0].reason;
  if (c.proof) d.difference = c.proof(model, *d.model);
  const Status sound = d.model->graph().verify();
  EXPECT_TRUE(sound.ok()) << sound.to_string();
  return d;
}

class FixTail : public ::testing::TestWithParam<TailForm> {};

TEST_P(FixTail, BecomesAPlugin) {
  const auto model = tail_model(GetParam());
  for (const char* rewrite : {"tail-efficient-nms", "tail-batched-nms"}) {
    const TailDone d = tail_apply(*model, rewrite);
    ASSERT_EQ(d.changes, 1) << d.why << to_text(model->graph());
    EXPECT_TRUE(d.difference.compared) << d.difference.why;
    EXPECT_LE(d.difference.largest, 1e-5);
    EXPECT_EQ(count(*d.model, "NonMaxSuppression"), 0);
    const bool batched = std::string(rewrite) == "tail-batched-nms";
    EXPECT_EQ(count(*d.model, batched ? "BatchedNMSDynamic_TRT" : "EfficientNMS_TRT"), 1);
    for (const Value* v : d.model->graph().outputs()) {
      const Value* was = model->graph().find(v->name());
      ASSERT_TRUE(was) << v->name();
      EXPECT_EQ(was->type.dtype, v->type.dtype) << v->name();
    }
  }
}

TEST_P(FixTail, IsCutToBoxesAndScores) {
  const auto model = tail_model(GetParam());
  const TailDone d = tail_apply(*model, "tail-cut");
  ASSERT_EQ(d.changes, 1) << d.why;
  EXPECT_TRUE(d.difference.compared) << d.difference.why;
  EXPECT_LE(d.difference.largest, 1e-5);
  ASSERT_EQ(d.model->graph().outputs().size(), 2u);
  EXPECT_EQ(to_string(d.model->graph().find("boxes")->type), "float[1,40,4]");
  EXPECT_EQ(to_string(d.model->graph().find("scores")->type), "float[1,40,3]");
  const auto card = card_from_json(*d.model->metadata_value(kCardKey));
  ASSERT_TRUE(card.ok());
  EXPECT_EQ(card->head, "tfod-ssd");
  EXPECT_FLOAT_EQ(card->nms_iou, 0.5f);
}

INSTANTIATE_TEST_SUITE_P(Forms, FixTail,
                         ::testing::Values(TailForm::kGatherNd, TailForm::kOnePerClass, TailForm::kBackground,
                                           TailForm::kClipped),
                         [](const auto& info) { return testing::tail_form_name(info.param); });

TEST(FixTailPlugin, TakesLogitsWhereThereIsASigmoid) {
  const auto model = tail_model(TailForm::kGatherNd);
  const TailDone d = tail_apply(*model, "tail-efficient-nms");
  ASSERT_EQ(d.changes, 1);
  for (const auto& n : d.model->graph().nodes()) {
    if (n->op() != "EfficientNMS_TRT") continue;
    EXPECT_EQ(n->int_or("score_activation", 0), 1);
    EXPECT_EQ(n->attribute("class_agnostic"), nullptr);  // not known before 8.6
    for (const char* needed :
         {"score_threshold", "iou_threshold", "max_output_boxes", "background_class", "box_coding"})
      EXPECT_NE(n->attribute(needed), nullptr) << needed;
  }
}

TEST(FixTailPlugin, SaysThatScoresInHalfPrecisionGoWrongBefore84) {
  const auto model = tail_model(TailForm::kSoftmax);
  targets::Target half = tail_target(8, 2);
  half.precision = targets::Precision::kFp16;
  const auto says = [](const TailDone& d) {
    return std::any_of(d.notes.begin(), d.notes.end(),
                       [](const std::string& n) { return n.find("fp32") != std::string::npos; });
  };
  EXPECT_TRUE(says(tail_apply(*model, "tail-efficient-nms", half)));
  half.tensorrt = tail_target(8, 4).tensorrt;
  EXPECT_FALSE(says(tail_apply(*model, "tail-efficient-nms", half)));
}

TEST(FixTailPlugin, WhatIsNotUnderstoodIsLeft) {
  const auto model = tail_model(TailForm::kReweighted);
  for (const char* rewrite : {"tail-efficient-nms", "tail-cut"}) {
    const TailDone d = tail_apply(*model, rewrite);
    EXPECT_EQ(d.changes, 0);
    EXPECT_FALSE(d.why.empty());
  }
  const auto computed = tail_model(TailForm::kComputedLimit);
  const TailDone d = tail_apply(*computed, "tail-cut");
  EXPECT_EQ(d.changes, 0);
  EXPECT_NE(d.why.find("computed"), std::string::npos) << d.why;
}

TEST(FixTailPlugin, AProofThatFailsIsSeen) {
  // The plugin with another overlap keeps other boxes.
  const auto model = tail_model(TailForm::kGatherNd);
  FixOptions options;
  options.target = tail_target(8, 2);
  auto copy = model->clone();
  FixContext c(*copy, options, 13);
  c.rewrite = "tail-efficient-nms";
  ASSERT_TRUE(find_rewrite(c.rewrite)->run(*copy, c).ok());
  for (const auto& n : copy->graph().nodes()) {
    if (n->op() == "EfficientNMS_TRT") n->set_attribute(Attribute("iou_threshold", 0.9f));
  }
  const Difference d = c.proof(*model, *copy);
  ASSERT_TRUE(d.compared) << d.why;
  EXPECT_GT(d.largest, 0.01);
}

}  // namespace
}  // namespace jetline::fix
