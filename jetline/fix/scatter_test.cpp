#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::expect_refused;
using testing::expect_same;
using testing::TestModel;

TEST(FixScatter, TuplesThatAreConstant) {
  for (int64_t opset : {11, 13, 16}) {
    TestModel m(opset);
    Value* x = m.b.input("x", DType::kF32, {3, 4, 2});
    Value* u = m.b.input("u", DType::kF32, {3, 2});
    m.output(m.b.op("ScatterND", {x, m.b.ints("at", {3, 2}, {0, 1, -1, 3, 2, 0}), u}), "y");
    expect_same(*m.model, "scatter-nd", {"ScatterND"}, 0);
  }
}

TEST(FixScatter, ReductionsWithRepeatedPlaces) {
  for (const char* reduction : {"add", "mul", "max", "min"}) {
    TestModel m(18);
    Value* x = m.b.input("x", DType::kF32, {5, 2});
    Value* u = m.b.input("u", DType::kF32, {4, 2});
    m.output(m.b.op("ScatterND", {x, m.b.ints("at", {4, 1}, {1, 3, 1, 1}), u}, {{"reduction", reduction}}),
             "y");
    expect_same(*m.model, "scatter-nd", {"ScatterND"});
    TestModel e(18);
    Value* a = e.b.input("x", DType::kF32, {3, 4});
    Value* b = e.b.input("u", DType::kF32, {2, 4});
    e.output(e.b.op("ScatterElements", {a, e.b.ints("at", {2, 4}, {0, 1, 2, 0, 0, 2, 2, -2}), b},
                    {{"axis", 0}, {"reduction", reduction}}),
             "y");
    expect_same(*e.model, "scatter-elements", {"ScatterElements"});
  }
}

// Two places that the input decides on, never the same.
Value* scatter_places(TestModel& m) {
  Value* first =
      m.b.op("Cast", {m.b.op("Greater", {m.b.input("p", DType::kF32, {1}), m.b.floats("", {1}, {0})})},
             {{"to", static_cast<int64_t>(DType::kI64)}});
  return m.b.op("Concat", {first, m.b.op("Sub", {first, m.b.ints("", {1}, {2})})}, {{"axis", 0}});
}

TEST(FixScatter, PlacesThatAreComputed) {
  for (const char* reduction : {"none", "add"}) {
    TestModel m(16);
    Value* x = m.b.input("x", DType::kF32, {5, 3});
    Value* at = m.b.op("Reshape", {scatter_places(m), m.b.ints("", {2}, {2, 1})});
    m.output(m.b.op("ScatterND", {x, at, m.b.input("u", DType::kF32, {2, 3})}, {{"reduction", reduction}}),
             "y");
    expect_same(*m.model, "scatter-nd", {"ScatterND"});
    TestModel e(16);
    Value* a = e.b.input("x", DType::kF32, {5, 1});
    Value* i = e.b.op("Reshape", {scatter_places(e), e.b.ints("", {2}, {2, 1})});
    e.output(e.b.op("ScatterElements", {a, i, e.b.input("u", DType::kF32, {2, 1})},
                    {{"axis", 0}, {"reduction", reduction}}),
             "y");
    expect_same(*e.model, "scatter-elements", {"ScatterElements"});
  }
}

TEST(FixScatter, AlongEveryAxisAndTheOldName) {
  for (int64_t axis : {0, 1, -1}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {3, 4});
    Value* u = m.b.input("u", DType::kF32, {2, 3});
    m.output(m.b.op("ScatterElements", {x, m.b.ints("at", {2, 3}, {0, 1, 2, 2, 0, 1}), u}, {{"axis", axis}}),
             "y");
    expect_same(*m.model, "scatter-elements", {"ScatterElements"}, 0);
  }
  TestModel old(10);
  Value* x = old.b.input("x", DType::kF32, {3, 4});
  Value* u = old.b.input("u", DType::kF32, {1, 4});
  old.output(old.b.op("Scatter", {x, old.b.ints("at", {1, 4}, {0, 1, 2, 2}), u}), "y");
  expect_same(*old.model, "scatter-elements", {"Scatter"}, 0);
}

TEST(FixScatter, OpenSizesAreRefused) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {Dim::named("n"), 4});
  m.output(m.b.op("ScatterND", {x, m.b.ints("at", {1, 1}, {0}), m.b.input("u", DType::kF32, {1, 4})}), "y");
  expect_refused(*m.model, "scatter-nd", "unknown size");
}

}  // namespace
}  // namespace jetline::fix
