// merge-scales, fuse-scale-before.
#include <cmath>

#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

TEST(MergeScales, FactorsBecomeOne) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 5, 2});
  Value* y = t.b.op("Mul", {x, t.b.scalar(0.1f)});
  y = t.b.op("Mul", {t.constant({1, 5, 1}), y});
  y = t.b.op("Div", {y, t.b.floats("", {1, 2}, {3, 4})});
  t.output(y, "y");
  const auto m = testing::optimized_copy(*t.model, testing::only({"merge-scales", "dead-code"}));
  EXPECT_EQ(count_nodes(*m), 1);
  ASSERT_EQ(m->graph().initializers().size(), 1u);
  EXPECT_EQ(m->graph().initializers()[0]->initializer()->dims(), (std::vector<int64_t>{1, 5, 2}));
}

TEST(MergeScales, ShiftsBecomeOne) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 4});
  Value* y = t.b.op("Sub", {t.b.op("Add", {x, t.b.scalar(2)}), t.b.floats("", {4}, {1, -1, 7, 0.5f})});
  t.output(y, "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 1);
}

TEST(MergeScales, MixedChainsEndAsAFactorAndAShift) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* y = t.b.op("Sub", {t.b.scalar(1), x});
  y = t.b.op("Mul", {y, t.b.scalar(3)});
  y = t.b.op("Add", {y, t.constant({3})});
  y = t.b.op("Div", {y, t.constant({2, 1})});
  y = t.b.op("Sub", {y, t.b.scalar(-4)});
  t.output(y, "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(count_nodes(*m), 2);
  EXPECT_EQ(testing::count(*m, "Mul"), 1);
  EXPECT_EQ(testing::count(*m, "Add"), 1);
}

TEST(MergeScales, AConstantMayWidenTheInput) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3});
  Value* y = t.b.op("Mul", {t.b.op("Mul", {x, t.constant({2, 1})}), t.constant({4, 1, 1})});
  t.output(y, "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 1);
}

TEST(MergeScales, WhatOthersReadStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* a = t.b.op("Mul", {x, t.b.scalar(3)});
  t.output(t.b.op("Mul", {a, t.b.scalar(5)}), "y");
  t.output(t.b.op("Relu", {a}), "z");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Mul"), 2);
}

TEST(MergeScales, DividingAConstantByTheInputIsNoFactor) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  t.output(t.b.op("Mul", {t.b.op("Div", {t.b.scalar(3), x}), t.b.scalar(5)}), "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 2);
}

// Adding and taking away a large number rounds to whole numbers; merged it would do nothing.
TEST(MergeScales, RoundingByALargeNumberStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  t.output(t.b.op("Sub", {t.b.op("Add", {x, t.b.scalar(12582912)}), t.b.scalar(12582912)}), "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model, {}, 0)), 2);
}

TEST(MergeScales, FactorsThatOverflowInBetweenStay) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  t.output(t.b.op("Mul", {t.b.op("Mul", {x, t.b.scalar(1e38f)}), t.b.scalar(1e-38f)}), "y");
  t.output(t.b.op("Mul", {t.b.op("Mul", {x, t.b.scalar(0)}), t.b.scalar(INFINITY)}), "z");
  EXPECT_GE(count_nodes(*testing::optimized_copy(*t.model)), 4);
}

TEST(MergeScales, ALargeCommonShapeIsNotStored) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 1});
  t.output(t.b.op("Mul", {t.b.op("Mul", {x, t.constant({600, 1})}), t.constant({1, 600})}), "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 2);
}

TEST(FuseScaleBefore, ConvolutionsTakeAFactorAChannel) {
  for (const int64_t group : {1, 2}) {
    TestModel t;
    Value* x = t.b.input("x", DType::kF32, {1, 4, 6, 6});
    Value* y = t.b.op("Div", {x, t.b.floats("", {4, 1, 1}, {1, 2, 3, 4})});
    y = t.b.op("Conv", {y, t.constant({6, 4 / group, 3, 3}), t.constant({6})},
               {{"group", group}, {"pads", {1, 1, 1, 1}}});
    y = t.b.op("Mul", {t.constant({6, 1, 1}), t.b.op("Relu", {y})});
    y = t.b.op("ConvTranspose", {y, t.constant({6, 4 / group, 2, 2})}, {{"group", group}});
    t.output(y, "y");
    EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 3);
  }
}

TEST(FuseScaleBefore, AShiftNeedsAConvolutionWithoutBorder) {
  for (const bool padded : {false, true}) {
    TestModel t;
    Value* x = t.b.input("x", DType::kF32, {1, 4, 6, 6});
    Value* y = t.b.op("Div", {t.b.op("Sub", {x, t.constant({1, 4, 1, 1})}), t.b.scalar(0.25f)});
    const int64_t p = padded ? 1 : 0;
    y = t.b.op("Conv", {y, t.constant({6, 2, 3, 3})}, {{"group", 2}, {"pads", {p, p, p, p}}});
    t.output(y, "y");
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(count_nodes(*m), padded ? 2 : 1);
    EXPECT_EQ(testing::count(*m, "Div"), 0);
  }
}

TEST(FuseScaleBefore, MatricesTakeFactorsAndShifts) {
  for (const bool transposed : {false, true}) {
    TestModel t;
    Value* x = t.b.input("x", DType::kF32, {2, 3});
    Value* y = t.b.op("Add", {t.b.op("Mul", {x, t.constant({3})}), t.constant({1, 3})});
    y = t.b.op("Gemm", {y, transposed ? t.constant({5, 3}) : t.constant({3, 5}), t.constant({5})},
               {{"transB", transposed ? 1 : 0}});
    y = t.b.op("Relu", {y});
    t.output(t.b.op("MatMul", {t.b.op("Sub", {y, t.b.scalar(2)}), t.constant({5, 2})}), "y");
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(count_nodes(*m), 3);
    EXPECT_EQ(testing::count(*m, "Gemm"), 2);
  }
}

TEST(FuseScaleBefore, BatchNormalizationGoesTheSameWay) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = t.b.op("BatchNormalization", {x, t.constant({3}), t.constant({3}), t.constant({3}, 0.05f),
                                           t.b.floats("", {3}, {1, 2, 0.5f})});
  t.output(t.b.op("Conv", {y, t.constant({4, 3, 1, 1})}), "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 1);
}

TEST(FuseScaleBefore, OtherReadersOrSharedWeightsKeepIt) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 4, 4, 4});
  Value* a = t.b.op("Mul", {x, t.constant({4, 1, 1})});
  t.output(t.b.op("Conv", {a, t.constant({2, 4, 1, 1})}), "a");
  t.output(t.b.op("Relu", {a}), "b");
  Value* shared = t.constant({4, 4, 1, 1}, 0.2f);
  Value* y = t.b.op("Conv", {t.b.op("Relu", {x}), shared});
  y = t.b.op("Mul", {t.b.op("Tanh", {y}), t.constant({4, 1, 1}, 0.3f)});
  t.output(t.b.op("Conv", {y, shared}), "c");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Mul"), 2);
}

// What is one number a column, not one a channel, and what would widen the input.
TEST(FuseScaleBefore, OtherShapesKeepIt) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 4, 4, 4});
  t.output(t.b.op("Conv", {t.b.op("Mul", {x, t.constant({4})}), t.constant({2, 4, 1, 1})}), "y");
  Value* z = t.b.input("z", DType::kF32, {1, 1, 4, 4});
  t.output(t.b.op("Conv", {t.b.op("Mul", {z, t.constant({4, 1, 1})}), t.constant({2, 4, 1, 1})}), "w");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Mul"), 2);
}

}  // namespace
}  // namespace jetline::passes
