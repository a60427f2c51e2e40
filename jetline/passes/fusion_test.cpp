// fuse-batch-norm, fuse-gemm, fuse-pad, merge-clips.
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

Value* batch_norm(TestModel& t, Value* x, int64_t channels, float scale = 0.3f) {
  std::vector<float> variance;
  for (int64_t i = 0; i < channels; ++i) variance.push_back(0.5f + 0.1f * static_cast<float>(i));
  return t.b.op("BatchNormalization",
                {x, t.constant({channels}, scale), t.constant({channels}), t.constant({channels}, 0.05f),
                 t.b.floats("", {channels}, variance)},
                {{"epsilon", 0.001f}});
}

size_t weights(const Model& m) {
  return m.graph().initializers().size();
}

TEST(FuseBatchNorm, ConvolutionsOfEveryKindTakeIt) {
  for (const int64_t group : {1, 2}) {
    TestModel t;
    Value* x = t.b.input("x", DType::kF32, {1, 4, 5, 5});
    Value* y = t.b.op("Conv", {x, t.constant({6, 4 / group, 3, 3}), t.constant({6})}, {{"group", group}});
    y = batch_norm(t, y, 6);
    y = t.b.op("ConvTranspose", {y, t.constant({6, 4 / group, 2, 2})}, {{"group", group}});
    y = batch_norm(t, y, 4);
    t.output(t.b.op("Relu", {y}), "y");
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(count_nodes(*m), 3);
    EXPECT_EQ(weights(*m), 4u);
  }
}

TEST(FuseBatchNorm, ScalesAndShiftsInARow) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = t.b.op("Conv", {x, t.constant({2, 3, 1, 1})});
  y = t.b.op("Mul", {t.constant({2, 1, 1}), y});
  y = t.b.op("Sub", {t.b.scalar(1), y});
  y = t.b.op("Div", {y, t.constant({1, 2, 1, 1})});
  y = t.b.op("Add", {y, t.constant({1, 2, 1, 1})});
  t.output(y, "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 1);
}

TEST(FuseBatchNorm, WhatIsNotOneNumberAChannelStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = t.b.op("Conv", {x, t.constant({4, 3, 1, 1})});
  y = t.b.op("Mul", {y, t.constant({4})});  // along the width
  y = t.b.op("Conv", {y, t.constant({4, 4, 1, 1})});
  y = t.b.op("Add", {y, t.constant({4, 4, 4})});
  t.output(y, "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 4);
}

TEST(FuseBatchNorm, AResultThatOthersReadStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 4, 4});
  Value* y = t.b.op("Conv", {x, t.constant({4, 3, 1, 1})});
  t.output(batch_norm(t, y, 4), "a");
  t.output(t.b.op("Relu", {y}), "b");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "BatchNormalization"), 1);
}

// A head over three levels: one weight, statistics of its own on every level.
TEST(FuseBatchNorm, SharedWeightsAreNotCopied) {
  for (const bool same_statistics : {false, true}) {
    TestModel t;
    Value* weight = t.constant({4, 3, 3, 3});
    for (int i = 0; i < 3; ++i) {
      Value* x = t.b.input("x" + std::to_string(i), DType::kF32, {1, 3, 8 >> i, 8 >> i});
      Value* y = t.b.op("Conv", {x, weight}, {{"pads", {1, 1, 1, 1}}});
      y = batch_norm(t, y, 4, same_statistics ? 0.3f : 0.1f * static_cast<float>(i + 1));
      t.output(t.b.op("Relu", {y}), "y" + std::to_string(i));
    }
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(testing::count(*m, "BatchNormalization"), same_statistics ? 0 : 3);
    int large = 0;
    for (const Value* v : m->graph().initializers()) large += v->initializer()->count() > 50;
    EXPECT_EQ(large, 1);
  }
}

TEST(FuseBatchNorm, AShiftGoesIntoTheBiasOfASharedWeight) {
  TestModel t;
  Value* weight = t.constant({4, 3, 1, 1});
  for (int i = 0; i < 2; ++i) {
    Value* x = t.b.input("x" + std::to_string(i), DType::kF32, {1, 3, 4, 4});
    t.output(
        t.b.op("Add", {t.b.op("Conv", {x, weight}), t.constant({4, 1, 1}, 0.1f * static_cast<float>(i + 1))}),
        "y" + std::to_string(i));
  }
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(count_nodes(*m), 2);
  EXPECT_EQ(weights(*m), 3u);
}

TEST(FuseBatchNorm, MatricesTakeItToo) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* y = batch_norm(t, t.b.op("MatMul", {x, t.constant({3, 4})}), 4);
  y = t.b.op("Gemm", {y, t.constant({5, 4}), t.constant({1, 5})}, {{"transB", 1}});
  t.output(t.b.op("Mul", {y, t.constant({5})}), "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(count_nodes(*m), 2);
  EXPECT_EQ(testing::count(*m, "Gemm"), 2);
}

TEST(FuseBatchNorm, ABiasAlongTheRowsIsNotOneAChannel) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {4, 3});
  Value* y = t.b.op("Gemm", {x, t.constant({3, 4}), t.constant({4, 1})});
  t.output(t.b.op("Mul", {y, t.constant({4})}), "y");
  EXPECT_EQ(count_nodes(*testing::optimized_copy(*t.model)), 2);
}

TEST(FuseBatchNorm, TrainingStays) {
  TestModel t(14);
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4, 4});
  Value* y = t.b.op("Conv", {x, t.constant({4, 3, 1, 1})});
  y = t.b.ops("BatchNormalization", {y, t.constant({4}), t.constant({4}), t.constant({4}), t.constant({4})},
              3, {{"training_mode", 1}})[0];
  t.output(y, "y");
  auto m = t.model->clone();
  JETLINE_ASSERT_OK(optimize(*m, {}, nullptr));
  EXPECT_EQ(testing::count(*m, "BatchNormalization"), 1);
}

TEST(FuseGemm, AProductAndABias) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3});
  Value* y = t.b.op("Add", {t.constant({4}), t.b.op("MatMul", {x, t.constant({3, 4})})});
  Value* z = t.b.op("Add", {t.b.op("MatMul", {y, t.constant({4, 2})}), t.b.input("c", DType::kF32, {2})});
  t.output(z, "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "Gemm"), 2);
  EXPECT_EQ(count_nodes(*m), 2);
}

TEST(FuseGemm, AWideningBiasStaysAnAdd) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3});
  t.output(t.b.op("Add", {t.b.op("MatMul", {x, t.constant({3, 4})}), t.b.input("c", DType::kF32, {2, 4})}),
           "y");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Gemm"), 0);
}

Value* pad(TestModel& t, Value* x, std::vector<int64_t> pads, float value) {
  return t.b.op("Pad", {x, t.b.ints(pads), t.b.scalar(value)});
}

TEST(FusePad, IntoConvolutionsAndPools) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 6, 6});
  Value* y = t.b.op("Conv", {pad(t, x, {0, 0, 0, 0, 0, 0, 1, 2}, 0), t.constant({4, 3, 3, 3})},
                    {{"pads", {1, 1, 0, 0}}, {"strides", {2, 2}}});
  y = pad(t, t.b.op("Relu", {y}), {0, 0, 1, 0, 0, 0, 0, 1}, 0);
  y = t.b.op("MaxPool", {y}, {{"kernel_shape", {2, 2}}});
  y = t.b.op("AveragePool", {pad(t, y, {0, 0, 1, 1, 0, 0, 1, 1}, 0)}, {{"kernel_shape", {3, 3}}});
  t.output(y, "y");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, {}, 1e-6), "Pad"), 0);
}

TEST(FusePad, WhatWouldChangeNumbersStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 6, 6});
  // Negative numbers lose against a zero of the padding.
  t.output(t.b.op("MaxPool", {pad(t, x, {0, 0, 1, 0, 0, 0, 0, 1}, 0)}, {{"kernel_shape", {2, 2}}}), "a");
  // Padding that is not zero, padding of channels, reflection.
  t.output(t.b.op("Conv", {pad(t, x, {0, 0, 1, 0, 0, 0, 0, 1}, 2), t.constant({4, 3, 3, 3})}), "b");
  t.output(t.b.op("Conv", {pad(t, x, {0, 1, 0, 0, 0, 0, 0, 0}, 0), t.constant({4, 4, 3, 3})}), "c");
  Value* mirrored = t.b.op("Pad", {x, t.b.ints({0, 0, 1, 1, 0, 0, 1, 1})}, {{"mode", "reflect"}});
  t.output(t.b.op("Conv", {mirrored, t.constant({4, 3, 3, 3})}), "d");
  // An average that does not count its own padding.
  t.output(t.b.op("AveragePool", {pad(t, x, {0, 0, 1, 1, 0, 0, 1, 1}, 0)},
                  {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}}),
           "e");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, {}, 1e-6), "Pad"), 5);
}

TEST(MergeClips, InARowTheyAreOne) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 50});
  Value* y = t.b.op("Min", {t.b.op("Relu", {x}), t.b.scalar(1)});
  y = t.b.op("Clip", {y, t.b.scalar(0.25f), t.b.scalar(3)});
  t.output(t.b.op("Neg", {y}), "y");
  Value* z = t.b.op("Relu", {t.b.op("Relu", {t.b.op("Neg", {x})})});
  t.output(t.b.op("Neg", {z}), "z");
  const auto m = testing::optimized_copy(*t.model, {}, 0);
  EXPECT_EQ(testing::count(*m, "Clip"), 1);
  EXPECT_EQ(testing::count(*m, "Relu"), 1);
  EXPECT_EQ(count_nodes(*m), 5);
}

TEST(MergeClips, RangesThatDoNotMeetGiveABound) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {50});
  Value* y = t.b.op("Clip", {x, t.b.scalar(-1), t.b.scalar(-0.5f)});
  t.output(t.b.op("Clip", {y, t.b.scalar(0.5f), t.b.scalar(1)}), "y");
  testing::optimized_copy(*t.model, {}, 0);
}

}  // namespace
}  // namespace jetline::passes
namespace jetline::passes {
namespace {

TEST(DenseRows, AFlattenedTransposeGoesIntoTheWeights) {
  for (const bool gemm : {false, true}) {
    testing::TestModel t;
    Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3, 2, 4});
    Value* y = t.b.op("Conv", {x, t.constant({5, 3, 1, 1})});
    y = t.b.op("Relu", {t.transpose(y, {0, 2, 3, 1})});
    y = t.b.op("Reshape", {y, t.b.ints({-1, 40})});
    y = gemm ? t.b.op("Gemm", {y, t.constant({6, 40}), t.constant({6})}, {{"transB", 1}})
             : t.b.op("Add", {t.b.op("MatMul", {y, t.constant({40, 6})}), t.constant({6})});
    t.output(y, "y");
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(testing::count(*m, "Transpose"), 0) << to_text(m->graph());
    EXPECT_EQ(count_nodes(*m), 4);
  }
}

TEST(DenseRows, SharedWeightsAndMovedBatchesStay) {
  testing::TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4});
  Value* w = t.constant({12, 6});
  Value* y = t.b.op("Reshape", {t.transpose(x, {0, 2, 1}), t.b.ints({2, 12})});
  t.output(t.b.op("MatMul", {y, w}), "a");
  t.output(t.b.op("MatMul", {t.b.op("Reshape", {x, t.b.ints({2, 12})}), w}), "b");
  Value* z = t.b.op("Reshape", {t.transpose(x, {1, 0, 2}), t.b.ints({3, 8})});
  t.output(t.b.op("MatMul", {z, t.constant({8, 2})}), "c");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Transpose"), 2);
}

}  // namespace
}  // namespace jetline::passes
