// merge-slices, merge-casts, listed-constants, transpose-as-reshape.
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

TEST(MergeSlices, PatchesAreCutAtOnce) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 6, 8});
  std::vector<Value*> parts;
  for (int64_t i = 0; i < 2; ++i) {
    Value* rows = t.b.op("Slice", {x, t.b.ints({i}), t.b.ints({INT64_MAX}), t.b.ints({2}), t.b.ints({2})});
    for (int64_t k = 0; k < 2; ++k) {
      parts.push_back(
          t.b.op("Slice", {rows, t.b.ints({k}), t.b.ints({-1 + k}), t.b.ints({-1}), t.b.ints({2})}));
    }
  }
  t.output(parts[0], "a");
  t.output(parts[1], "b");
  t.output(parts[2], "c");
  t.output(parts[3], "d");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, {}, 0), "Slice"), 4);
}

TEST(MergeSlices, TheSameAxisTwiceStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {9});
  Value* y = t.b.op("Slice", {x, t.b.ints({1}), t.b.ints({8})});
  t.output(t.b.op("Slice", {y, t.b.ints({-2}), t.b.ints({-9}), t.b.ints({0}), t.b.ints({-2})}), "y");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, {}, 0), "Slice"), 2);
}

TEST(MergeSlices, AResultThatOthersReadStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {4, 9});
  Value* y = t.b.op("Slice", {x, t.b.ints({1}), t.b.ints({3})});
  t.output(t.b.op("Slice", {y, t.b.ints({2}), t.b.ints({5}), t.b.ints({1})}), "y");
  t.output(t.b.op("Neg", {y}), "z");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, {}, 0), "Slice"), 2);
}

TEST(MergeCasts, OnlyThroughTypesThatHoldEveryValue) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {8});
  Value* whole = t.b.op("Cast", {x}, {{"to", static_cast<int>(DType::kI32)}});
  Value* wide = t.b.op("Cast", {whole}, {{"to", static_cast<int>(DType::kI64)}});
  t.output(t.b.op("Cast", {wide}, {{"to", static_cast<int>(DType::kF64)}}), "a", DType::kF64);
  Value* narrow = t.b.op("Cast", {x}, {{"to", static_cast<int>(DType::kI8)}});
  t.output(t.b.op("Cast", {narrow}, {{"to", 1}}), "b");
  // x -> int32 -> double, and x -> int8 -> float: truncation must not go.
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, {}, 0), "Cast"), 4);
}

TEST(MergeCasts, SizesAndIndicesFitInto32Bits) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), Dim::named("m")});
  Value* narrow = t.b.op("Cast", {t.b.op("Shape", {x})}, {{"to", static_cast<int>(DType::kI32)}});
  Value* one = t.b.op("Gather", {narrow, t.b.ints({1})});
  t.output(t.b.op("Cast", {one}, {{"to", static_cast<int>(DType::kI64)}}), "a", DType::kI64);
  Value* best = t.b.op("ArgMax", {x}, {{"axis", 0}, {"keepdims", 0}});
  best = t.b.op("Cast", {best}, {{"to", static_cast<int>(DType::kI32)}});
  t.output(t.b.op("Gather", {x, best}), "b");
  EXPECT_LE(testing::count(*testing::optimized_copy(*t.model, {}, 0), "Cast"), 2);
}

TEST(ListedConstants, WeightsOfAnOldFileBecomeConstants) {
  TestModel t;
  t.model->ir_version = 3;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* w = t.b.input("w", DType::kF32, {3});
  t.model->graph().set_initializer(w, Tensor::floats({3}, {1, 1, 1}).value());
  t.output(t.b.op("Neg", {t.b.op("Mul", {x, w})}), "y");
  auto m = t.model->clone();
  OptimizeOptions o;
  o.verify_each = true;
  JETLINE_ASSERT_OK(optimize(*m, o, nullptr));
  EXPECT_EQ(m->ir_version, 4);
  ASSERT_EQ(m->graph().inputs().size(), 1u);
  EXPECT_EQ(count_nodes(*m), 1);
  m = t.model->clone();
  m->ir_version = 8;  // there a default is meant
  JETLINE_ASSERT_OK(optimize(*m, o, nullptr));
  EXPECT_EQ(m->graph().inputs().size(), 2u);
  EXPECT_EQ(count_nodes(*m), 2);
}

TEST(TransposeAsReshape, OnesMoveWithoutData) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 1, 1, 7});
  t.output(t.transpose(x, {0, 3, 1, 2}), "y");
  const auto m = testing::optimized_copy(*t.model, {}, 0);
  EXPECT_EQ(testing::count(*m, "Transpose"), 0);
  EXPECT_EQ(testing::count(*m, "Reshape"), 1);
}

}  // namespace
}  // namespace jetline::passes
