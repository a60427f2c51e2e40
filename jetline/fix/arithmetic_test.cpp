#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::expect_refused;
using testing::expect_same;
using testing::TestModel;

Value* arithmetic_bool(TestModel& m, Value* x) {
  return m.b.op("Greater", {x, m.constant({1})});
}

TEST(FixArithmetic, ModOfEveryKind) {
  for (DType t : {DType::kF32, DType::kI32, DType::kI64, DType::kI8}) {
    for (int64_t fmod : {0, 1}) {
      if (t == DType::kF32 && fmod == 0) continue;  // ONNX has it for integers only
      TestModel m(13);
      Value* x = m.b.input("x", t, {4, 3});
      // Divisors of both signs, none 0.
      Value* y = t == DType::kF32
                     ? m.b.floats("d", {3}, {0.5f, -0.75f, 1.25f})
                     : m.b.op("Cast", {m.b.ints("d", {3}, {2, -3, 4})}, {{"to", static_cast<int64_t>(t)}});
      m.output(m.b.op("Mod", {x, y}, {{"fmod", fmod}}), "y", t);
      expect_same(*m.model, "mod", {"Mod"});
    }
  }
}

TEST(FixArithmetic, ModOfFloatsNearWholeQuotients) {
  TestModel m(13);
  // Quotients that rounding moves to the next whole number stay within a step of either end.
  Value* x = m.b.floats("x", {4}, {0.3f, 0.9f, -0.9f, 5.0f});
  Value* in = m.b.input("in", DType::kF32, {4});
  Value* zero = m.b.op("Mul", {in, m.b.floats("z", {1}, {0})});
  m.output(m.b.op("Mod", {m.b.op("Add", {x, zero}), m.b.floats("d", {4}, {0.1f, 0.3f, 0.3f, 2.5f})},
                  {{"fmod", 1}}),
           "y");
  const auto r = testing::apply(*m.model, "mod");
  const auto feeds = testing::random_feeds(m.model->graph(), 1);
  const auto a = testing::run_graph(m.model->graph(), feeds), b = testing::run_graph(r.model->graph(), feeds);
  ASSERT_TRUE(a.ok() && b.ok());
  const float divisors[] = {0.1f, 0.3f, 0.3f, 2.5f};
  for (int64_t i = 0; i < 4; ++i) {
    const double d =
        std::abs(static_cast<double>((*a)[0].at<float>(i)) - static_cast<double>((*b)[0].at<float>(i)));
    const double whole = static_cast<double>(divisors[i]);
    EXPECT_LT(std::min(d, std::abs(d - whole)), 1e-6) << i;
  }
}

TEST(FixArithmetic, SignsAndSpecialNumbers) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {8});
  // x / 0 gives infinities and, at 0 / 0, NaN.
  Value* odd = m.b.op("Div", {m.b.op("Round", {x}), m.b.floats("z", {8}, {0, 1, 0, 2, 0, 1, 0, 1})});
  m.output(m.b.op("Sign", {m.b.op("Round", {x})}), "sign");
  m.output(m.b.op("IsNaN", {odd}), "nan", DType::kBool);
  m.output(m.b.op("IsInf", {odd}), "inf", DType::kBool);
  m.output(m.b.op("IsInf", {odd}, {{"detect_negative", 0}}), "above", DType::kBool);
  expect_same(*m.model, "sign", {"Sign"}, 0);
  expect_same(*m.model, "is-nan", {"IsNaN"}, 0);
  expect_same(*m.model, "is-inf", {"IsInf"}, 0);
}

TEST(FixArithmetic, LogicAndShrink) {
  TestModel m(11);
  Value *x = m.b.input("x", DType::kF32, {3, 4}), *y = m.b.input("z", DType::kF32, {4});
  m.output(m.b.op("Xor", {arithmetic_bool(m, x), arithmetic_bool(m, y)}), "xor", DType::kBool);
  m.output(m.b.op("Shrink", {x}, {{"lambd", 0.5f}, {"bias", 0.25f}}), "shrink");
  expect_same(*m.model, "xor", {"Xor"}, 0);
  expect_same(*m.model, "shrink", {"Shrink"}, 0);
}

TEST(FixArithmetic, HardmaxAndSize) {
  for (int64_t axis : {-1, 0, 1}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
    m.output(m.b.op("Hardmax", {x}, {{"axis", axis}}), "y");
    m.output(m.b.op("Size", {x}), "n", DType::kI64);
    expect_same(*m.model, "hardmax", {"Hardmax"}, 0);
    expect_same(*m.model, "size", {"Size"}, 0);
  }
}

TEST(FixArithmetic, BitShifts) {
  for (const char* direction : {"LEFT", "RIGHT"}) {
    TestModel m(11);
    Value* x = m.b.op(
        "Cast",
        {m.b.op("Abs", {m.b.op("Mul", {m.b.input("x", DType::kF32, {3}), m.b.floats("k", {1}, {60})})})},
        {{"to", static_cast<int64_t>(DType::kU8)}});
    Value* by = m.b.op("Cast", {m.b.ints("n", {3}, {1, 3, 7})}, {{"to", static_cast<int64_t>(DType::kU8)}});
    m.output(m.b.op("BitShift", {x, by}, {{"direction", direction}}), "y", DType::kU8);
    // The number of bits is a constant once it is folded.
    const auto folded = testing::apply(*m.model, "fold-constants");
    expect_same(*folded.model, "bit-shift", {"BitShift"}, 0);
  }
}

TEST(FixArithmetic, RangeWithKnownAndComputedEnds) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {2, 3});
  Value* three = m.b.op("Gather", {m.b.op("Shape", {x}), m.b.ints("i", {}, {1})}, {{"axis", 0}});
  Value* r = m.b.op("Range", {m.b.ints("a", {}, {0}), three, m.b.ints("d", {}, {1})});
  m.output(m.b.op("Add", {x, m.b.op("Cast", {r}, {{"to", 1}})}), "y");
  expect_same(*m.model, "range", {"Range"}, 0);
  TestModel f(13);
  Value* end = f.b.op("Abs", {f.b.input("end", DType::kF32, {})});
  f.output(f.b.op("Range", {f.b.floats("a", {}, {0.5f}), end, f.b.floats("d", {}, {0.25f})}), "y");
  expect_same(*f.model, "range", {});
}

}  // namespace
}  // namespace jetline::fix
