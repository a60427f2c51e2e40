#include "jetline/surgery/cut.h"

#include "jetline/surgery/testing.h"

namespace jetline::surgery {
namespace {

using Names = std::vector<std::string>;
using testing::names_of;

// Boxes and scores, NonMaxSuppression, a gather of what it chose, and an output that has nothing to do with
// it.
std::unique_ptr<Model> nms_model() {
  testing::TestModel t(13);
  GraphBuilder& b = t.b;
  Value* x = b.input("x", DType::kF32, {1, 5, 4});
  Value* boxes = b.op("Sigmoid", {x}, {}, "boxes");
  Value* scores = b.op("ReduceMax", {x}, {{"axes", {2}}, {"keepdims", 0}}, "score_max");
  scores = b.op("Unsqueeze", {scores, b.ints({1})}, {}, "scores");
  Value* chosen = b.op("NonMaxSuppression",
                       {boxes, scores, b.ints("most", {1}, {3}), b.floats("iou", {1}, {0.5f})}, {}, "nms");
  Value* which = b.op("Slice", {chosen, b.ints({2}), b.ints({3}), b.ints({1})}, {}, "which");
  t.output(b.op("Gather", {boxes, which}, {{"axis", 1}}, "pick"), "picked");
  b.output(b.op("Relu", {x}, {}, "raw_relu"), "raw", DType::kF32, {1, 5, 4});
  return std::move(t.model);
}

TEST(SurgeryCut, BeforeNmsLeavesItsRawTensors) {
  auto model = nms_model();
  CutOptions o;
  o.before = {"op:NonMaxSuppression"};
  const auto feeds = testing::random_feeds(model->graph(), 5);
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel result, cut(*model, o));
  EXPECT_EQ(names_of(result.outputs), (Names{"boxes", "scores"}));
  EXPECT_EQ(result.dropped_outputs, (Names{"picked", "raw"}));
  EXPECT_EQ(to_string(result.outputs[1].type), "float[1,1,5]");
  const auto out = testing::run_named(*testing::through_file(*result.model), feeds);
  EXPECT_EQ(out.at("boxes").count(), 20);
}

TEST(SurgeryCut, OtherOutputsStayOnRequest) {
  auto model = nms_model();
  CutOptions o;
  o.keep_outputs = true;
  // `nms` names a node and the tensor it makes; the tensor would cut behind the node.
  o.before = {"node:nms"};
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel all, cut(*model, o));
  EXPECT_EQ(names_of(all.outputs), (Names{"boxes", "scores", "raw"}));
  o.keep_outputs = false;
  o.keep = {"raw"};
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel one, cut(*model, o));
  EXPECT_EQ(names_of(one.outputs), (Names{"boxes", "scores", "raw"}));
  o.keep = {"picked"};
  EXPECT_EQ(cut(*model, o).status().id(), "surgery.no-path");
  o.keep = {"rawe"};
  const auto r = cut(*model, o);
  EXPECT_EQ(r.status().id(), "surgery.unknown-name");
  EXPECT_NE(r.status().hint().find("'raw'"), std::string::npos);
}

TEST(SurgeryCut, AfterANodeItsResultsAreTheOutputs) {
  auto model = nms_model();
  CutOptions o;
  o.after = {"node:nms"};
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel result, cut(*model, o));
  EXPECT_EQ(names_of(result.outputs), Names{"nms"});
  EXPECT_EQ(to_string(result.outputs[0].type).substr(0, 6), "int64[");
}

TEST(SurgeryCut, UpstreamKeepsWhatLiesBehind) {
  auto model = testing::skip_model();
  CutOptions o;
  o.after = {"sum"};
  o.upstream = true;
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel result, cut(*model, o));
  EXPECT_EQ(names_of(result.inputs), Names{"sum"});
  EXPECT_EQ(names_of(result.outputs), (Names{"scores", "extra"}));
  // What the cut does not separate is named.
  o.after = {"c2"};
  EXPECT_EQ(cut(*model, o).status().id(), "surgery.not-cut");
}

TEST(SurgeryCut, ACutThatLeavesNothingIsRefused) {
  auto model = testing::skip_model();
  CutOptions o;
  o.before = {"node:c1"};
  EXPECT_EQ(cut(*model, o).status().id(), "surgery.nothing-to-cut");
  o.upstream = true;
  o.before = {"tensor:scores"};
  EXPECT_EQ(cut(*model, o).status().id(), "surgery.nothing-to-cut");
}

TEST(SurgeryCut, YoloxEndsBeforeItsLastConcat) {
  JETLINE_REQUIRE_TEST_DATA(path, "onnx/onnx_yolox_nano/yolox_nano.onnx");
  JETLINE_ASSERT_OK_AND_ASSIGN(auto model, load_onnx(path));
  const Node* producer = model->graph().outputs()[0]->producer();
  CutOptions o;
  o.before = {"tensor:" + producer->input(0)->name()};
  JETLINE_ASSERT_OK_AND_ASSIGN(CutModel result, cut(*model, o));
  EXPECT_EQ(names_of(result.outputs), Names{producer->input(0)->name()});
  EXPECT_LT(result.nodes_after, result.nodes_before);
  ASSERT_TRUE(testing::through_file(*result.model));
}

}  // namespace
}  // namespace jetline::surgery
