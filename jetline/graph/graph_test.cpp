#include "jetline/graph/graph.h"

#include "jetline/base/testing.h"
#include "jetline/graph/testing.h"

namespace jetline {
namespace {
using testing::branching_model;
using testing::everything_model;
using testing::small_network;

Node* graph_node(Graph& g, std::string_view op) {
  for (const auto& n : g.nodes()) {
    if (n->op() == op) return n.get();
  }
  return nullptr;
}

TEST(GraphIr, BuilderLinksValuesBothWays) {
  auto model = small_network();
  Graph& g = model->graph();
  JETLINE_ASSERT_OK(g.verify());
  Node* conv = graph_node(g, "Conv");
  ASSERT_TRUE(conv);
  EXPECT_EQ(conv->input(0), g.find("images"));
  EXPECT_EQ(conv->output(0)->producer(), conv);
  ASSERT_EQ(conv->output(0)->uses().size(), 1u);
  EXPECT_EQ(conv->output(0)->uses()[0].node, graph_node(g, "Relu"));
  EXPECT_TRUE(g.find("scores")->is_output());
  EXPECT_EQ(conv->ints_or("pads", {}), (std::vector<int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(conv->int_or("group", 1), 1);
}

TEST(GraphIr, BuilderRemembersItsFirstError) {
  Model model;
  GraphBuilder b(model.graph());
  b.input("x", DType::kF32, {1});
  b.input("x", DType::kF32, {1});
  b.floats("w", {3}, {1, 2});
  EXPECT_EQ(b.status().id(), "graph.builder");
  EXPECT_NE(b.status().message().find("'x'"), std::string::npos);
  JETLINE_EXPECT_OK(model.graph().verify());
}

TEST(GraphIr, ReplacingUsesReachesSubgraphsAndOutputs) {
  auto model = branching_model();
  Graph& g = model->graph();
  Value* neg = graph_node(g, "Neg")->output(0);
  EXPECT_EQ(neg->uses().size(), 4u);  // twice in each branch
  Value* other = g.add_op("Abs", {g.find("x")}, "abs", graph_node(g, "If"));
  g.replace_all_uses(neg, other);
  EXPECT_TRUE(neg->uses().empty());
  EXPECT_EQ(other->uses().size(), 4u);
  for (Graph* sub : graph_node(g, "If")->subgraphs()) EXPECT_EQ(sub->nodes().front()->input(1), other);
  JETLINE_ASSERT_OK(g.remove(neg->producer()));
  JETLINE_ASSERT_OK(g.verify());
  g.replace_all_uses(g.find("y"), other);
  EXPECT_EQ(g.outputs()[0], other);
  EXPECT_TRUE(other->is_output());
  JETLINE_ASSERT_OK(g.verify());
}

TEST(GraphIr, AnOutputKeepsItsPublicName) {
  auto model = small_network();
  Graph& g = model->graph();
  Value* old = g.find("scores");
  Value* fresh = g.add_op("Softmax", {graph_node(g, "Gemm")->input(0)}, "soft");
  JETLINE_ASSERT_OK(g.replace_and_keep_name(old, fresh));
  EXPECT_EQ(g.outputs()[0], fresh);
  EXPECT_EQ(fresh->name(), "scores");
  EXPECT_NE(old->name(), "scores");
  EXPECT_EQ(to_string(fresh->type), "float[1,2]");
  EXPECT_EQ(g.replace_and_keep_name(fresh, g.find("images")).id(), "graph.scope");
  JETLINE_ASSERT_OK(g.verify());
}

TEST(GraphIr, WhatIsUsedCannotBeRemoved) {
  auto model = small_network();
  Graph& g = model->graph();
  EXPECT_EQ(g.remove(graph_node(g, "Conv")).id(), "graph.in-use");
  EXPECT_EQ(g.remove_initializer(g.find("w")).id(), "graph.in-use");
  EXPECT_EQ(g.remove_input(g.find("images")).id(), "graph.in-use");
  JETLINE_ASSERT_OK(g.verify());
}

TEST(GraphIr, DeadCodeGoesWithItsWeightsAndInSubgraphs) {
  auto model = branching_model();
  Graph& g = model->graph();
  GraphBuilder b(g);
  Value* dead = b.op("Mul", {g.find("x"), b.floats("dead_weight", {1}, {2})});
  b.op("Relu", {dead});
  Graph* body = graph_node(g, "If")->subgraphs()[0];
  body->add_op("Exp", {g.find("x")}, "unused");
  JETLINE_ASSERT_OK(g.verify());
  EXPECT_EQ(g.remove_dead(), 3u);
  EXPECT_EQ(g.find("dead_weight"), nullptr);
  EXPECT_EQ(body->node_count(), 1u);
  EXPECT_EQ(g.find("x")->uses().size(), 1u);
  JETLINE_ASSERT_OK(g.verify());
}

TEST(GraphIr, SortsStablyAndThroughSubgraphs) {
  auto model = branching_model();
  Graph& g = model->graph();
  g.move_before(graph_node(g, "Neg"), nullptr);  // the branches need it
  EXPECT_FALSE(g.verify().ok());
  JETLINE_ASSERT_OK(g.topological_sort());
  JETLINE_ASSERT_OK(g.verify());
  std::string order;
  for (const auto& n : g.nodes()) order += n->op() + " ";
  EXPECT_EQ(order, "Neg If Identity ");
}

TEST(GraphIr, ACycleIsFound) {
  auto model = small_network();
  Graph& g = model->graph();
  graph_node(g, "Relu")->set_input(0, graph_node(g, "Gemm")->output(0));
  const Status s = g.topological_sort();
  EXPECT_EQ(s.id(), "graph.cycle");
  EXPECT_NE(s.message().find("relu"), std::string::npos) << s.message();
}

TEST(GraphIr, SubgraphsAreCountedThroughEdits) {
  auto model = branching_model();
  Graph& g = model->graph();
  Node* n = graph_node(g, "If");
  EXPECT_TRUE(g.has_subgraphs());
  EXPECT_TRUE(n->remove_attribute("then_branch"));
  n->set_attribute(Attribute("else_branch", int64_t{1}));  // replaces a graph
  EXPECT_FALSE(g.has_subgraphs());
  EXPECT_EQ(g.unique_name("sum"), "sum");
  EXPECT_TRUE(graph_node(g, "Neg")->output(0)->uses().empty());
  n->set_attribute(Attribute("then_branch", testing::branch(n, "Add", g.find("x"), "sum")));
  EXPECT_EQ(g.unique_name("sum"), "sum_1");
  g.replace_all_uses(n->output(0), g.find("x"));
  JETLINE_ASSERT_OK(g.remove(n));
  EXPECT_FALSE(g.has_subgraphs());
}

TEST(GraphIr, NamesAreUniqueAcrossSubgraphs) {
  auto model = branching_model();
  Graph& g = model->graph();
  EXPECT_EQ(g.unique_name("free"), "free");
  EXPECT_EQ(g.unique_name("sum"), "sum_1");  // taken in a branch
  EXPECT_EQ(g.unique_name("x"), "x_1");
  EXPECT_EQ(g.rename(g.find("x"), "flag").id(), "graph.duplicate-name");
  JETLINE_ASSERT_OK(g.rename(g.find("x"), "new_x"));
  EXPECT_EQ(g.find("x"), nullptr);
  EXPECT_TRUE(g.find("new_x"));
  EXPECT_EQ(graph_node(g, "If")->subgraphs()[0]->find_in_scope("new_x"), g.find("new_x"));
  JETLINE_ASSERT_OK(g.verify());
}

TEST(GraphIr, VerifySeesAHiddenName) {
  auto model = branching_model();
  Graph& g = model->graph();
  Graph* body = graph_node(g, "If")->subgraphs()[0];
  // A value of the body takes the name of the outer one that the body uses: a file would mean another value.
  Value* inner = body->add_op("Exp", {g.find("x")}, "shadow", body->nodes().front().get());
  JETLINE_ASSERT_OK(body->rename(inner, graph_node(g, "Neg")->output(0)->name()));
  EXPECT_NE(g.verify().message().find("hides"), std::string::npos) << g.verify().message();
}

TEST(GraphIr, CloneIsEqualAndIndependent) {
  auto model = everything_model();
  JETLINE_ASSERT_OK(model->graph().verify());
  auto copy = model->clone();
  JETLINE_ASSERT_OK(copy->graph().verify());
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string before, save_onnx_bytes(*model));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string copied, save_onnx_bytes(*copy));
  EXPECT_EQ(before, copied);
  EXPECT_EQ(copy->graph().find("scale")->initializer()->bytes().data(),
            model->graph().find("scale")->initializer()->bytes().data());  // weights are shared
  copy->graph().remove_dead();
  graph_node(copy->graph(), "Neg")->set_op("Abs");
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string after, save_onnx_bytes(*model));
  EXPECT_EQ(before, after);
}

TEST(GraphIr, CloningANodeMapsInputsInItsSubgraphsToo) {
  auto model = branching_model();
  Graph& g = model->graph();
  Value* neg = graph_node(g, "Neg")->output(0);
  Node* copy = g.clone_node(*graph_node(g, "If"), {{neg, g.find("x")}}, nullptr);
  EXPECT_EQ(copy->output(0)->name(), "chosen_1");
  for (Graph* sub : copy->subgraphs()) {
    EXPECT_EQ(sub->nodes().front()->input(0), g.find("x"));
    EXPECT_EQ(sub->outer(), &g);
  }
  JETLINE_ASSERT_OK(g.verify());
  JETLINE_ASSERT_OK(g.remove(copy));
  EXPECT_EQ(g.find("x")->uses().size(), 1u);
}

TEST(GraphIr, OutputsAndInputsOfNodesCanBeLeftOut) {
  Model model;
  Graph& g = model.graph();
  Value* x = g.add_input("x");
  Node* n = g.add_node("Op", {x});
  n->set_input(3, x);
  EXPECT_EQ(n->inputs().size(), 4u);
  EXPECT_EQ(n->input(1), nullptr);
  EXPECT_EQ(x->uses().size(), 2u);
  n->resize_inputs(2);
  EXPECT_EQ(x->uses().size(), 1u);
  EXPECT_EQ(n->add_output(""), nullptr);
  EXPECT_EQ(n->add_output("x")->name(), "x_1");
  JETLINE_ASSERT_OK(g.verify());
}

TEST(GraphTensor, ReadsEveryIntegerAndFloatWidth) {
  auto made = [](DType t, std::vector<uint8_t> bytes, int64_t n) {
    return Tensor::own(t, {n}, std::move(bytes)).value().to_doubles().value();
  };
  EXPECT_EQ(made(DType::kF16, {0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b}, 4),
            (std::vector<double>{1, -2, 0x1p-24, 65504}));
  EXPECT_EQ(made(DType::kBF16, {0x80, 0x3f, 0x20, 0xc1}, 2), (std::vector<double>{1, -10}));
  EXPECT_EQ(made(DType::kI4, {0x1f, 0x08}, 3), (std::vector<double>{-1, 1, -8}));
  EXPECT_EQ(made(DType::kU2, {0xe4}, 4), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(made(DType::kBool, {0, 1, 7}, 3), (std::vector<double>{0, 1, 1}));
  EXPECT_EQ(Tensor::own(DType::kF32, {2}, {0, 0, 0, 0}).status().id(), "tensor.size");
  EXPECT_EQ(Tensor::own(DType::kF32, {INT64_MAX, 2}, {}).status().id(), "tensor.size");
  EXPECT_EQ(Tensor::floats({1}, {1}).value().to_ints().status().id(), "tensor.type");
  EXPECT_EQ(element_count({0, INT64_MAX, INT64_MAX}), 0);
  EXPECT_EQ(element_count({-1}), -1);
}

}  // namespace
}  // namespace jetline
