#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

// x [2,3] through `op`, then Neg; how many nodes are left when only identities are removed.
int identities_left(const char* op, std::vector<Value*> (*rest)(TestModel&),
                    std::vector<AttrArg> attributes = {}, int64_t opset = 13) {
  TestModel t(opset);
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  std::vector<Value*> inputs = {x};
  if (rest) {
    for (Value* v : rest(t)) inputs.push_back(v);
  }
  t.output(t.b.op("Neg", {t.b.op(op, inputs, attributes)}), "y");
  return count_nodes(*testing::optimized_copy(*t.model, testing::only({"identities"}), 0));
}

TEST(Identities, OperatorsThatChangeNothingGo) {
  EXPECT_EQ(identities_left("Identity", nullptr), 1);
  EXPECT_EQ(identities_left("Cast", nullptr, {{"to", 1}}), 1);
  EXPECT_EQ(identities_left("Transpose", nullptr, {{"perm", {0, 1}}}), 1);
  EXPECT_EQ(identities_left("Dropout", nullptr), 1);
  EXPECT_EQ(identities_left("Concat", nullptr, {{"axis", 0}}), 1);
  EXPECT_EQ(identities_left("Reshape", [](TestModel& t) { return std::vector{t.b.ints({0, -1})}; }), 1);
  EXPECT_EQ(identities_left("Expand", [](TestModel& t) { return std::vector{t.b.ints({1, 3})}; }), 1);
  EXPECT_EQ(identities_left("Tile", [](TestModel& t) { return std::vector{t.b.ints({1, 1})}; }), 1);
  EXPECT_EQ(identities_left("Pad", [](TestModel& t) { return std::vector{t.b.ints({0, 0, 0, 0})}; }), 1);
  EXPECT_EQ(identities_left("Slice",
                            [](TestModel& t) {
                              return std::vector{t.b.ints({0}), t.b.ints({9}), t.b.ints({1})};
                            }),
            1);
  EXPECT_EQ(identities_left("Mul", [](TestModel& t) { return std::vector{t.b.scalar(1)}; }), 1);
  EXPECT_EQ(identities_left("Add",
                            [](TestModel& t) {
                              return std::vector{t.b.floats("", {3}, {0, 0, 0})};
                            }),
            1);
  EXPECT_EQ(identities_left("Sub", [](TestModel& t) { return std::vector{t.b.scalar(0)}; }), 1);
  EXPECT_EQ(identities_left("Div", [](TestModel& t) { return std::vector{t.b.scalar(1)}; }), 1);
}

TEST(Identities, WhatWidensOrComputesStays) {
  EXPECT_EQ(identities_left("Add",
                            [](TestModel& t) {
                              return std::vector{t.b.floats("", {2, 1, 1}, {0, 0})};
                            }),
            2);
  EXPECT_EQ(identities_left("Mul",
                            [](TestModel& t) {
                              return std::vector{t.b.floats("", {3}, {1, 1, 2})};
                            }),
            2);
  EXPECT_EQ(identities_left("Transpose", nullptr, {{"perm", {1, 0}}}), 2);
  EXPECT_EQ(identities_left("Cast", nullptr, {{"to", 11}}), 2);
  EXPECT_EQ(identities_left("Pad", [](TestModel& t) { return std::vector{t.b.ints({0, 0, 0, 1})}; }), 2);
  EXPECT_EQ(
      identities_left("Slice",
                      [](TestModel& t) {
                        return std::vector{t.b.ints({-1}), t.b.ints({-9}), t.b.ints({1}), t.b.ints({-1})};
                      }),
      2);
  EXPECT_EQ(identities_left("Sub", [](TestModel& t) { return std::vector{t.b.scalar(1)}; }), 2);
}

TEST(Identities, AReversedDifferenceIsNone) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  t.output(t.b.op("Sub", {t.b.scalar(0), x}), "y");
  t.output(t.b.op("Div", {t.b.scalar(1), x}), "z");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model, {}, 0)), 2);
}

TEST(Identities, OutputsKeepTheirNamesAndInputsStayInputs) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  Value* y = t.b.op("Neg", {x});
  t.output(t.b.op("Identity", {y}), "a");
  t.output(t.b.op("Mul", {y, t.b.scalar(1)}), "b");  // a second name for the same value needs a node
  t.output(t.b.op("Mul", {x, t.b.scalar(1)}), "c");
  const auto m = testing::optimized_copy(*t.model, {}, 0);
  EXPECT_EQ(testing::count(*m, "Neg"), 1);
  EXPECT_EQ(testing::count(*m, "Identity"), 2);
  EXPECT_EQ(count_nodes(*m), 3);
}

}  // namespace
}  // namespace jetline::passes
