#include "jetline/passes/opset.h"

#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

// A copy at opset `to`, whose outputs on random input are those of `model`.
std::unique_ptr<Model> opset_converted(const Model& model, int64_t to, double tolerance = 1e-5) {
  auto copy = model.clone();
  const Status done = convert_opset(*copy, to);
  EXPECT_TRUE(done.ok()) << done.to_string();
  EXPECT_TRUE(copy->graph().verify().ok()) << to_text(copy->graph());
  if (!done.ok()) return copy;
  EXPECT_EQ(copy->opset(), to);
  const auto feeds = testing::random_feeds(model.graph(), 3);
  const auto x = testing::run_graph(model.graph(), feeds), y = testing::run_graph(copy->graph(), feeds);
  EXPECT_TRUE(x.ok()) << x.status().to_string();
  EXPECT_TRUE(y.ok()) << y.status().to_string() << to_text(copy->graph());
  if (!x.ok() || !y.ok()) return copy;
  for (size_t i = 0; i < x->size(); ++i) {
    EXPECT_EQ(model.graph().outputs()[i]->name(), copy->graph().outputs()[i]->name());
    EXPECT_LE(testing::difference((*x)[i], (*y)[i]), tolerance)
        << "output " << i << " at opset " << to << "\n"
        << to_text(copy->graph());
  }
  return copy;
}

TEST(Opset, AxesMoveBetweenAttributeAndInput) {
  TestModel t(13);
  Value* x = t.b.input("x", DType::kF32, {2, 1, 6});
  Value* y = t.b.op("Squeeze", {x, t.b.ints({-2})});
  y = t.b.op("Unsqueeze", {y, t.b.ints({0, -1})});
  auto parts = t.b.ops("Split", {y, t.b.ints({2, 4})}, 2, {{"axis", -2}});
  Value* sum = t.b.op("ReduceSum", {parts[1], t.b.ints({-1, 0})}, {{"keepdims", 0}});
  t.output(t.b.op("ReduceMean", {sum}, {{"axes", {1}}}), "y");
  t.output(parts[0], "z");
  for (int64_t to = 9; to <= 21; ++to) {
    auto m = opset_converted(*t.model, to);
    const Node* squeeze = m->graph().nodes().front().get();
    EXPECT_EQ(squeeze->inputs().size(), to >= 13 ? 2u : 1u);
    EXPECT_EQ(squeeze->attribute("axes") != nullptr, to < 13);
    if (to < 11) {
      EXPECT_EQ(squeeze->ints_or("axes", {}), std::vector<int64_t>{1});
    }
    auto back = opset_converted(*m, 13);
    EXPECT_EQ(back->graph().node_count(), t.model->graph().node_count()) << to;
  }
}

TEST(Opset, SoftmaxKeepsItsMeaning) {
  TestModel t(11);
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4});
  t.output(t.b.op("Softmax", {x}), "flattened");  // over 12 elements
  t.output(t.b.op("Softmax", {x}, {{"axis", 2}}), "last");
  t.output(t.b.op("LogSoftmax", {x}, {{"axis", 0}}), "all");
  auto up = opset_converted(*t.model, 13);
  opset_converted(*up, 9);
  TestModel n(17);
  Value* z = n.b.input("x", DType::kF32, {2, 3, 4});
  n.output(n.b.op("Softmax", {z}, {{"axis", 1}}), "inner");
  n.output(n.b.op("Hardmax", {z}, {{"axis", -1}}), "outer");
  auto down = opset_converted(*n.model, 12);
  EXPECT_EQ(testing::count(*down, "Transpose"), 2);
  opset_converted(*down, 17);
}

TEST(Opset, WhatAVersionLacksIsRefusedAllAtOnceAndNothingChanges) {
  TestModel t(20);
  Value* x = t.b.input("x", DType::kF32, {1, 1, 4, 4});
  Value* grid = t.b.input("grid", DType::kF32, {1, 2, 2, 2});
  Value* y = t.b.op("GridSample", {x, grid}, {}, "first");
  t.output(t.b.op("GridSample", {y, grid}, {{"mode", "cubic"}}, "second"), "y");
  t.output(t.b.op("Gelu", {x}, {}, "fine"), "z");
  const std::string before = to_text(t.model->graph());
  std::vector<OpsetProblem> problems;
  const Status s = convert_opset(*t.model, 13, &problems);
  EXPECT_EQ(s.id(), "graph.opset-inexpressible");
  EXPECT_EQ(s.exit_code(), 1);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].node, "first");
  EXPECT_EQ(problems[1].node, "second");
  EXPECT_EQ(problems[1].needs, 16);
  EXPECT_NE(s.message().find("'first'"), std::string::npos);
  EXPECT_NE(s.message().find("'second'"), std::string::npos);
  EXPECT_EQ(to_text(t.model->graph()), before);
  EXPECT_EQ(t.model->opset(), 20);
  EXPECT_EQ(lowest_opset(*t.model), 16);
  EXPECT_TRUE(convert_opset(*t.model, 16).ok());
  EXPECT_EQ(t.model->opset(), 16);
  EXPECT_EQ(t.model->ir_version, 8);
  EXPECT_EQ(convert_opset(*t.model, 8).id(), "graph.opset-range");
  EXPECT_EQ(convert_opset(*t.model, 22).id(), "graph.opset-range");
}

TEST(Opset, NewerActivationsAndNormalisationsAreWrittenOut) {
  TestModel t(21);
  Value* x = t.b.input("x", DType::kF32, {2, 6, 5});
  Value* y = t.b.op("Gelu", {x}, {{"approximate", "tanh"}});
  y = t.b.op("Gelu", {t.b.op("Mish", {y})});
  y = t.b.op("HardSwish", {t.b.op("Celu", {y}, {{"alpha", 0.7f}})});
  auto norm = t.b.ops("LayerNormalization", {y, t.constant({6, 5}), t.constant({6, 5})}, 3, {{"axis", -2}});
  t.output(norm[1], "mean");
  t.output(norm[2], "inverse");
  y = t.b.op("GroupNormalization", {norm[0], t.constant({6}), t.constant({6})}, {{"num_groups", 3}});
  y = t.b.op("ThresholdedRelu", {y}, {{"alpha", 0.2f}});
  t.output(t.b.op("Round", {t.b.op("Mul", {y, t.b.scalar(4)})}), "y");
  for (int64_t to : {20, 18, 17, 16, 13, 11, 10, 9}) opset_converted(*t.model, to);
  EXPECT_EQ(lowest_opset(*t.model), 9);
}

TEST(Opset, IntegersTakeOtherWays) {
  TestModel t(15);
  Value* a = t.b.input("a", DType::kI64, {3, 4});
  Value* b = t.b.op("Add", {t.b.op("Abs", {t.b.input("b", DType::kI64, {4})}), t.b.ints({1})});
  t.output(t.b.op("Max", {a, b}), "max", DType::kI64);
  t.output(t.b.op("Clip", {a, t.b.ints("", {}, {-1}), t.b.ints("", {}, {2})}), "clip", DType::kI64);
  t.output(t.b.op("Mod", {a, b}), "mod", DType::kI64);
  t.output(t.b.op("Mod", {a, b}, {{"fmod", 1}}), "fmod", DType::kI64);
  t.output(t.b.op("Relu", {t.b.op("Cast", {a}, {{"to", 6}})}), "relu", DType::kI32);
  t.output(t.b.op("CumSum", {a, t.b.ints("", {}, {0})}, {{"exclusive", 1}}), "sum", DType::kI64);
  Value* small = t.b.op("Cast", {a}, {{"to", static_cast<int64_t>(DType::kI8)}});
  t.output(t.b.op("Add", {small, small}), "add8", DType::kI8);
  t.output(t.b.op("ReduceMax", {small}, {{"axes", {1}}}), "most8", DType::kI8);
  t.output(t.b.op("GreaterOrEqual", {a, b}), "ge", DType::kBool);
  t.output(t.b.op("Pow", {a, t.b.ints("", {}, {2})}), "square", DType::kI64);
  for (int64_t to : {14, 13, 12, 11, 10, 9, 21}) opset_converted(*t.model, to);
}

TEST(Opset, SubgraphsAreConvertedWithTheirGraph) {
  TestModel t(18);
  Value* x = t.b.input("x", DType::kF32, {4, 3});
  Value* flag = t.b.input("flag", DType::kBool, {});
  Node* n = t.model->graph().add_node("If", {flag});
  n->name = "choice";
  for (const char* branch : {"then_branch", "else_branch"}) {
    auto g = std::make_unique<Graph>(t.model.get(), n);
    g->name = branch;
    GraphBuilder inner(*g);
    const bool yes = branch[0] == 't';
    Value* y = inner.op(yes ? "ReduceSum" : "ReduceMax",
                        {x, inner.ints(std::string(branch) + "_axes", {1}, {1})}, {{"keepdims", 0}});
    g->add_output(y);
    n->set_attribute(Attribute(branch, std::move(g)));
  }
  t.output(n->add_output("y"), "out");
  for (int64_t to : {17, 13, 11, 9}) {
    auto m = opset_converted(*t.model, to);
    const Node* choice = m->graph().nodes().front().get();
    for (const Graph* g : choice->subgraphs())
      EXPECT_EQ(g->nodes().front()->inputs().size(),
                to >= 13 && g->nodes().front()->is("ReduceSum") ? 2u : 1u);
    opset_converted(*m, 18);
  }
}

TEST(Opset, ThereAndBackGivesTheSameOutputs) {
  TestModel t(17);
  Value* x = t.b.input("x", DType::kF32, {1, 3, 8, 8});
  Value* y = t.b.op("Conv", {x, t.constant({6, 3, 3, 3})}, {{"pads", {1, 1, 1, 1}}});
  y = t.b.op("BatchNormalization", {y, t.constant({6}), t.constant({6}), t.constant({6}),
                                    t.b.floats("var", {6}, {1, 2, 3, 4, 5, 6})});
  y = t.b.op("Clip", {y, t.b.scalar(0), t.b.scalar(6)});
  y = t.b.op("MaxPool", {y}, {{"kernel_shape", {3, 3}}, {"strides", {2, 2}}, {"ceil_mode", 1}});
  y = t.b.op(
      "Resize", {y, nullptr, t.b.floats("", {4}, {1, 1, 2, 2})},
      {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
  y = t.b.op("Pad", {y, t.b.ints({0, 0, 1, 0, 0, 0, 0, 1}), t.b.scalar(0.5f)});
  y = t.b.op("Slice", {y, t.b.ints({1, -1}), t.b.ints({9, -9}), t.b.ints({2, 3}), t.b.ints({2, -2})});
  auto top = t.b.ops("TopK", {t.b.op("Flatten", {y}), t.b.ints({4})}, 2, {{"largest", 0}});
  t.output(top[0], "least");
  t.output(top[1], "where", DType::kI64);
  t.output(t.b.op("DepthToSpace", {t.constant({1, 8, 2, 3})}, {{"blocksize", 2}, {"mode", "CRD"}}), "deep");
  t.output(y, "y");
  for (int64_t to : {13, 11, 10, 9}) {
    auto down = opset_converted(*t.model, to);
    opset_converted(*down, 17);
    opset_converted(*down, 21);
  }
}

TEST(Opset, ResizesThatOpset10DoesNotHave) {
  TestModel t(13);
  Value* x = t.b.input("x", DType::kF32, {1, 2, 5, 4});
  int count = 0;
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    for (const char* where : {"half_pixel", "align_corners", "pytorch_half_pixel", "asymmetric"}) {
      Value* by_size = t.b.op("Resize", {x, nullptr, nullptr, t.b.ints({1, 2, 9, 3})},
                              {{"mode", mode}, {"coordinate_transformation_mode", where}});
      t.output(by_size, "y" + std::to_string(count++));
      Value* by_scale =
          t.b.op("Resize", {x, nullptr, t.b.floats("", {4}, {1, 1, 1.7f, 0.6f})},
                 {{"mode", mode}, {"coordinate_transformation_mode", where}, {"nearest_mode", "ceil"}});
      t.output(by_scale, "y" + std::to_string(count++));
    }
  }
  for (int64_t to : {11, 10, 9}) opset_converted(*t.model, to);
}

TEST(Opset, EinsumAsMatrixProducts) {
  TestModel t(13);
  Value* a = t.b.input("a", DType::kF32, {2, 3, 4});
  Value* b = t.b.input("b", DType::kF32, {2, 4, 5});
  Value* m = t.b.input("m", DType::kF32, {4, 6});
  int count = 0;
  auto einsum = [&](const char* equation, std::vector<Value*> inputs) {
    t.output(t.b.op("Einsum", std::move(inputs), {{"equation", equation}}), "y" + std::to_string(count++));
  };
  einsum("bij,bjk->bik", {a, b});
  einsum("bij,bjk->kbi", {a, b});
  einsum("bij,jk->bik", {a, m});
  einsum("bij,bik->bjk", {a, t.constant({2, 3, 7})});
  einsum("bij,bij->b", {a, a});
  einsum("bij,cjk->bcik", {a, b});
  einsum("bij,jk,bjl->lbk", {a, m, b});
  einsum("bij->jb", {a});
  einsum("i,j->ij", {t.constant({3}), t.constant({4})});
  einsum("bij,jk", {a, m});
  for (int64_t to : {12, 11, 10, 9}) opset_converted(*t.model, to);
}

TEST(Opset, ShapesCountedFromData) {
  TestModel t(17);
  Value* x = t.b.input("x", DType::kF32, {3, 4, 5});
  Value* n = t.b.op("Squeeze", {t.b.op("Shape", {x}, {{"start", 1}, {"end", 2}}), t.b.ints({0})});
  t.output(t.b.op("Range", {t.b.ints("", {}, {0}), n, t.b.ints("", {}, {1})}), "range", DType::kI64);
  Value* f = t.b.op("ReduceSum", {t.b.op("Abs", {x}), t.b.ints({0, 1, 2})}, {{"keepdims", 0}});
  t.output(t.b.op("Range", {t.b.scalar(1), f, t.b.scalar(2.5f)}), "steps");
  t.output(t.b.op("GatherND", {x, t.b.ints("", {2, 2}, {0, 3, -1, 1})}), "rows");
  t.output(t.b.op("GatherND", {x, t.b.ints("", {3, 1}, {1, 0, -2})}, {{"batch_dims", 1}}), "batched");
  t.output(
      t.b.op("GatherElements", {x, t.b.ints("", {1, 2, 5}, {0, 1, 2, 3, -1, -4, 0, 0, 1, 2})}, {{"axis", 1}}),
      "single");
  t.output(t.b.op("Trilu", {x}, {{"upper", 0}}), "triangle");
  for (int64_t to : {15, 14, 13, 12, 11, 10, 9}) opset_converted(*t.model, to);
}

}  // namespace
}  // namespace jetline::passes
