#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::count;
using testing::expect_refused;
using testing::expect_same;
using testing::TestModel;

std::unique_ptr<Model> pool_model(const char* op, std::vector<AttrArg> attributes, int64_t opset = 19) {
  TestModel m(opset);
  Value* x = m.b.input("x", DType::kF32, {2, 3, 7, 6});
  attributes.emplace_back("kernel_shape", std::vector<int64_t>{3, 2});
  m.output(m.b.op(op, {x}, attributes), "y");
  EXPECT_TRUE(m.b.status().ok());
  return std::move(m.model);
}

TEST(FixPooling, UnevenPadding) {
  for (const char* op : {"AveragePool", "MaxPool", "LpPool"}) {
    for (const std::vector<int64_t>& strides : {std::vector<int64_t>{1, 1}, {2, 2}, {3, 1}}) {
      const auto m = pool_model(op, {{"pads", {0, 1, 1, 0}}, {"strides", strides}});
      const auto r = expect_same(*m, "pool-pads", {});
      for (const auto& n : r.model->graph().nodes()) {
        if (n->op() != op) continue;
        EXPECT_EQ(n->attribute("pads"), nullptr);
      }
      expect_same(*pool_model(op, {{"auto_pad", "SAME_UPPER"}, {"strides", strides}}), "pool-pads", {});
    }
  }
  for (int64_t include : {0, 1})
    expect_same(*pool_model("AveragePool", {{"pads", {2, 0, 1, 1}}, {"count_include_pad", include}}),
                "pool-pads", {});
}

TEST(FixPooling, SizesRoundedUp) {
  for (const char* op : {"AveragePool", "MaxPool"}) {
    for (const std::vector<int64_t>& pads : {std::vector<int64_t>{0, 0, 0, 0}, {1, 0, 1, 1}}) {
      const auto m = pool_model(op, {{"ceil_mode", 1}, {"strides", {3, 4}}, {"pads", pads}});
      expect_same(*m, "pool-ceil-mode", {});
    }
  }
  expect_same(
      *pool_model("AveragePool",
                  {{"ceil_mode", 1}, {"strides", {2, 4}}, {"pads", {1, 1, 1, 1}}, {"count_include_pad", 1}}),
      "pool-ceil-mode", {});
}

TEST(FixPooling, Dilations) {
  for (const char* op : {"AveragePool", "MaxPool", "LpPool"}) {
    for (const std::vector<int64_t>& pads : {std::vector<int64_t>{0, 0, 0, 0}, {2, 1, 1, 2}}) {
      const auto m = pool_model(op, {{"dilations", {2, 3}}, {"strides", {1, 2}}, {"pads", pads}});
      const auto r = expect_same(*m, "pool-dilations", {});
      for (const auto& n : r.model->graph().nodes()) EXPECT_EQ(n->attribute("dilations"), nullptr);
    }
  }
}

TEST(FixPooling, PowersAndIndices) {
  for (int64_t p : {1, 2, 3}) {
    expect_same(*pool_model("LpPool", {{"p", p}, {"pads", {1, 0, 1, 1}}}), "lp-pool", {"LpPool"});
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4, 4});
    m.output(m.b.op("GlobalLpPool", {x}, {{"p", p}}), "y");
    expect_same(*m.model, "lp-pool", {"GlobalLpPool"});
  }
  for (bool read : {false, true}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {1, 2, 4, 4});
    const auto y = m.b.ops("MaxPool", {x}, 2, {{"kernel_shape", {2, 2}}, {"storage_order", 0}});
    m.output(y[0], "y");
    if (read) {
      m.output(y[1], "i", DType::kI64);
      expect_refused(*m.model, "max-pool-indices", "are read");
    } else {
      expect_same(*m.model, "max-pool-indices", {}, 0);
    }
  }
}

}  // namespace
}  // namespace jetline::fix
