#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::expect_same;
using testing::TestModel;

TEST(FixNormalization, Instance) {
  for (int64_t opset : {11, 13, 18}) {
    TestModel m(opset);
    Value* x = m.b.input("x", DType::kF32, {Dim::named("n"), 3, 4, 5});
    m.output(
        m.b.op("InstanceNormalization", {x, m.constant({3}), m.constant({3}, 0.3f)}, {{"epsilon", 1e-3f}}),
        "y");
    expect_same(*m.model, "instance-normalization", {"InstanceNormalization"});
  }
}

TEST(FixNormalization, MeanVarianceAndLp) {
  for (int64_t opset : {9, 13, 18}) {
    TestModel m(opset);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4, 5});
    m.output(m.b.op("MeanVarianceNormalization", {x}, {{"axes", {0, 2, 3}}}), "y");
    m.output(m.b.op("LpNormalization", {x}, {{"axis", 1}, {"p", 1}}), "l1");
    m.output(m.b.op("LpNormalization", {x}, {{"axis", -1}}), "l2");
    expect_same(*m.model, "mean-variance-normalization", {"MeanVarianceNormalization"});
    expect_same(*m.model, "lp-normalization", {"LpNormalization"});
  }
}

TEST(FixNormalization, BatchInTraining) {
  TestModel m(15);
  Value* x = m.b.input("x", DType::kF32, {3, 2, 4});
  const auto y = m.b.ops("BatchNormalization",
                         {x, m.constant({2}), m.constant({2}, 0.3f), m.b.floats("mean", {2}, {0.1f, 0.2f}),
                          m.b.floats("var", {2}, {1.0f, 2.0f})},
                         3, {{"training_mode", 1}, {"momentum", 0.8f}});
  m.output(y[0], "y");
  m.output(y[1], "mean_out");
  m.output(y[2], "var_out");
  expect_same(*m.model, "batch-normalization-training", {"BatchNormalization"});
}

TEST(FixNormalization, ReductionsOverNothing) {
  for (const char* op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceL1", "ReduceL2", "ReduceSumSquare",
                         "ReduceLogSumExp"}) {
    TestModel m(18);
    Value* x = m.b.input("x", DType::kF32, {2, 3});
    m.output(m.b.op(op, {x, m.b.ints("axes", {0}, {})}, {{"noop_with_empty_axes", 1}}), "y");
    expect_same(*m.model, "noop-reduction", {op});
  }
}

}  // namespace
}  // namespace jetline::fix
