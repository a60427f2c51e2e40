#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

OptimizeOptions cse_alone() {
  return testing::only({"common-subexpressions", "dead-code"});
}

TEST(CommonSubexpressions, EqualNodesAreComputedOnce) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* a = t.b.op("Add", {x, t.constant({3})});
  Value* b = t.b.op("Add", {t.constant({3}), x});  // the other way round, with a constant of its own
  t.output(t.b.op("Mul", {t.b.op("Softmax", {a}, {{"axis", 1}}), t.b.op("Softmax", {b}, {{"axis", 1}})}),
           "y");
  const auto m = testing::optimized_copy(*t.model, cse_alone(), 0);
  EXPECT_EQ(count_nodes(*m), 3);
  EXPECT_EQ(m->graph().initializers().size(), 1u);
}

TEST(CommonSubexpressions, AttributesAndBytesDecide) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* a = t.b.op("Softmax", {x}, {{"axis", 0}});
  Value* b = t.b.op("Softmax", {x}, {{"axis", 1}});
  Value* c = t.b.op("Sub", {a, t.constant({3})});
  Value* d = t.b.op("Sub", {b, t.constant({3}, 0.2f)});
  t.output(t.b.op("Sub", {c, d}), "y");
  const auto m = testing::optimized_copy(*t.model, cse_alone(), 0);
  EXPECT_EQ(count_nodes(*m), 5);
  EXPECT_EQ(m->graph().initializers().size(), 2u);
}

TEST(CommonSubexpressions, EqualBytesOfAnotherShapeOrTypeAreOther) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {3, 3});
  const std::vector<float> v = {1, 2, 3};
  Value* y = t.b.op("Add", {x, t.b.floats("", {3, 1}, v)});
  t.output(t.b.op("Add", {y, t.b.floats("", {1, 3}, v)}), "y");
  EXPECT_EQ(testing::optimized_copy(*t.model, cse_alone(), 0)->graph().initializers().size(), 2u);
}

TEST(CommonSubexpressions, LargeWeightsThatDifferInOneByteStayTwo) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 5000});
  std::vector<float> v(5000, 0.5f);
  Value* y = t.b.op("Add", {x, t.b.floats("", {5000}, v)});
  v[1234] = 0.25f;
  y = t.b.op("Add", {y, t.b.floats("", {5000}, v)});
  v[1234] = 0.5f;
  t.output(t.b.op("Add", {y, t.b.floats("", {5000}, v)}), "y");
  EXPECT_EQ(testing::optimized_copy(*t.model, cse_alone(), 0)->graph().initializers().size(), 2u);
}

TEST(CommonSubexpressions, RandomNumbersAreDrawnEachTime) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  Value* a = t.b.op("RandomUniformLike", {x});
  t.output(t.b.op("Sub", {a, t.b.op("RandomUniformLike", {x})}), "y");
  auto m = t.model->clone();
  JETLINE_ASSERT_OK(optimize(*m, {}, nullptr));
  EXPECT_EQ(testing::count(*m, "RandomUniformLike"), 2);
}

TEST(CommonSubexpressions, ABodyUsesWhatStandsOutside) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  Value* flag = t.b.input("flag", DType::kBool, {});
  Value* outside = t.b.op("Neg", {x});
  Node* n = t.model->graph().add_node("If", {flag});
  for (const char* name : {"then_branch", "else_branch"}) {
    auto body = std::make_unique<Graph>(t.model.get(), n);
    body->name = name;
    GraphBuilder b(*body);
    Value* v = b.op(name[0] == 't' ? "Abs" : "Exp", {b.op("Neg", {x})});
    body->add_output(v);
    n->set_attribute(Attribute(name, std::move(body)));
  }
  t.output(n->add_output("chosen"), "y");
  t.output(outside, "z");
  const auto m = testing::optimized_copy(*t.model, cse_alone(), 0);
  EXPECT_EQ(testing::count(*m, "Neg"), 1);
}

}  // namespace
}  // namespace jetline::passes
