#include "jetline/graph/inspect.h"

#include "jetline/base/testing.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/testing.h"
#include "jetline/graph/text.h"

namespace jetline {
namespace {

TEST(Inspect, CountsASmallNetwork) {
  TemporaryDirectory dir;
  auto model = testing::small_network();
  Card card;
  card.name = "tiny";
  write_card(*model, card);
  model->set_metadata("author", "test");
  JETLINE_ASSERT_OK(save_onnx(*model, dir.file("m.onnx")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ModelSummary s, inspect_model(dir.file("m.onnx")));
  EXPECT_EQ(s.nodes, 5);
  EXPECT_EQ(s.ops.at("Conv"), 1);
  EXPECT_EQ(s.parameters, 108 + 4 + 8);
  EXPECT_EQ(s.weight_bytes, 4 * (108 + 4 + 8));
  EXPECT_EQ(s.macs.macs, 16 * 16 * 4 * 27 + 2 * 4);
  EXPECT_TRUE(s.macs.exact);
  ASSERT_EQ(s.inputs.size(), 1u);
  EXPECT_EQ(to_string(s.inputs[0].type), "float[1,3,16,16]");
  ASSERT_TRUE(s.card);
  EXPECT_EQ(s.card->name, "tiny");
  EXPECT_EQ(s.card_from, "model");
  EXPECT_EQ(s.metadata, (Metadata{{"author", "test"}}));
}

TEST(Inspect, OpenInputsTakeAShape) {
  TemporaryDirectory dir;
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {Dim::named("n"), 3, Dim(), Dim()});
  Value* y = b.input("y", DType::kF32, {Dim::named("n"), 4});
  Value* w = b.floats("w", {8, 3, 1, 1}, std::vector<float>(24, 1.f));
  b.output(b.op("Conv", {x, w}), "a", DType::kF32, {Dim::named("n"), 8, Dim(), Dim()});
  b.output(b.op("Relu", {y}), "b", DType::kF32, {Dim::named("n"), 4});
  JETLINE_ASSERT_OK(b.status());
  const std::string file = dir.file("m.onnx");
  JETLINE_ASSERT_OK(save_onnx(model, file));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ModelSummary open, inspect_model(file));
  EXPECT_FALSE(open.macs.exact);
  JETLINE_ASSERT_OK_AND_ASSIGN(const ModelSummary s, inspect_model(file, nullptr, {{"x", {2, 3, 10, 20}}}));
  EXPECT_EQ(to_string(s.inputs[0].type), "float[2,3,10,20]");
  EXPECT_EQ(to_string(s.inputs[1].type), "float[2,4]") << "n is the same number everywhere";
  EXPECT_EQ(to_string(s.outputs[0].type), "float[2,8,10,20]");
  EXPECT_EQ(to_string(s.outputs[1].type), "float[2,4]");
  EXPECT_TRUE(s.macs.exact);
  EXPECT_EQ(s.macs.macs, 2 * 8 * 10 * 20 * 3);
  for (const InputShapes& bad :
       {InputShapes{{"z", {1}}}, InputShapes{{"x", {1, 3, 4}}}, InputShapes{{"x", {1, 4, 4, 4}}},
        InputShapes{{"x", {1, 3, 4, 4}}, {"y", {2, 4}}}}) {
    const Status status = inspect_model(file, nullptr, bad).status();
    EXPECT_EQ(status.id(), "graph.bad-shape");
    EXPECT_EQ(status.exit_code(), 2);
  }
}

TEST(Inspect, ABrokenCardIsTold) {
  TemporaryDirectory dir;
  auto model = testing::small_network();
  model->set_metadata(kCardKey, "{");
  JETLINE_ASSERT_OK(save_onnx(*model, dir.file("m.onnx")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const ModelSummary s, inspect_model(dir.file("m.onnx")));
  EXPECT_FALSE(s.card);
  EXPECT_EQ(s.card_status.id(), "card.syntax");
  EXPECT_EQ(inspect_model(dir.file("none.onnx")).status().id(), "file.not-found");
}

TEST(Text, SaysEverythingOnOneLineANode) {
  auto model = testing::branching_model();
  EXPECT_EQ(to_text(*model),
            R"(model of IR version 8, opset ai.onnx 13
graph "branching" (%x: float[n], %flag: bool[]) {
  %neg: ? = Neg(%x)  # neg
  %chosen: ? = If(%flag) {then_branch={graph}, else_branch={graph}}  # choice
    then_branch =
      graph "sum_graph" () {
        %sum: float[n] = Add(%neg, %neg)
        return %sum: float[n]
      }

    else_branch =
      graph "product_graph" () {
        %product: float[n] = Mul(%neg, %neg)
        return %product: float[n]
      }
  %y: float[n] = Identity(%chosen)  # last
  return %y: float[n]
}
)");
  const std::string all = to_text(*testing::everything_model());
  for (const char* piece : {"%words = string[2] [\"first\", \"nul\\x00in\"]", "%half = float16[3] [1, -2, 0]",
                            "%nibbles = int4[3] [-1, 1, 7]",
                            "= jetline.test.Everything:o1(%x, -, %sparse) {f=0.25, i=-3, s=\"text\"",
                            "ints=[-9223372036854775808, 0, 9223372036854775807]", "type=seq(float[2,k,?])",
                            "graphs=1 graphs", "function jetline.test.Everything:o1 <f, alpha=0.5>",
                            "{alpha=@alpha}", "%sparse = sparse [2, 3] of 2 float"}) {
    EXPECT_NE(all.find(piece), std::string::npos) << piece << "\n" << all;
  }
}

}  // namespace
}  // namespace jetline
