#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::count;
using testing::expect_same;
using testing::TestModel;

TEST(FixSmallForms, VectorsInProducts) {
  struct Case {
    std::vector<Dim> a, b;
  };
  for (int64_t opset : {9, 13}) {
    for (const Case& c : {Case{{3}, {2, 3, 4}}, Case{{2, 4, 3}, {3}}, Case{{3}, {3}}, Case{{3}, {3, 2}}}) {
      TestModel m(opset);
      m.output(m.b.op("MatMul", {m.b.input("a", DType::kF32, c.a), m.b.input("b", DType::kF32, c.b)}), "y");
      expect_same(*m.model, "matmul-vector", {}, 1e-6);
    }
  }
}

TEST(FixSmallForms, KernelsAndPartsAreSaid) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {1, 2, 5});
  m.output(m.b.op("Conv", {x, m.constant({3, 2, 3})}), "y");
  const auto r = expect_same(*m.model, "conv-kernel-shape", {}, 0);
  EXPECT_EQ(r.model->graph().nodes().front()->ints_or("kernel_shape", {}), std::vector<int64_t>{3});
  TestModel s(18);
  const auto parts =
      s.b.ops("Split", {s.b.input("x", DType::kF32, {2, 7})}, 3, {{"axis", 1}, {"num_outputs", 3}});
  for (size_t i = 0; i < 3; ++i) s.output(parts[i], "p" + std::to_string(i));
  expect_same(*s.model, "split-sizes", {}, 0);
}

TEST(FixSmallForms, RecurrentLayersWithTheBatchFirst) {
  for (const char* op : {"LSTM", "GRU", "RNN"}) {
    TestModel m(14);
    const int64_t gates = std::string(op) == "LSTM" ? 4 : std::string(op) == "GRU" ? 3 : 1;
    Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
    Value* h = m.b.input("h", DType::kF32, {2, 1, 5});
    const auto y = m.b.ops(
        op,
        {x, m.constant({1, gates * 5, 4}, 0.05f), m.constant({1, gates * 5, 5}, 0.04f), nullptr, nullptr, h},
        2, {{"hidden_size", 5}, {"layout", 1}});
    m.output(y[0], "y");
    m.output(y[1], "last");
    const auto r = expect_same(*m.model, "rnn-layout", {}, 1e-6);
    for (const auto& n : r.model->graph().nodes()) EXPECT_EQ(n->attribute("layout"), nullptr);
  }
}

TEST(FixSmallForms, CastsAndLimitsOfSmallIntegers) {
  for (DType t : {DType::kU8, DType::kI8, DType::kI16}) {
    TestModel m(13);
    Value* x = m.b.op("Mul", {m.b.input("x", DType::kF32, {6}), m.b.floats("k", {1}, {300})});
    // Beyond the range of the type too: integers wrap.
    Value* whole = m.b.op("Cast", {x}, {{"to", static_cast<int64_t>(DType::kI32)}});
    Value* small = m.b.op("Cast", {whole}, {{"to", static_cast<int64_t>(t)}});
    m.output(m.b.op("Cast", {small}, {{"to", 1}}), "y");
    const auto r = expect_same(*m.model, "cast-type", {}, 0);
    for (const auto& v : r.model->graph().values()) EXPECT_NE(v->type.dtype, t) << v->name();
  }
  TestModel m(13);
  Value* x = m.b.input("x", DType::kI8, {6});
  const auto limit = [&](uint8_t v) { return m.b.tensor("", Tensor::own(DType::kI8, {}, {v}).value()); };
  m.output(m.b.op("Clip", {x, limit(0xfe), limit(2)}), "y", DType::kI8);
  expect_same(*m.model, "clip", {}, 0);
}

TEST(FixSmallForms, BroadcastingOfOldOperatorSets) {
  TestModel m(6);
  Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
  Value* y = m.b.op("Add", {x, m.constant({3})}, {{"broadcast", 1}, {"axis", 1}});
  m.output(m.b.op("Relu", {y}), "y");
  const auto r = testing::apply(*m.model, "opset-up");
  EXPECT_GT(r.changes, 0);
  EXPECT_EQ(r.model->opset(), 7);
  const auto got = testing::run_graph(r.model->graph(), testing::random_feeds(r.model->graph(), 1));
  ASSERT_TRUE(got.ok()) << got.status().to_string();
  const auto feeds = testing::random_feeds(r.model->graph(), 1);
  const Tensor& in = feeds.at("x");
  // Number i of the constant belongs to index i of the second axis.
  const Tensor& k = *m.model->graph().initializers()[0]->initializer();
  for (int64_t i = 0; i < 24; ++i)
    EXPECT_EQ((*got)[0].at<float>(i), std::max(0.0f, in.at<float>(i) + k.at<float>(i / 4 % 3)));
}

TEST(FixSmallForms, FunctionsOfTheModel) {
  TestModel m(13);
  auto f = std::make_unique<ModelFunction>();
  f->domain = "lab";
  f->name = "Twice";
  f->opsets.push_back({"", 13, {}});
  f->body = std::make_unique<Graph>(m.model.get());
  Value* in = f->body->add_input("a");
  f->body->add_output(f->body->add_op("Add", {in, in}, "sum"));
  m.model->functions.push_back(std::move(f));
  m.model->set_opset("lab", 1);
  Value* x = m.b.input("x", DType::kF32, {3});
  Value* y = m.b.op("Twice", {x}, {}, "", "lab");
  m.output(m.b.op("Relu", {y}), "y");
  const auto r = expect_same(*m.model, "inline-functions", {}, 0);
  EXPECT_EQ(count(*r.model, "Add"), 1);
  EXPECT_TRUE(r.model->functions.empty());
}

}  // namespace
}  // namespace jetline::fix
