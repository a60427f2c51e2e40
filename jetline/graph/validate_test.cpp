// Nodes that cannot be computed are named; that no sound node is among them is tested over onnx's node tests
// (ops/node_shapes_test.cpp).
#include "jetline/graph/validate.h"

#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/testing.h"

namespace jetline {
namespace {

struct ValidateCase {
  Model model;
  GraphBuilder b{model.graph()};
  ValidateCase() { model.set_opset("", 13); }
  Value* x(std::vector<Dim> shape, DType t = DType::kF32) {
    return b.input(model.graph().unique_name("x"), t, std::move(shape));
  }
  // What is said of the node "n"; "" when it is let pass.
  std::string judge(const std::string& op, std::vector<Value*> in,
                    const std::vector<AttrArg>& attributes = {}) {
    b.op(op, std::move(in), attributes, "n");
    EXPECT_TRUE(b.status().ok()) << b.status().to_string();
    infer_shapes(model);
    const auto found = find_impossible_nodes(model);
    const Status s = check_nodes(model);
    EXPECT_EQ(s.ok(), found.empty());
    if (found.empty()) return "";
    EXPECT_EQ(s.id(), "graph.impossible-node");
    EXPECT_EQ(s.exit_code(), 3);
    EXPECT_NE(s.message().find("node 'n' (" + op + ")"), std::string::npos) << s.message();
    return found[0].why;
  }
};

#define EXPECT_WRONG(part, ...)                                              \
  do {                                                                       \
    ValidateCase c;                                                          \
    const std::string why = c.judge(__VA_ARGS__);                            \
    EXPECT_NE(why.find(part), std::string::npos) << "said: '" << why << "'"; \
  } while (false)

using ValidateAttributes = std::vector<AttrArg>;

TEST(Validate, Layers) {
  EXPECT_WRONG("weight has 2 dimensions", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 3})});
  EXPECT_WRONG("takes 2 channels, its input has 3", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 2, 3, 3})});
  EXPECT_WRONG("takes 4 channels", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 2, 3, 3})},
               ValidateAttributes{{"group", 2}});
  EXPECT_WRONG("groups", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 3, 3, 3})}, ValidateAttributes{{"group", 0}});
  EXPECT_WRONG("strides has 1 numbers", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 3, 3, 3})},
               ValidateAttributes{{"strides", {2}}});
  EXPECT_WRONG("dilations below 1", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 3, 3, 3})},
               ValidateAttributes{{"dilations", {1, 0}}});
  EXPECT_WRONG("shape of its weight", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 3, 3, 3})},
               ValidateAttributes{{"kernel_shape", {3, 5}}});
  EXPECT_WRONG("bias has 5 numbers for 4", "Conv", {c.x({1, 3, 8, 8}), c.x({4, 3, 3, 3}), c.x({5})});
  EXPECT_WRONG("input 1 is missing", "Conv", {c.x({1, 3, 8, 8})});
  EXPECT_WRONG("input has 2 dimensions", "MaxPool", {c.x({3, 8})}, ValidateAttributes{{"kernel_shape", {2}}});
  EXPECT_WRONG("no kernel_shape", "MaxPool", {c.x({1, 3, 8, 8})});
  EXPECT_WRONG("rows of 4 numbers", "Gemm", {c.x({2, 4}), c.x({3, 4})});
  EXPECT_WRONG("rows of 4 numbers", "MatMul", {c.x({5, 2, 4}), c.x({3, 4})});
  EXPECT_WRONG("input 0 has 3 dimensions", "Gemm", {c.x({1, 2, 4}), c.x({4, 3})});
  EXPECT_WRONG("5 numbers for 3 channels", "BatchNormalization",
               {c.x({1, 3, 4, 4}), c.x({3}), c.x({3}), c.x({5}), c.x({3})});
  EXPECT_WRONG("has 2 dimensions", "LSTM", {c.x({7, 3}), c.x({1, 8, 3}), c.x({1, 8, 2})},
               ValidateAttributes{{"hidden_size", 2}});
}

TEST(Validate, AxesAndLists) {
  EXPECT_WRONG("3 dimensions, its input 0 2", "Concat", {c.x({2, 3}), c.x({2, 3, 1})},
               ValidateAttributes{{"axis", 0}});
  EXPECT_WRONG("3 and 4 elements along axis 1", "Concat", {c.x({2, 3}), c.x({2, 4})},
               ValidateAttributes{{"axis", 0}});
  EXPECT_WRONG("axis 2", "Concat", {c.x({2, 3})}, ValidateAttributes{{"axis", 2}});
  EXPECT_WRONG("perm", "Transpose", {c.x({2, 3})}, ValidateAttributes{{"perm", {0, 0}}});
  EXPECT_WRONG("perm", "Transpose", {c.x({2, 3})}, ValidateAttributes{{"perm", {0, 1, 2}}});
  EXPECT_WRONG("6 elements do not fit", "Reshape", {c.x({2, 3}), c.b.ints({4, -1})});
  EXPECT_WRONG("more than one size open", "Reshape", {c.x({2, 3}), c.b.ints({-1, -1})});
  EXPECT_WRONG("below -1", "Reshape", {c.x({2, 3}), c.b.ints({-2, 3})});
  EXPECT_WRONG("overflows", "Reshape",
               {c.x({2, 3}), c.b.ints({int64_t{1} << 40, int64_t{1} << 40, int64_t{1} << 40})});
  EXPECT_WRONG("copies an axis", "Reshape", {c.x({2, 3}), c.b.ints({2, 3, 0})});
  EXPECT_WRONG("axis 2", "Squeeze", {c.x({1, 3}), c.b.ints({2})});
  EXPECT_WRONG("axis -4", "Unsqueeze", {c.x({1, 3}), c.b.ints({-4})});
  EXPECT_WRONG("more starts than ends", "Slice", {c.x({2, 3}), c.b.ints({0}), c.b.ints({1, 2})});
  EXPECT_WRONG("step of 0", "Slice",
               {c.x({2, 3}), c.b.ints({0}), c.b.ints({1}), c.b.ints({0}), c.b.ints({0})});
  EXPECT_WRONG("cuts more axes", "Slice", {c.x({2}), c.b.ints({0, 0}), c.b.ints({1, 2})});
  EXPECT_WRONG("3 pads for 2 axes", "Pad", {c.x({2, 3}), c.b.ints({0, 0, 1})});
  EXPECT_WRONG("repeats 1 axes", "Tile", {c.x({2, 3}), c.b.ints({2})});
  EXPECT_WRONG("no int32 or int64", "Gather", {c.x({2, 3}), c.x({1})});
  EXPECT_WRONG("axis 5", "Softmax", {c.x({2, 3})}, ValidateAttributes{{"axis", 5}});
  EXPECT_WRONG("2 and 3 elements", "Add", {c.x({4, 2}), c.x({3})});
  EXPECT_WRONG("2 and 3 elements", "Sum", {c.x({2}), c.x({1}), c.x({3})});
  EXPECT_WRONG("condition is no bool", "Where", {c.x({2}), c.x({2}), c.x({2})});
}

TEST(Validate, WhatIsOpenIsLetPass) {
  const Dim n = Dim::named("n");
  ValidateCase c;
  EXPECT_EQ(c.judge("Add", {c.x({n, 3}), c.x({2, 3})}), "");
  EXPECT_EQ(c.judge("Conv", {c.x({n, n, 8, 8}), c.x({4, 3, 3, 3})}), "");
  EXPECT_EQ(c.judge("Reshape", {c.x({n, 3}), c.b.ints({-1, 7})}), "");
  EXPECT_EQ(c.judge("Concat", {c.x({n, 3}), c.x({4, 3})}, {{"axis", 0}}), "");
  EXPECT_EQ(c.judge("Mystery", {}), "");
}

TEST(Validate, BodiesGiveWhatTheirNodeDoes) {
  ValidateCase c;
  Value* x = c.x({2});
  Node* n = c.model.graph().add_node("If", {c.x({}, DType::kBool)});
  n->name = "choose";
  for (const char* name : {"then_branch", "else_branch"}) {
    auto body = std::make_unique<Graph>(&c.model, n);
    body->add_output(GraphBuilder(*body).op("Relu", {x}));
    n->set_attribute(Attribute(name, std::move(body)));
  }
  n->add_output("a");
  EXPECT_TRUE(check_nodes(c.model).ok());
  n->add_output("b");
  const Status s = check_nodes(c.model);
  EXPECT_NE(s.message().find("'choose' (If)"), std::string::npos) << s.to_string();
}

}  // namespace
}  // namespace jetline
