#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::expect_refused;
using testing::expect_same;
using testing::TestModel;

Value* select_index(TestModel& m, std::vector<Dim> dims) {
  Value* x = m.b.op("Mul", {m.b.input("i", DType::kF32, std::move(dims)), m.b.floats("", {1}, {1.4f})});
  return m.b.op("Cast", {x}, {{"to", static_cast<int64_t>(DType::kI64)}});  // -2 … 2
}

TEST(FixSelect, OneHot) {
  for (int64_t opset : {9, 11, 13}) {
    for (int64_t axis : {-1, 0, 1}) {
      TestModel m(opset);
      m.output(m.b.op("OneHot",
                      {select_index(m, {2, 3}), m.b.ints("depth", {}, {5}), m.b.floats("v", {2}, {-0.5f, 2})},
                      {{"axis", axis}}),
               "y");
      expect_same(*m.model, "one-hot", {"OneHot"}, 0);
    }
  }
}

TEST(FixSelect, EyeLikeAndCompress) {
  for (int64_t k : {-1, 0, 2}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {3, 4});
    m.output(m.b.op("EyeLike", {x}, {{"k", k}}), "y");
    expect_same(*m.model, "eye-like", {"EyeLike"}, 0);
  }
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {3, 4});
  Value* keep = m.b.tensor("keep", Tensor::own(DType::kBool, {3}, {1, 0, 1}).value());
  m.output(m.b.op("Compress", {x, keep}, {{"axis", 0}}), "rows");
  m.output(m.b.op("Compress", {x, keep}), "flat");
  expect_same(*m.model, "compress", {"Compress"}, 0);
}

TEST(FixSelect, ReverseSequence) {
  for (int64_t batch_axis : {0, 1}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {4, 4, 3});
    // Lengths 1 to 4 that the input decides on.
    Value* n = m.b.op(
        "Cast",
        {m.b.op("Add", {m.b.op("Abs", {m.b.input("n", DType::kF32, {4})}), m.b.floats("", {1}, {1.5f})})},
        {{"to", static_cast<int64_t>(DType::kI64)}});
    m.output(m.b.op("ReverseSequence", {x, n}, {{"batch_axis", batch_axis}, {"time_axis", 1 - batch_axis}}),
             "y");
    expect_same(*m.model, "reverse-sequence", {"ReverseSequence"}, 0);
  }
}

TEST(FixSelect, TopKWithComputedK) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {2, 6});
  Value* six = m.b.op("Gather", {m.b.op("Shape", {x}), m.b.ints("", {1}, {1})}, {{"axis", 0}});
  Value* k = m.b.op("Min", {six, m.b.ints("", {1}, {4})});
  const auto found = m.b.ops("TopK", {x, k}, 2);
  m.output(found[0], "y");
  m.output(found[1], "i", DType::kI64);
  const auto r = expect_same(*m.model, "top-k", {"Shape", "Min"}, 0);
  EXPECT_EQ(testing::count(*r.model, "TopK"), 1);
}

TEST(FixSelect, TopKOfSmallIntegersAndTooMany) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kI8, {2, 6});
  const auto found = m.b.ops("TopK", {x, m.b.ints("k", {1}, {3})}, 2, {{"largest", 0}});
  m.output(found[0], "y", DType::kI8);
  m.output(found[1], "i", DType::kI64);
  expect_same(*m.model, "top-k", {}, 0);
  TestModel many(13);
  Value* z = many.b.input("x", DType::kF32, {1, 6000});
  const auto all = many.b.ops("TopK", {z, many.b.ints("k", {1}, {5000})}, 2);
  many.output(all[0], "y");
  expect_refused(*many.model, "top-k", "5000");
}

}  // namespace
}  // namespace jetline::fix
