#include "jetline/fix/testing.h"
#include "jetline/graph/card.h"

namespace jetline::fix {
namespace {

using testing::apply;
using testing::count;
using testing::difference;
using testing::expect_refused;
using testing::expect_same;
using testing::run_graph;
using testing::TestModel;

int64_t types_code(DType t) {
  return static_cast<int64_t>(t);
}

// A picture of bytes, moved about and normalised.
std::unique_ptr<Model> types_bytes_model() {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kU8, {1, 4, 4, 3});
  Value* y = m.transpose(x, {0, 3, 1, 2});
  y = m.b.op("Slice", {y, m.b.ints("s", {1}, {1}), m.b.ints("e", {1}, {4}), m.b.ints("a", {1}, {2})});
  y = m.b.op(
      "Concat",
      {y, m.b.tensor("row", Tensor::own(DType::kU8, {1, 3, 1, 4}, std::vector<uint8_t>(12, 7)).value())},
      {{"axis", 2}});
  Value* f = m.b.op("Cast", {y}, {{"to", types_code(DType::kF32)}});
  m.output(m.b.op("Mul", {f, m.b.floats("k", {1}, {1.0f / 255})}), "y");
  return std::move(m.model);
}

TEST(FixTypes, InputsOfBytesTakeFloats) {
  const auto m = types_bytes_model();
  Card card;
  card.head = "yolox";
  card.input.dtype = DType::kU8;
  m->set_metadata(kCardKey, card_to_json(card));
  const auto r = apply(*m, "uint8-input");
  EXPECT_GT(r.changes, 0);
  const Value* in = r.model->graph().inputs()[0];
  EXPECT_EQ(in->type.dtype, DType::kF32);
  const auto after = card_from_json(*r.model->metadata_value(kCardKey));
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->input.dtype, DType::kF32);
  std::vector<uint8_t> bytes(48);
  std::vector<float> floats(48);
  for (size_t i = 0; i < 48; ++i) floats[i] = bytes[i] = static_cast<uint8_t>(i * 5);
  const auto a = run_graph(m->graph(), {{"x", Tensor::own(DType::kU8, {1, 4, 4, 3}, bytes).value()}});
  const auto b = run_graph(r.model->graph(), {{"x", Tensor::floats({1, 4, 4, 3}, floats).value()}});
  ASSERT_TRUE(a.ok() && b.ok()) << b.status().to_string();
  EXPECT_EQ(difference((*a)[0], (*b)[0]), 0);
  for (const auto& v : r.model->graph().values()) EXPECT_NE(v->type.dtype, DType::kU8) << v->name();
}

TEST(FixTypes, BytesInsideAreFloatsBehindTheInput) {
  const auto m = types_bytes_model();
  const auto r = expect_same(*m, "uint8-through-float", {}, 0);
  const Value* in = r.model->graph().inputs()[0];
  EXPECT_EQ(in->type.dtype, DType::kU8);
  ASSERT_EQ(in->uses().size(), 1u);
  EXPECT_TRUE(in->uses()[0].node->is("Cast"));
}

TEST(FixTypes, BytesThatAreComputedWithKeepTheirType) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kU8, {4});
  Value* y = m.b.op("Identity", {x});
  m.output(m.b.op("BitShift", {y, y}, {{"direction", "RIGHT"}}), "y", DType::kU8);
  m.output(m.b.op("Cast", {y}, {{"to", 1}}), "f");
  expect_same(*m.model, "uint8-through-float", {}, 0);
}

TEST(FixTypes, DoublesBecomeFloats) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF64, {2, 3});
  Value* k = m.b.tensor("k", Tensor::own(DType::kF64, {1},
                                         [] {
                                           std::vector<uint8_t> b(8);
                                           const double v = 0.1;
                                           std::memcpy(b.data(), &v, 8);
                                           return b;
                                         }())
                                 .value());
  m.output(m.b.op("Cast", {m.b.op("Mul", {x, k})}, {{"to", types_code(DType::kF64)}}), "y", DType::kF64);
  const auto r = apply(*m.model, "double-to-float");
  EXPECT_GT(r.changes, 0);
  for (const auto& v : r.model->graph().values()) EXPECT_NE(v->type.dtype, DType::kF64) << v->name();
  const auto got = run_graph(r.model->graph(), {{"x", Tensor::floats({2, 3}, {1, 2, 3, 4, 5, 6}).value()}});
  ASSERT_TRUE(got.ok());
  EXPECT_NEAR((*got)[0].at<float>(5), 0.6f, 1e-6f);
}

TEST(FixTypes, DoublesBeyondFloatAreRefused) {
  TestModel m(13);
  const double huge = 1e300;
  std::vector<uint8_t> bytes(8);
  std::memcpy(bytes.data(), &huge, 8);
  Value* k = m.b.tensor("k", Tensor::own(DType::kF64, {1}, bytes).value());
  m.output(m.b.op("Mul", {m.b.input("x", DType::kF64, {1}), k}), "y", DType::kF64);
  expect_refused(*m.model, "double-to-float", "beyond the range");
}

TEST(FixTypes, EndsOfSlicesFit32Bits) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {3, 5});
  m.output(
      m.b.op("Slice", {x, m.b.ints("s", {1}, {1}), m.b.ints("e", {1}, {INT64_MAX}), m.b.ints("a", {1}, {1})}),
      "y");
  m.output(m.b.op("Slice", {x, m.b.ints("s2", {1}, {-1}), m.b.ints("e2", {1}, {INT64_MIN}),
                            m.b.ints("a2", {1}, {1}), m.b.ints("t2", {1}, {-1})}),
           "back");
  const auto r = expect_same(*m.model, "clamp-int64", {}, 0);
  for (const Value* v : r.model->graph().initializers()) {
    const auto values = v->initializer()->to_ints();
    for (int64_t n : values.value_or({})) EXPECT_LE(std::abs(n), int64_t{1} << 31) << v->name();
  }
  TestModel hash(13);
  Value* i = hash.b.input("i", DType::kI64, {2});
  hash.output(hash.b.op("Add", {i, hash.b.ints("k", {1}, {int64_t{1} << 40})}), "y", DType::kI64);
  expect_refused(*hash.model, "clamp-int64", "beyond 32 bits");
}

TEST(FixTypes, ConditionsAsIntegers) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {3, 4});
  Value* c = m.b.op("Greater", {x, m.constant({4})});
  Value* d = m.b.op("Less", {x, m.constant({3, 1})});
  m.output(m.b.op("Where", {c, d, m.b.op("Not", {d})}), "where", DType::kBool);
  m.output(m.b.op("Gather", {c, m.b.ints("i", {2}, {2, 0})}, {{"axis", 1}}), "gather", DType::kBool);
  const auto parts = m.b.ops("Split", {d, m.b.ints("n", {2}, {1, 3})}, 2, {{"axis", 1}});
  m.output(parts[0], "first", DType::kBool);
  m.output(parts[1], "second", DType::kBool);
  m.output(m.b.op("Concat", {c, d}, {{"axis", 0}}), "joined", DType::kBool);
  m.output(m.b.op("Equal", {c, d}), "equal", DType::kBool);
  const auto r = expect_same(*m.model, "bool-through-int32", {}, 0);
  for (const auto& n : r.model->graph().nodes()) {
    const bool moves = n->is("Gather") || n->is("Split") || n->is("Concat") || n->is("Equal");
    if (!moves && !n->is("Where")) continue;
    EXPECT_EQ(n->input(n->is("Where") ? 1 : 0)->type.dtype, DType::kI32) << n->op();
  }
}

TEST(FixTypes, IntegersAsFloatsWhereTheyFit) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {1, 2, 3, 4});
  Value* i = m.b.op("ArgMax", {x}, {{"axis", 1}});
  Value* y = m.b.op("Resize", {i, m.b.floats("r", {0}, {}), m.b.floats("s", {4}, {1, 1, 2, 2})},
                    {{"mode", "nearest"}});
  m.output(y, "y", DType::kI64);
  const auto r = expect_same(*m.model, "int-through-float", {}, 0);
  for (const auto& n : r.model->graph().nodes()) {
    if (!n->is("Resize")) continue;
    EXPECT_EQ(n->input(0)->type.dtype, DType::kF32);
  }
  TestModel wide(13);
  Value* z = wide.b.input("x", DType::kI32, {1, 1, 3, 4});
  wide.output(wide.b.op("Resize", {z, wide.b.floats("r", {0}, {}), wide.b.floats("s", {4}, {1, 1, 2, 2})},
                        {{"mode", "nearest"}}),
              "y", DType::kI32);
  expect_refused(*wide.model, "int-through-float", "may not fit");
}

TEST(FixTypes, SmallIntegers) {
  TestModel m(14);
  Value *x = m.b.input("x", DType::kI8, {3}), *y = m.b.input("z", DType::kI8, {3});
  m.output(m.b.op("Add", {x, y}), "sum", DType::kI8);
  m.output(m.b.op("Less", {x, y}), "less", DType::kBool);
  expect_same(*m.model, "small-int-through-int32", {}, 0);
}

TEST(FixTypes, ZeroPoints) {
  struct Case {
    DType type;
    uint8_t zero;
    bool stays;  // as quantisation
  };
  for (const Case& c :
       {Case{DType::kU8, 128, true}, Case{DType::kU8, 3, false}, Case{DType::kI8, 5, false}}) {
    TestModel m(13);
    Value* x = m.b.input("x", DType::kF32, {2, 8});
    Value* scale = m.b.floats("scale", {}, {0.02f});
    Value* zero = m.b.tensor("zero", Tensor::own(c.type, {}, {c.zero}).value());
    Value* q = m.b.op("QuantizeLinear", {x, scale, zero});
    m.output(m.b.op("DequantizeLinear", {q, scale, zero}), "y");
    const auto r = expect_same(*m.model, "quantization-zero-point", {}, 1e-6);
    EXPECT_EQ(count(*r.model, "QuantizeLinear"), c.stays ? 1 : 0);
  }
  TestModel weights(13);
  Value* w = weights.b.tensor("w", Tensor::own(DType::kU8, {2, 2}, {1, 20, 200, 9}).value());
  Value* d =
      weights.b.op("DequantizeLinear", {w, weights.b.floats("s", {}, {0.1f}),
                                        weights.b.tensor("z", Tensor::own(DType::kU8, {}, {11}).value())});
  weights.output(weights.b.op("MatMul", {weights.b.input("x", DType::kF32, {1, 2}), d}), "y");
  expect_same(*weights.model, "quantization-zero-point", {"DequantizeLinear"}, 1e-6);
}

}  // namespace
}  // namespace jetline::fix
