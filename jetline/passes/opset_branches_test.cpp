// Branches whose results have different shapes, which readers of opset 10 and below refuse.
#include "jetline/passes/opset.h"
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

// If(flag) then x[:rows] else all of x [4, 3].
std::unique_ptr<Model> branches_of_sizes(int64_t rows) {
  testing::TestModel t(13);
  Value* x = t.b.input("x", DType::kF32, {4, 3});
  Value* flag = t.b.input("flag", DType::kBool, {});
  Node* n = t.model->graph().add_node("If", {flag});
  n->name = "choice";
  for (const bool yes : {true, false}) {
    const std::string branch = yes ? "then_branch" : "else_branch";
    auto g = std::make_unique<Graph>(t.model.get(), n);
    g->name = branch;
    GraphBuilder inner(*g);
    Value* end = inner.ints(branch + "_end", {1}, {yes ? rows : 4});
    Value* y = inner.op("Slice", {x, inner.ints(branch + "_begin", {1}, {0}), end});
    y->type = ValueType::tensor(DType::kF32, {Dim(yes ? rows : 4), Dim(3)});
    g->add_output(y);
    n->set_attribute(Attribute(branch, std::move(g)));
  }
  t.output(n->add_output("y"), "out");
  return std::move(t.model);
}

TEST(OpsetBranches, DifferentShapesNeedOpset11) {
  auto model = branches_of_sizes(2);
  EXPECT_TRUE(convert_opset(*model->clone(), 11).ok());
  std::vector<OpsetProblem> problems;
  const Status s = convert_opset(*model, 10, &problems);
  EXPECT_EQ(s.id(), "graph.opset-inexpressible");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].node, "choice");
  EXPECT_EQ(problems[0].needs, 11);
  EXPECT_EQ(lowest_opset(*model), 11);
}

TEST(OpsetBranches, EqualShapesDoNot) {
  auto model = branches_of_sizes(4);
  const Status s = convert_opset(*model, 10);
  EXPECT_TRUE(s.ok()) << s.to_string();
}

}  // namespace
}  // namespace jetline::passes
