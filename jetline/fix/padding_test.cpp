#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::count;
using testing::expect_same;
using testing::TestModel;

TEST(FixPadding, ModesBecomeGather) {
  for (const char* mode : {"edge", "reflect", "wrap"}) {
    TestModel m(19);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
    m.output(m.b.op("Pad", {x, m.b.ints("p", {6}, {0, 1, 2, 0, 2, 3})}, {{"mode", mode}}), "y");
    expect_same(*m.model, "pad-mode", {"Pad"}, 0);
  }
  TestModel old(10);
  Value* x = old.b.input("x", DType::kF32, {Dim::named("n"), 3, 4});
  old.output(old.b.op("Pad", {x}, {{"mode", "reflect"}, {"pads", {0, 1, 2, 0, 2, 3}}}), "y");
  expect_same(*old.model, "pad-mode", {"Pad"}, 0);
}

TEST(FixPadding, NumbersBecomeConcat) {
  for (const std::vector<int64_t>& pads : {std::vector<int64_t>{1, 0, 2, 0, 1, 3}, {-1, 0, 2, 0, -1, -2}}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {3, 3, 4});
    m.output(m.b.op("Pad", {x, m.b.ints("p", {6}, pads), m.b.floats("v", {}, {2.5f})}), "y");
    expect_same(*m.model, "pad-value", {"Pad"}, 0);
  }
  TestModel m(18);
  Value* x = m.b.input("x", DType::kF32, {3, 3, 4});
  m.output(m.b.op("Pad", {x, m.b.ints("p", {2}, {1, 2}), nullptr, m.b.ints("a", {1}, {-1})}), "y");
  expect_same(*m.model, "pad-value", {"Pad"}, 0);
}

TEST(FixPadding, ConvTransposeOfEveryKind) {
  struct Case {
    std::vector<AttrArg> attributes;
    bool bias;
  };
  const Case cases[] = {
      {{{"strides", {2, 2}}, {"pads", {0, 1, 1, 0}}}, true},
      {{{"strides", {2, 2}}, {"output_padding", {1, 1}}}, true},
      {{{"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}, {"output_padding", {1, 0}}}, false},
      {{{"strides", {3, 2}}, {"auto_pad", "SAME_UPPER"}}, true},
      {{{"strides", {2, 2}}, {"auto_pad", "SAME_LOWER"}}, false},
      {{{"strides", {2, 2}}, {"output_shape", {8, 9}}}, true},
      {{{"strides", {2, 1}}, {"dilations", {2, 1}}, {"group", 2}, {"pads", {1, 0, 0, 2}}}, false}};
  for (const Case& c : cases) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {1, 4, 4, 5});
    std::vector<Value*> inputs = {x, m.constant({4, 2, 3, 3})};
    if (c.bias) inputs.push_back(m.constant({2}, 0.4f));
    Value* y = m.b.op("ConvTranspose", inputs, c.attributes);
    m.output(y, "y");
    const auto r = expect_same(*m.model, "conv-transpose-pads", {});
    for (const auto& n : r.model->graph().nodes()) {
      if (!n->is("ConvTranspose")) continue;
      for (const char* gone : {"pads", "output_padding", "output_shape", "auto_pad"})
        EXPECT_EQ(n->attribute(gone), nullptr) << gone;
    }
  }
}

TEST(FixPadding, BiasesAndSplits) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {1, 2, 4, 4});
  m.output(m.b.op("Conv", {x, m.constant({3, 2, 3, 3}), m.b.input("bias", DType::kF32, {3})}), "y");
  expect_same(*m.model, "conv-bias", {});
  for (int64_t opset : {9, 13, 18}) {
    TestModel s(opset);
    Value* z = s.b.input("x", DType::kF32, {2, 6});
    const auto parts = opset < 13 ? s.b.ops("Split", {z}, 2, {{"axis", 1}, {"split", {2, 4}}})
                                  : s.b.ops("Split", {z, s.b.ints("n", {2}, {2, 4})}, 2, {{"axis", -1}});
    s.output(parts[0], "a");
    s.output(parts[1], "b");
    expect_same(*s.model, "split-to-slices", {"Split"}, 0);
  }
}

}  // namespace
}  // namespace jetline::fix
