// constant-folding, shape-folding, reshape-chains, transpose-chains, dead-code.
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

TEST(ConstantFolding, AChainOfConstantsBecomesOne) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* c = t.transpose(t.constant({3, 2}), {1, 0});
  c = t.b.op("Add", {c, t.b.scalar(1)});
  t.output(t.b.op("Add", {x, c}), "y");
  const auto m = testing::optimized_copy(*t.model, {}, 0);
  EXPECT_EQ(count_nodes(*m), 1);
  EXPECT_EQ(m->graph().initializers().size(), 1u);
}

TEST(ConstantFolding, ASmallFileDoesNotBecomeABigOne) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1000, 1000});
  Value* c = t.b.op("Expand", {t.constant({1000, 1}), t.b.ints({1000, 1000})});
  t.output(t.b.op("Mul", {x, t.b.op("Sqrt", {t.b.op("Abs", {c})})}), "y");
  auto m = t.model->clone();
  OptimizeReport r;
  JETLINE_ASSERT_OK(optimize(*m, {}, &r));
  int64_t bytes = 0;
  for (const Value* v : m->graph().initializers())
    bytes += static_cast<int64_t>(v->initializer()->bytes().size());
  EXPECT_LT(bytes, 100000);  // 4 MB of products stay products
  OptimizeOptions generous;
  generous.fold_growth_bytes = 1 << 23;
  m = t.model->clone();
  JETLINE_ASSERT_OK(optimize(*m, generous, &r));
  EXPECT_EQ(count_nodes(*m), 1);
}

TEST(ConstantFolding, AConstantOutputStaysANodeAndFoldingEnds) {
  TestModel t;
  t.b.input("x", DType::kF32, {1});
  t.output(t.b.op("Neg", {t.constant({2})}), "y");
  OptimizeReport r;
  const auto m = testing::optimized_copy(*t.model, {}, 0, &r);
  EXPECT_TRUE(r.at_rest);
  EXPECT_EQ(testing::count(*m, "Identity"), 1);
  EXPECT_EQ(count_nodes(*m), 1);
}

TEST(ConstantFolding, DefaultsOfInputsAreNotConstants) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  t.model->graph().set_initializer(x, Tensor::floats({2}, {1, 2}).value());
  t.output(t.b.op("Neg", {x}), "y");
  auto m = t.model->clone();
  JETLINE_ASSERT_OK(optimize(*m, {}, nullptr));
  EXPECT_EQ(testing::count(*m, "Neg"), 1);
}

TEST(ConstantFolding, WeightsInEightBitsStaySo) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {4, 4});
  Value* zero = t.b.tensor("zero", Tensor::own(DType::kI8, {}, {0}).value());
  Value* steps = t.b.op("QuantizeLinear", {t.constant({4, 4}), t.b.scalar(0.125F), zero});
  t.output(t.b.op("MatMul", {x, t.b.op("DequantizeLinear", {steps, t.b.scalar(0.125F), zero})}), "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "QuantizeLinear"), 0);
  EXPECT_EQ(testing::count(*m, "DequantizeLinear"), 1);
}

TEST(ShapeFolding, ShapeArithmeticOfKnownShapesGoes) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3, 4});
  Value* shape = t.b.op("Shape", {x});
  Value* last = t.b.op("Gather", {shape, t.b.ints({2})});
  Value* twice = t.b.op("Mul", {last, t.b.ints({2})});
  t.output(t.b.op("Tile", {x, t.b.op("Concat", {t.b.ints({1, 1}), twice}, {{"axis", 0}})}), "y");
  const auto m = testing::optimized_copy(*t.model, {}, 0);
  EXPECT_EQ(count_nodes(*m), 1) << to_text(m->graph());
}

TEST(ShapeFolding, AnOpenDimensionIsKept) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3});
  t.output(t.b.op("Shape", {x}), "y", DType::kI64);
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, {}, 0), "Shape"), 1);
}

TEST(ReshapeChains, OnlyTheLastOneReshapes) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3, 4});
  Value* y = t.b.op("Reshape", {x, t.b.ints({0, 12})});
  y = t.b.op("Unsqueeze", {y, t.b.ints({1})});
  y = t.b.op("Flatten", {y}, {{"axis", 1}});
  y = t.b.op("Reshape", {y, t.b.ints({-1, 6, 2})});
  t.output(y, "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model, {}, 0)), 1);
}

TEST(ReshapeChains, AComputedShapeBecomesNumbers) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3, 4});
  Value* n = t.b.op("Gather", {t.b.op("Shape", {x}), t.b.ints({0})});
  Value* shape = t.b.op("Concat", {n, t.b.ints({12})}, {{"axis", 0}});
  t.output(t.b.op("Reshape", {x, shape}), "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model, {}, 0)), 1);
}

TEST(ReshapeChains, ThereAndBackIsNothing) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4});
  Value* y = t.b.op("Reshape", {t.b.op("Neg", {x}), t.b.ints({6, 4})});
  t.output(t.b.op("Abs", {t.b.op("Reshape", {y, t.b.ints({2, 3, 4})})}), "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model, {}, 0)), 2);
}

TEST(TransposeChains, InARowTheyAreOneOrNone) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4});
  Value* y = t.transpose(t.b.op("Neg", {x}), {1, 2, 0});
  t.output(t.b.op("Abs", {t.transpose(y, {2, 0, 1})}), "a");
  t.output(t.transpose(y, {0, 2, 1}), "b");
  const auto m = testing::optimized_copy(*t.model, testing::only({"transpose-chains", "dead-code"}), 0);
  EXPECT_EQ(testing::count(*m, "Transpose"), 1);
}

TEST(DeadCode, WhatNoOutputNeedsGoes) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  t.b.op("Add", {t.b.op("Neg", {x}), t.constant({2})});
  t.output(t.b.op("Abs", {x}), "y");
  const auto m = testing::optimized_copy(*t.model, testing::only({"dead-code"}), 0);
  EXPECT_EQ(count_nodes(*m), 1);
  EXPECT_TRUE(m->graph().initializers().empty());
}

}  // namespace
}  // namespace jetline::passes
