#include "jetline/passes/integer_range.h"
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

OptimizeOptions narrow_too() {
  OptimizeOptions o;
  o.also = {"narrow-integers"};
  return o;
}

int narrow_i64_values(const Model& m) {
  int n = 0;
  for (const auto& v : m.graph().values()) n += v->type.dtype == DType::kI64;
  return n;
}

TEST(NarrowIntegers, RunsOnRequestOnly) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {4, 6});
  t.output(t.b.op("Gather", {x, t.b.ints({3, 1})}), "y");
  EXPECT_EQ(narrow_i64_values(*testing::optimized_copy(*t.model)), 1);
  const auto m = testing::optimized_copy(*t.model, narrow_too(), 0);
  EXPECT_EQ(narrow_i64_values(*m), 0);
  EXPECT_EQ(count_nodes(*m), 1);
}

// Offsets into a flattened grid: ArgMax in int64, the rest wholly in int32; the Cast to int32 moves up.
TEST(NarrowIntegers, IndexArithmeticBecomesInt32) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {3, 7});
  Value* best = t.b.op("ArgMax", {x}, {{"axis", 1}, {"keepdims", 0}});
  Value* at = t.b.op("Add", {t.b.op("Mul", {t.b.ints({0, 1, 2}), t.b.ints({7})}), best});
  Value* row = t.b.op("Div", {at, t.b.ints({7})});
  Value* narrow = t.b.op("Cast", {t.b.op("Sub", {at, row})}, {{"to", 6}});
  t.output(t.b.op("Neg", {narrow}), "y", DType::kI32);
  t.output(t.b.op("Gather", {t.b.op("Reshape", {x, t.b.ints({21})}), at}), "z");
  const auto before = testing::optimized_copy(*t.model);
  OptimizeReport report;
  const auto m = testing::optimized_copy(*t.model, narrow_too(), 0, &report);
  EXPECT_TRUE(report.at_rest);
  EXPECT_EQ(count_nodes(*m), count_nodes(*before));
  EXPECT_EQ(testing::count(*m, "Cast"), 1);
  EXPECT_EQ(narrow_i64_values(*m), 2);  // of ArgMax, and the shape for Reshape
}

TEST(NarrowIntegers, NoCastIsAddedForNothing) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {3, 7});
  // In int64 from end to end: a Cast in and a Cast out would be two more nodes.
  Value* best = t.b.op("ArgMax", {x}, {{"axis", 1}});
  t.output(t.b.op("Add", {best, t.b.ints({1})}), "y", DType::kI64);
  const auto m = testing::optimized_copy(*t.model, narrow_too(), 0);
  EXPECT_EQ(count_nodes(*m), 2);
}

TEST(NarrowIntegers, WhatMayNotFitStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {3});
  Value* i = t.b.op("Cast", {x}, {{"to", 7}});  // any number
  t.output(t.b.op("Cast", {t.b.op("Add", {i, t.b.ints({1})})}, {{"to", 6}}), "y", DType::kI32);
  Value* flag = t.b.op("Cast", {t.b.op("Less", {x, t.b.scalar(0)})}, {{"to", 7}});
  Value* large = t.b.op("Mul", {flag, t.b.ints({int64_t{1} << 33})});
  t.output(t.b.op("Cast", {large}, {{"to", 1}}), "z");
  const auto m = testing::optimized_copy(*t.model, narrow_too(), 0);
  EXPECT_GE(narrow_i64_values(*m), 4);
}

TEST(NarrowIntegers, FlagsAreCountedInInt32) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {5});
  Value* flag = t.b.op("Cast", {t.b.op("Less", {x, t.b.scalar(0)})}, {{"to", 7}});
  Value* sum = t.b.op("Mul", {t.b.op("Add", {flag, flag}), t.b.ints({3})});
  t.output(t.b.op("Cast", {sum}, {{"to", 1}}), "y");
  const auto m = testing::optimized_copy(*t.model, narrow_too(), 0);
  EXPECT_EQ(narrow_i64_values(*m), 0);
}

TEST(NarrowIntegers, AConstantForBothIsStoredTwice) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* both = t.b.ints({1, 0});
  t.output(t.b.op("Gather", {x, both}), "y");
  t.output(t.b.op("Slice", {x, both, t.b.ints({2, 2})}), "z");
  testing::optimized_copy(*t.model, narrow_too(), 0);
}

TEST(NarrowIntegers, RangesAreWhatCanCome) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 7});
  Value* u = t.b.input("u", DType::kU8, {3});
  Value* best = t.b.op("ArgMax", {x}, {{"axis", 1}});
  Value* rows = t.b.op("ArgMax", {x}, {{"axis", 0}});
  Value* product = t.b.op("Mul", {best, t.b.ints({-3})});
  Value* level = t.b.op("Cast", {u}, {{"to", 7}});
  Value* rest = t.b.op("Mod", {product, t.b.ints({5})});
  Value* far = t.b.op("Mul", {t.b.op("Mul", {rows, rows}), rows});
  for (Value* v : {product, level, rest, far, best}) t.output(v, "o" + v->name(), DType::kI64);
  const OptimizeOptions options;
  PassContext c(*t.model, options);
  c.inference.graph(t.model->graph());
  const IntegerRanges r = integer_ranges(c, t.model->graph());
  const auto expect = [&](const Value* v, int64_t low, int64_t high) {
    ASSERT_EQ(r.count(v), 1u) << v->name();
    EXPECT_EQ(r.at(v).low, low) << v->name();
    EXPECT_EQ(r.at(v).high, high) << v->name();
  };
  expect(best, 0, 6);
  expect(rows, 0, INT32_MAX);
  expect(product, -18, 0);
  expect(level, 0, 255);
  expect(rest, 0, 4);
  EXPECT_EQ(r.count(far), 0u);
}

}  // namespace
}  // namespace jetline::passes
