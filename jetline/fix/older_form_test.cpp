// Operators taken apart through an older operator set: each at several opsets and attributes, equal before
// and after on random inputs.
#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::expect_refused;
using testing::expect_same;
using testing::TestModel;

struct OlderCase {
  const char* rewrite;
  const char* op;
  int64_t first, last;  // opsets to try
  std::vector<AttrArg> attributes;
};

class FixOlderElementwise : public ::testing::TestWithParam<OlderCase> {};

TEST_P(FixOlderElementwise, SaysTheSame) {
  const OlderCase& c = GetParam();
  for (int64_t opset : {c.first, c.last}) {
    TestModel m(opset);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4, 5});
    m.output(m.b.op(c.op, {x}, c.attributes), "y");
    ASSERT_TRUE(m.b.status().ok());
    expect_same(*m.model, c.rewrite, {c.op});
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, FixOlderElementwise,
    ::testing::Values(
        OlderCase{"hard-swish", "HardSwish", 14, 21, {}}, OlderCase{"mish", "Mish", 18, 21, {}},
        OlderCase{"gelu", "Gelu", 20, 21, {}}, OlderCase{"gelu", "Gelu", 20, 21, {{"approximate", "tanh"}}},
        OlderCase{"celu", "Celu", 12, 13, {{"alpha", 0.7f}}}, OlderCase{"celu", "Celu", 13, 18, {}},
        OlderCase{"thresholded-relu", "ThresholdedRelu", 10, 18, {{"alpha", 0.4f}}},
        OlderCase{"round", "Round", 11, 17, {}}, OlderCase{"swish", "Swish", 24, 24, {{"alpha", 1.5f}}}));

TEST(FixOlderForm, OpenDimensionsStayOpen) {
  TestModel m(18);
  Value* x = m.b.input("x", DType::kF32, {Dim::named("batch"), 3, Dim()});
  m.output(m.b.op("Mish", {x}), "y");
  const auto r = expect_same(*m.model, "mish", {"Mish"});
  EXPECT_EQ(to_string(r.model->graph().inputs()[0]->type.shape[0]), "batch");
}

TEST(FixOlderForm, EinsumOfManyKinds) {
  struct Case {
    const char* equation;
    std::vector<std::vector<Dim>> inputs;
  };
  const Case cases[] = {{"ij,jk->ik", {{3, 4}, {4, 5}}},
                        {"bij,bkj->bik", {{2, 3, 4}, {2, 5, 4}}},
                        {"nchw,nkc->nkhw", {{2, 3, 4, 5}, {2, 6, 3}}},
                        {"bhid,bhjd->bhij", {{1, 2, 3, 4}, {1, 2, 5, 4}}},
                        {"i,j->ij", {{3}, {4}}},
                        {"ijk->ki", {{2, 3, 4}}},
                        {"ij,jk,kl->il", {{2, 3}, {3, 4}, {4, 5}}},
                        {"ij,ij", {{3, 4}, {3, 4}}}};
  for (int64_t opset : {12, 13, 18}) {
    for (const Case& c : cases) {
      TestModel m(opset);
      std::vector<Value*> inputs;
      for (const auto& dims : c.inputs)
        inputs.push_back(m.b.input("x" + std::to_string(inputs.size()), DType::kF32, dims));
      m.output(m.b.op("Einsum", inputs, {{"equation", c.equation}}), "y");
      expect_same(*m.model, "einsum", {"Einsum"});
    }
  }
}

TEST(FixOlderForm, EinsumOfADiagonalIsRefused) {
  TestModel m(13);
  m.output(m.b.op("Einsum", {m.b.input("x", DType::kF32, {3, 3})}, {{"equation", "ii->i"}}), "y");
  expect_refused(*m.model, "einsum", "diagonal");
}

TEST(FixOlderForm, PicksByTuplesAndElements) {
  for (int64_t batch : {0, 1}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
    Value* at = m.b.ints("at", {2, 2, 1}, {0, 1, -1, 0});
    m.output(m.b.op("GatherND", {x, at}, {{"batch_dims", batch}}), "y");
    expect_same(*m.model, "gather-nd", {"GatherND"}, 0);
  }
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {3, 4});
  Value* i = m.b.op("Cast", {m.b.op("Greater", {m.b.input("i", DType::kF32, {2, 4}), m.constant({2, 4})})},
                    {{"to", static_cast<int64_t>(DType::kI64)}});
  m.output(m.b.op("GatherElements", {x, i}, {{"axis", 0}}), "y");
  expect_same(*m.model, "gather-elements", {"GatherElements"}, 0);
}

TEST(FixOlderForm, Normalisations) {
  for (int64_t axis : {-1, 1}) {
    TestModel m(17);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 5});
    const std::vector<int64_t> dims = axis < 0 ? std::vector<int64_t>{5} : std::vector<int64_t>{3, 5};
    m.output(m.b.op("LayerNormalization", {x, m.constant(dims), m.constant(dims, 0.3f)}, {{"axis", axis}}),
             "y");
    expect_same(*m.model, "layer-normalization", {"LayerNormalization"});
  }
  for (int64_t opset : {18, 21}) {
    TestModel m(opset);
    Value* x = m.b.input("x", DType::kF32, {2, 6, 4, 4});
    const int64_t n = opset == 18 ? 3 : 6;
    m.output(m.b.op("GroupNormalization", {x, m.constant({n}), m.constant({n}, 0.3f)}, {{"num_groups", 3}}),
             "y");
    expect_same(*m.model, "group-normalization", {"GroupNormalization"});
  }
}

TEST(FixOlderForm, SumsAndTriangles) {
  for (int64_t axis : {0, 1}) {
    for (int64_t flags : {0, 1, 2, 3}) {
      TestModel m(14);
      Value* x = m.b.input("x", DType::kF32, {3, 4});
      m.output(m.b.op("CumSum", {x, m.b.ints("axis", {}, {axis})},
                      {{"exclusive", flags & 1}, {"reverse", flags >> 1}}),
               "y");
      expect_same(*m.model, "cum-sum", {"CumSum"});
    }
  }
  for (int64_t upper : {0, 1}) {
    TestModel m(14);
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
    m.output(m.b.op("Trilu", {x, m.b.ints("k", {}, {1})}, {{"upper", upper}}), "y");
    expect_same(*m.model, "trilu", {"Trilu"}, 0);
  }
}

TEST(FixOlderForm, ComparisonsAndCasts) {
  TestModel m(16);
  Value* x = m.b.input("x", DType::kF32, {2, 3});
  Value* k = m.constant({2, 3});
  m.output(m.b.op("GreaterOrEqual", {x, k}), "a", DType::kBool);
  m.output(m.b.op("LessOrEqual", {x, k}), "b", DType::kBool);
  expect_same(*m.model, "or-equal", {"GreaterOrEqual", "LessOrEqual"}, 0);
  TestModel c(16);
  Value* i = c.b.input("i", DType::kI64, {4});
  c.output(c.b.op("CastLike", {i, c.constant({1})}), "y");
  expect_same(*c.model, "cast-like", {"CastLike"}, 0);
}

TEST(FixOlderForm, OnlyPlacesThatWereAskedFor) {
  TestModel m(18);
  Value* x = m.b.input("x", DType::kF32, {2, 3});
  Value* first = m.b.op("Mish", {x}, {}, "first");
  first->producer()->name = "first";
  Value* second = m.b.op("Mish", {first}, {}, "second");
  second->producer()->name = "second";
  m.output(second, "y");
  FixOptions options;
  FixContext c(*m.model, options, 13);
  c.places = {"second"};
  ASSERT_TRUE(find_rewrite("mish")->run(*m.model, c).ok());
  EXPECT_EQ(testing::count(*m.model, "Mish"), 1);
}

}  // namespace
}  // namespace jetline::fix
