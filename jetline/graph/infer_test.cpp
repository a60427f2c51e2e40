#include "jetline/graph/infer.h"

#include "jetline/base/testing.h"
#include "jetline/graph/testing.h"

namespace jetline {
namespace {

// Builds one graph, infers, and tells the type of `value` and the work.
struct InferCase {
  Model model;
  GraphBuilder b{model.graph()};
  MacCount macs;
  explicit InferCase(int64_t opset = 13) { model.set_opset("", opset); }
  std::string type(Value* value) {
    EXPECT_TRUE(b.status().ok()) << b.status().to_string();
    EXPECT_EQ(infer_shapes(model).conflicts, 0);
    macs = count_macs(model);
    return to_string(value->type);
  }
  Value* zeros(std::vector<int64_t> dims) {
    return b.floats("", dims, std::vector<float>(static_cast<size_t>(element_count(dims)), 0.0f));
  }
};

TEST(Infer, ConvolutionSizesAndWork) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {2, 6, 20, 30});
  // floor((20 + 1 + 2 - 2*(3-1) - 1) / 2) + 1 = 10; floor((30 + 0 + 0 - 4) / 3) + 1 = 9
  Value* y = t.b.op("Conv", {x, t.zeros({8, 3, 3, 5})},
                    {{"group", 2}, {"strides", {2, 3}}, {"dilations", {2, 1}}, {"pads", {1, 0, 2, 0}}});
  EXPECT_EQ(t.type(y), "float[2,8,10,9]");
  EXPECT_EQ(t.macs.macs, 2 * 8 * 10 * 9 * 3 * 3 * 5);
  EXPECT_TRUE(t.macs.exact);
}

TEST(Infer, TransposedConvolution) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {1, 4, 5, 5});
  // 2*(5-1) + 1 + 3 - 1 - 1 = 10
  Value* y = t.b.op("ConvTranspose", {x, t.zeros({4, 6, 3, 3})},
                    {{"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}, {"output_padding", {1, 1}}});
  EXPECT_EQ(t.type(y), "float[1,6,10,10]");
  EXPECT_EQ(t.macs.macs, 1 * 4 * 5 * 5 * 6 * 3 * 3);
}

TEST(Infer, PoolingRoundsUpOnlyInsideTheInput) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {1, 1, 5, 6});
  Value* y = t.b.op("MaxPool", {x}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}, {"ceil_mode", 1}});
  Value* z =
      t.b.op("AveragePool", {x}, {{"kernel_shape", {3, 3}}, {"auto_pad", "SAME_UPPER"}, {"strides", {2, 2}}});
  Value* g = t.b.op("GlobalAveragePool", {x});
  EXPECT_EQ(t.type(y), "float[1,1,3,3]");
  EXPECT_EQ(to_string(z->type), "float[1,1,3,3]");
  EXPECT_EQ(to_string(g->type), "float[1,1,1,1]");
}

TEST(Infer, MatrixProductsBroadcastAndCount) {
  InferCase t;
  Value* a = t.b.input("a", DType::kF32, {7, 1, 3, 4});
  Value* b = t.b.input("b", DType::kF32, {5, 4, 6});
  Value* v = t.b.input("v", DType::kF32, {4});
  Value* y = t.b.op("MatMul", {a, b});
  Value* z = t.b.op("MatMul", {a, v});
  EXPECT_EQ(t.type(y), "float[7,5,3,6]");
  EXPECT_EQ(to_string(z->type), "float[7,1,3]");
  EXPECT_EQ(t.macs.macs, 7 * 5 * 3 * 6 * 4 + 7 * 3 * 4);
}

TEST(Infer, ADynamicBatchSurvivesTheUsualReshape) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("batch"), 8, 4, 4});
  Value* batch = t.b.op("Gather", {t.b.op("Shape", {x}), t.b.ints("zero", {}, {0})}, {{"axis", 0}});
  Value* list =
      t.b.op("Concat", {t.b.op("Unsqueeze", {batch, t.b.ints({0})}), t.b.ints({-1})}, {{"axis", 0}});
  Value* flat = t.b.op("Reshape", {x, list});
  Value* y = t.b.op("Gemm", {flat, t.zeros({10, 128})}, {{"transB", 1}});
  EXPECT_EQ(t.type(flat), "float[batch,128]");
  EXPECT_EQ(to_string(y->type), "float[batch,10]");
  EXPECT_EQ(t.macs.macs, 1280);
  EXPECT_TRUE(t.macs.batch_as_one);
  EXPECT_TRUE(t.macs.exact);
}

TEST(Infer, ArithmeticOnShapesIsFollowed) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {2, 12, 7});
  Value* n = t.b.op("Gather", {t.b.op("Shape", {x}), t.b.ints({1})}, {{"axis", 0}});  // 12
  Value* sum = t.b.op("Add", {n, t.b.ints({-2})});                                    // 10
  Value* part = t.b.op("Div", {t.b.op("Sub", {n, t.b.ints({5})}), t.b.ints({2})});    // 3
  Value* product = t.b.op("Mul", {part, t.b.ints({4})});                              // 12
  Value* size = t.b.op("Unsqueeze", {t.b.op("Size", {x}), t.b.ints({0})});            // 168
  Value* same = t.b.op("Equal", {n, product});
  Value* chosen = t.b.op("Where", {same, t.b.ints({6}), t.b.ints({7})});
  Value* y = t.b.op("ConstantOfShape", {t.b.op("Concat", {sum, part, product, size, chosen}, {{"axis", 0}})});
  EXPECT_EQ(t.type(y), "float[10,3,12,168,6]");
}

TEST(Infer, ReshapeRules) {
  InferCase t(14);
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 6, 4});
  Value* a = t.b.op("Reshape", {x, t.b.ints({0, -1, 2})});
  Value* b = t.b.op("Reshape", {x, t.b.ints({-1, 24})});
  Value* c = t.b.op("Flatten", {x}, {{"axis", 2}});
  Value* d = t.b.op("Unsqueeze", {x, t.b.ints({0, -1})});
  Value* e = t.b.op("Squeeze", {d, t.b.ints({-1, 0})});
  EXPECT_EQ(t.type(a), "float[n,12,2]");
  EXPECT_EQ(to_string(b->type), "float[n,24]");
  EXPECT_EQ(to_string(c->type), "float[?,4]");
  EXPECT_EQ(to_string(d->type), "float[1,n,6,4,1]");
  EXPECT_EQ(to_string(e->type), "float[n,6,4]");
}

TEST(Infer, SlicesSplitsAndMoves) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {1, 10, 7});
  Value* a = t.b.op("Slice", {x, t.b.ints({-3}), t.b.ints({INT64_MAX}), t.b.ints({1}), t.b.ints({2})});
  Value* b =
      t.b.op("Slice", {x, t.b.ints({8, -1}), t.b.ints({2, INT64_MIN}), t.b.ints({1, 2}), t.b.ints({-2, -3})});
  auto parts = t.b.ops("Split", {x, t.b.ints({4, 6})}, 2, {{"axis", 1}});
  Value* c = t.b.op("Concat", {parts[1], parts[0], x}, {{"axis", -2}});
  Value* d = t.b.op("Transpose", {x}, {{"perm", {2, 0, 1}}});
  Value* e = t.b.op("Pad", {x, t.b.ints({0, 1, 2, 0, 0, -1})});
  Value* f = t.b.op("Gather", {x, t.b.ints("pick", {2, 2}, {0, 1, 2, 3})}, {{"axis", 1}});
  EXPECT_EQ(t.type(a), "float[1,2,7]");
  EXPECT_EQ(to_string(b->type), "float[1,3,3]");
  EXPECT_EQ(to_string(parts[1]->type), "float[1,6,7]");
  EXPECT_EQ(to_string(c->type), "float[1,20,7]");
  EXPECT_EQ(to_string(d->type), "float[7,1,10]");
  EXPECT_EQ(to_string(e->type), "float[1,11,8]");
  EXPECT_EQ(to_string(f->type), "float[1,2,2,7]");
}

TEST(Infer, ResizeReduceAndPick) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, 5, 5});
  Value* a = t.b.op("Resize", {x, nullptr, t.b.floats("s", {4}, {1, 1, 2, 1.5f})});
  Value* b = t.b.op("Resize", {x, nullptr, nullptr, t.b.ints({1, 3, 9, 8})});
  Value* c = t.b.op("ReduceMean", {x}, {{"axes", {2, -1}}, {"keepdims", 0}});
  Value* d = t.b.op("ArgMax", {x}, {{"axis", 1}});
  Value* e = t.b.op("Cast", {t.b.op("Greater", {x, t.b.scalar(0)})}, {{"to", 7}});
  EXPECT_EQ(t.type(a), "float[1,3,10,7]");
  EXPECT_EQ(to_string(b->type), "float[1,3,9,8]");
  EXPECT_EQ(to_string(c->type), "float[1,3]");
  EXPECT_EQ(to_string(d->type), "int64[1,1,5,5]");
  EXPECT_EQ(to_string(e->type), "int64[1,3,5,5]");
}

TEST(Infer, WhatIsNotKnownIsSaidToBeUnknown) {
  InferCase t;
  Value* x = t.b.input("x", DType::kF32, {1, 3, Dim::named("h"), Dim::named("w")});
  Value* y = t.b.op("Conv", {x, t.zeros({4, 3, 3, 3})});
  Value* z = t.b.op("Mystery", {y}, {}, "m", "vendor");
  EXPECT_EQ(t.type(y), "float[1,4,?,?]");
  EXPECT_EQ(to_string(z->type), "?");
  EXPECT_FALSE(t.macs.exact);
  EXPECT_EQ(t.macs.macs, 0);
  EXPECT_EQ(t.macs.uncounted_ops.at("Conv"), 1);
  EXPECT_EQ(t.macs.uncounted_ops.at("vendor.Mystery"), 1);
}

TEST(Infer, BranchesGiveWhatBothCan) {
  auto model = testing::branching_model();
  infer_shapes(*model);
  EXPECT_EQ(to_string(model->graph().find("chosen")->type), "float[n]");
  EXPECT_FALSE(count_macs(*model).exact);
}

TEST(Infer, ADeclaredShapeThatContradictsIsCounted) {
  auto model = testing::small_network();
  model->graph().find("relu")->type = ValueType::tensor(DType::kF32, {1, 4, 9, 9});
  EXPECT_EQ(infer_shapes(*model).conflicts, 1);
  EXPECT_EQ(to_string(model->graph().find("relu")->type), "float[1,4,16,16]");
}

TEST(Infer, NegativeSizesAreNotKnown) {
  Model model;
  model.set_opset("", 13);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {1, 1, 4, 4});
  Value* y = b.op("Resize", {x, nullptr, nullptr, b.ints({1, 1, -7998392938210000890, 8})});
  Value* z = b.op("Slice", {y, b.ints({-1}), b.ints({INT64_MIN}), b.ints({2}), b.ints({-1})});
  infer_shapes(model);
  EXPECT_EQ(to_string(y->type), "float[1,1,?,8]");
  EXPECT_EQ(to_string(z->type), "float[1,1,?,8]");
}

TEST(Infer, HugeSizesSaturate) {
  InferCase t;
  const int64_t big = int64_t{1} << 40;
  Value* x = t.b.input("x", DType::kF32, {big, big});
  Value* w = t.b.input("w", DType::kF32, {big, big});
  EXPECT_EQ(t.type(t.b.op("MatMul", {x, w})), "float[1099511627776,1099511627776]");
  EXPECT_EQ(t.macs.macs, INT64_MAX);
}

}  // namespace
}  // namespace jetline
