#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

Value* hard_sigmoid(TestModel& t, Value* x, bool divide) {
  Value* y = t.b.op("Clip", {t.b.op("Add", {x, t.b.scalar(3)}), t.b.scalar(0), t.b.scalar(6)});
  return divide ? t.b.op("Div", {y, t.b.scalar(6)}) : t.b.op("Mul", {t.b.scalar(1.0f / 6), y});
}

TEST(RecogniseActivations, HardSigmoidAndHardSwish) {
  for (const int64_t opset : {13, 14}) {
    TestModel t(opset);
    Value* x = t.b.input("x", DType::kF32, {2, 40});
    t.output(t.b.op("Mul", {x, hard_sigmoid(t, x, opset == 13)}), "a");
    Value* z = t.b.input("z", DType::kF32, {2, 40});
    Value* clipped = t.b.op("Clip", {t.b.op("Add", {z, t.b.scalar(3)}), t.b.scalar(0), t.b.scalar(6)});
    t.output(t.b.op("Neg", {t.b.op("Mul", {t.b.op("Mul", {clipped, z}), t.b.scalar(1.0f / 6)})}), "b");
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(testing::count(*m, "HardSigmoid"), opset == 13 ? 2 : 0) << to_text(m->graph());
    EXPECT_EQ(testing::count(*m, "HardSwish"), opset == 13 ? 0 : 2);
    EXPECT_EQ(testing::count(*m, "Clip"), 0);
  }
}

TEST(RecogniseActivations, SoftplusAndMish) {
  for (const int64_t opset : {13, 18}) {
    TestModel t(opset);
    Value* x = t.b.input("x", DType::kF32, {2, 40});
    Value* soft = t.b.op("Log", {t.b.op("Add", {t.b.scalar(1), t.b.op("Exp", {x})})});
    t.output(t.b.op("Mul", {x, t.b.op("Tanh", {soft})}), "y");
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(count_nodes(*m), opset == 13 ? 3 : 1);
  }
}

TEST(RecogniseActivations, GeluInTheOrdersOfItsFactors) {
  for (int order = 0; order < 3; ++order) {
    TestModel t(20);
    Value* x = t.b.input("x", DType::kF32, {2, 40});
    Value* phi = t.b.op("Add", {t.b.op("Erf", {t.b.op("Div", {x, t.b.scalar(1.41421356f)})}), t.b.scalar(1)});
    Value* half = t.b.scalar(0.5f);
    Value* y = order == 0   ? t.b.op("Mul", {t.b.op("Mul", {x, phi}), half})
               : order == 1 ? t.b.op("Mul", {t.b.op("Mul", {x, half}), phi})
                            : t.b.op("Mul", {x, t.b.op("Mul", {half, phi})});
    t.output(y, "y");
    EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Gelu"), 1) << order;
  }
}

TEST(RecogniseActivations, OtherNumbersAndOtherReadersStay) {
  TestModel t(20);
  Value* x = t.b.input("x", DType::kF32, {2, 40});
  Value* clipped = t.b.op("Clip", {t.b.op("Add", {x, t.b.scalar(3)}), t.b.scalar(0), t.b.scalar(6)});
  t.output(t.b.op("Div", {clipped, t.b.scalar(5)}), "a");
  Value* sum = t.b.op("Add", {t.b.op("Exp", {x}), t.b.scalar(1)});
  t.output(t.b.op("Log", {sum}), "b");
  t.output(sum, "c");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "HardSigmoid") + testing::count(*m, "Softplus"), 0);
}

TEST(RecogniseLayerNorm, WrittenOutOverTheLastAxis) {
  for (const int64_t opset : {13, 17}) {
    for (const bool power : {false, true}) {
      TestModel t(opset);
      Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3, 8});
      Value* centred = t.b.op("Sub", {x, t.b.op("ReduceMean", {x}, {{"axes", {-1}}})});
      Value* square = power ? t.b.op("Pow", {centred, t.b.scalar(2)}) : t.b.op("Mul", {centred, centred});
      Value* variance = t.b.op("ReduceMean", {square}, {{"axes", {2}}});
      Value* root = t.b.op("Sqrt", {t.b.op("Add", {variance, t.b.scalar(1e-3f)})});
      Value* y = t.b.op("Mul", {t.b.op("Div", {centred, root}), t.constant({8})});
      t.output(t.b.op("Add", {y, t.constant({8}, 0.2f)}), "y");
      const auto m = testing::optimized_copy(*t.model);
      EXPECT_EQ(testing::count(*m, "LayerNormalization"), opset >= 17);
      EXPECT_EQ(count_nodes(*m), opset >= 17 ? 1 : 9);
    }
  }
}

}  // namespace
}  // namespace jetline::passes
