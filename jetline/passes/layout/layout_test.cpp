#include "jetline/passes/layout/permutation.h"
#include "jetline/passes/random_graph_testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

// What the Transposes of a model cost, as region_cost.cpp counts it.
int64_t transpose_cost(const Model& model) {
  int64_t sum = 0;
  for (const auto& n : model.graph().nodes()) {
    Perm p;
    if (transpose_perm(*n, p) && !moves_no_data(p, n->input(0)->type))
      sum += 65536 + 64 * n->input(0)->type.count();
  }
  return sum;
}

class LayoutProperty : public ::testing::TestWithParam<int> {};

TEST_P(LayoutProperty, RandomGraphsSayTheSame) {
  for (uint64_t i = 0; i < 25; ++i) {
    const uint64_t seed = static_cast<uint64_t>(GetParam()) * 25 + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto model = testing::RandomGraph(seed).make(4 + static_cast<int>(seed % 30));
    ShapeInference infer(*model);
    infer.graph(model->graph());
    const auto after = testing::optimized_copy(*model, testing::only({"layout"}));
    EXPECT_LE(transpose_cost(*after), transpose_cost(*model))
        << to_text(model->graph()) << to_text(after->graph());
    testing::optimized_copy(*model);
    if (::testing::Test::HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, LayoutProperty, ::testing::Range(0, 24));

// TensorFlow's way: every convolution between two transposes.
Value* nhwc_conv(TestModel& t, Value* x, int64_t in, int64_t out, int64_t stride = 1) {
  Value* y = t.transpose(x, {0, 3, 1, 2});
  y = t.b.op("Conv", {y, t.constant({out, in, 3, 3})},
             {{"pads", {1, 1, 1, 1}}, {"strides", {stride, stride}}});
  return t.transpose(y, {0, 2, 3, 1});
}

TEST(Layout, OnlyTheEndsOfAConvNetTranspose) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 8, 8, 3});
  Value* a = t.b.op("Relu", {t.b.op("Add", {nhwc_conv(t, x, 3, 4), t.constant({4})})});
  Value* b = t.b.op("Relu", {nhwc_conv(t, a, 4, 4)});
  Value* sum = t.b.op("Add", {a, b});
  Value* pad = t.b.op("Pad", {sum, t.b.ints({0, 0, 0, 0, 0, 1, 1, 0}), t.b.scalar(0)});
  Value* down = nhwc_conv(t, pad, 4, 4, 2);
  Value* up = t.b.op(
      "Resize", {down, nullptr, nullptr, t.b.ints({1, 9, 9, 4})},
      {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
  Value* cat = t.b.op("Concat", {up, pad}, {{"axis", -1}});
  Value* mean = t.b.op("ReduceMean", {cat}, {{"axes", {1, 2}}, {"keepdims", 1}});
  Value* gate = t.b.op("Sigmoid", {nhwc_conv(t, mean, 8, 8)});
  t.output(t.b.op("Mul", {cat, gate}), "y");
  passes::OptimizeReport report;
  const auto after = testing::optimized_copy(*t.model, {}, 1e-6, &report);
  EXPECT_EQ(report.transposes_before, 8);
  EXPECT_EQ(report.transposes_after, 2) << to_text(after->graph());
}

TEST(Layout, TheTransposeOfADetectionHeadIsReal) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = t.b.op("Conv", {x, t.constant({6, 3, 1, 1})});
  y = t.b.op("Relu", {t.transpose(y, {0, 2, 3, 1})});
  y = t.b.op("Reshape", {y, t.b.ints({1, 32, 3})});
  t.output(y, "y");
  const auto after = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*after, "Transpose"), 1);
}

TEST(Layout, ABiasStandsWithItsConvolution) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = t.b.op("Conv", {x, t.constant({6, 3, 1, 1})});
  y = t.b.op("Add", {t.transpose(y, {0, 2, 3, 1}), t.constant({6})});
  y = t.b.op("Reshape", {t.b.op("Relu", {y}), t.b.ints({1, 32, 3})});
  t.output(y, "y");
  const auto after = testing::optimized_copy(*t.model);
  EXPECT_EQ(count_nodes(*after), 4) << to_text(after->graph());
}

// A pyramid's heads: box coordinates of two anchors a cell on three levels, joined.
TEST(Layout, HeadsOfAPyramidShareOneTranspose) {
  for (const bool dynamic : {false, true}) {
    TestModel t;
    std::vector<Value*> levels;
    for (int64_t size : {4, 2, 1}) {
      const Dim batch = dynamic ? Dim::named("n") : Dim(2);
      Value* x = t.b.input("x" + std::to_string(size), DType::kF32, {batch, 3, size, size});
      Value* y = t.b.op("Conv", {x, t.constant({8, 3, 1, 1})});
      y = t.b.op("Add", {t.transpose(y, {0, 2, 3, 1}), t.constant({8})});
      levels.push_back(t.b.op("Reshape", {y, t.b.ints({dynamic ? 0 : 2, -1, 4})}));
    }
    t.output(t.b.op("Concat", levels, {{"axis", 1}}), "y");
    const auto after = testing::optimized_copy(*t.model);
    EXPECT_EQ(testing::count(*after, "Transpose"), 1) << to_text(after->graph());
  }
}

TEST(Layout, AReshapeThatMergesUntouchedAxesLetsTheTransposeThrough) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4, 5});
  Value* y = t.b.op("Reshape", {t.transpose(x, {0, 2, 3, 1}), t.b.ints({2, 20, 3})});
  t.output(t.transpose(t.b.op("Relu", {y}), {0, 2, 1}), "y");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Transpose"), 0);
}

TEST(Layout, OneTransposeServesAllWhoWantIt) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = t.b.op("Conv", {x, t.constant({6, 3, 1, 1})});
  for (int i = 0; i < 3; ++i) {
    Value* z = t.b.op(i == 0 ? "Relu" : i == 1 ? "Neg" : "Abs", {t.transpose(y, {0, 2, 3, 1})});
    t.output(t.b.op("Reshape", {z, t.b.ints({1, 32, 3})}), "y" + std::to_string(i));
  }
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Transpose"), 1);
}

TEST(Layout, ShapesOfMovedValuesAreReadInTheOldOrder) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim(), 3, Dim(), 5});
  Value* y = t.transpose(t.b.op("Relu", {t.transpose(x, {0, 2, 3, 1})}), {0, 3, 1, 2});
  Value* z = t.b.op("Relu", {t.transpose(x, {0, 2, 3, 1})});
  t.output(t.b.op("Shape", {z}), "s", DType::kI64);
  t.output(y, "y");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Transpose"), 0);
}

TEST(Layout, BodiesOfBranchesAreConsumersThatStay) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* flag = t.b.input("flag", DType::kBool, {});
  Value* y = t.b.op("Relu", {t.transpose(x, {0, 2, 3, 1})});
  Node* n = t.model->graph().add_node("If", {flag});
  for (const char* name : {"then_branch", "else_branch"}) {
    auto body = std::make_unique<Graph>(t.model.get(), n);
    body->name = name;
    GraphBuilder b(*body);
    Value* v = b.op(name[0] == 't' ? "Neg" : "Abs", {y});
    Node* turn = body->add_node("Transpose", {v});
    turn->set_attribute(Attribute("perm", std::vector<int64_t>{0, 3, 1, 2}));
    Value* out = turn->add_output(std::string(name) + "_out");
    body->add_output(out);
    n->set_attribute(Attribute(name, std::move(body)));
  }
  t.output(n->add_output("chosen"), "y");
  t.output(t.transpose(y, {0, 3, 1, 2}), "z");
  testing::optimized_copy(*t.model);
}

}  // namespace
}  // namespace jetline::passes
