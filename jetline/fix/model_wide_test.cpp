// Shapes, operator sets, sequences, constants: rewrites of more than one node.
#include "jetline/fix/testing.h"
#include "jetline/graph/card.h"

namespace jetline::fix {
namespace {

using testing::apply;
using testing::count;
using testing::expect_same;
using testing::TestModel;

TEST(FixModel, OpsetOfTheRelease) {
  TestModel m(18);
  Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
  Value* y = m.b.op("ReduceMean", {x, m.b.ints("axes", {1}, {-1})});
  m.output(m.b.op("Mish", {y}), "y");
  for (int64_t opset : {11, 13, 17}) {
    const auto r = expect_same(*m.model, "opset-down", {"Mish"}, 1e-5, opset);
    EXPECT_EQ(r.model->opset(), opset);
  }
  const auto only = expect_same(*m.model, "reduce-axes-to-attribute", {}, 1e-5, 20);
  EXPECT_EQ(only.model->opset(), 17);
}

TEST(FixModel, OpsetThatCannotSayItIsRefusedWithThePlace) {
  TestModel m(16);
  Value* x = m.b.input("x", DType::kF32, {1, 2, 4, 4});
  m.output(m.b.op("GridSample", {x, m.b.input("g", DType::kF32, {1, 2, 2, 2})}), "y");
  m.model->graph().nodes().front()->name = "sampler";
  const auto r = apply(*m.model, "opset-down", 13);
  EXPECT_EQ(r.changes, 0);
  ASSERT_EQ(r.refusals.size(), 1u);
  EXPECT_EQ(r.refusals[0].node, "sampler");
}

TEST(FixModel, ConstantsFromShapes) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {2, 3, 4});
  Value* shape = m.b.op("Shape", {x});
  Value* n = m.b.op("Gather", {shape, m.b.ints("i", {1}, {0})});
  Value* target = m.b.op("Concat", {n, m.b.ints("rest", {1}, {-1})}, {{"axis", 0}});
  m.output(m.b.op("Reshape", {m.b.op("Dropout", {x}), target}), "y");
  expect_same(*m.model, "fold-constants", {"Shape", "Gather", "Concat", "Dropout"}, 0);
}

TEST(FixModel, BatchAndPictureSizes) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {Dim::named("batch"), 3, Dim::named("h"), Dim()});
  Value* y = m.b.op("Conv", {x, m.constant({2, 3, 1, 1})});
  m.output(y, "y");
  m.model->graph().outputs()[0]->type =
      ValueType::tensor(DType::kF32, {Dim::named("batch"), 2, Dim(), Dim()});
  const auto half = apply(*m.model, "static-shapes");
  EXPECT_EQ(half.changes, 0);  // not the batch alone
  ASSERT_EQ(half.refusals.size(), 2u);
  EXPECT_NE(half.refusals[0].reason.find("--shape x="), std::string::npos) << half.refusals[0].reason;
  Card card;
  card.head = "yolox";
  card.input.width = 6;
  card.input.height = 4;
  m.model->set_metadata(kCardKey, card_to_json(card));
  const auto r = apply(*m.model, "static-shapes");
  EXPECT_EQ(r.changes, 3);
  EXPECT_EQ(to_string(r.model->graph().inputs()[0]->type), "float[1,3,4,6]");
  EXPECT_EQ(to_string(r.model->graph().outputs()[0]->type), "float[1,2,4,6]");
  FixOptions options;
  options.batch = "4";
  EXPECT_EQ(to_string(apply(*m.model, "static-shapes", 13, options).model->graph().inputs()[0]->type),
            "float[4,3,4,6]");
  options.shapes["x"] = {2, 3, 8, 8};
  EXPECT_EQ(to_string(apply(*m.model, "static-shapes", 13, options).model->graph().inputs()[0]->type),
            "float[2,3,8,8]");
}

TEST(FixModel, AProfileKeepsTheBatchOpen) {
  TestModel m(13);
  m.output(m.b.op("Relu", {m.b.input("x", DType::kF32, {Dim::named("batch"), 3})}), "y");
  FixOptions options;
  options.batch = "1:4:8";
  FixContext c(*m.model, options, 13);
  const auto done = find_rewrite("static-shapes")->run(*m.model, c);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(*done, 0);
  ASSERT_EQ(c.notes.size(), 1u);
  EXPECT_NE(c.notes[0].find("--minShapes=x:1x3 --optShapes=x:4x3 --maxShapes=x:8x3"), std::string::npos)
      << c.notes[0];
  for (const char* bad : {"0", "a", "4:1:8", "1:2", "-1", "1:2:3:4", ":"}) {
    options.batch = bad;
    FixContext wrong(*m.model, options, 13);
    EXPECT_EQ(find_rewrite("static-shapes")->run(*m.model, wrong).status().id(), "fix.bad-batch") << bad;
  }
}

TEST(FixModel, SequencesOfKnownLength) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {3, 4});
  Value* parts = m.b.op("SplitToSequence", {x}, {{"axis", 0}, {"keepdims", 0}});
  Value* last = m.b.op("SequenceAt", {parts, m.b.ints("i", {}, {-1})});
  m.output(m.b.op("Relu", {last}), "last");
  Value* more = m.b.op("SequenceInsert", {parts, last, m.b.ints("p", {}, {0})});
  Value* less = m.b.op("SequenceErase", {more, m.b.ints("q", {}, {1})});
  m.output(m.b.op("ConcatFromSequence", {less}, {{"axis", 0}, {"new_axis", 1}}), "joined");
  m.output(m.b.op("SequenceLength", {less}), "n", DType::kI64);
  Value* halves = m.b.op("SplitToSequence", {x, m.b.ints("two", {}, {2})}, {{"axis", 1}});
  Value* pair = m.b.op("SequenceConstruct", {m.b.op("SequenceAt", {halves, m.b.ints("z", {}, {1})}), x});
  m.output(m.b.op("ConcatFromSequence", {pair}, {{"axis", 1}}), "pair");
  expect_same(*m.model, "static-sequences",
              {"SplitToSequence", "SequenceAt", "SequenceInsert", "SequenceErase", "ConcatFromSequence",
               "SequenceLength", "SequenceConstruct"},
              0);
}

TEST(FixModel, BranchesThatAreKnown) {
  TestModel m(13);
  Value* x = m.b.input("x", DType::kF32, {2, 3});
  Value* yes = m.b.op("Greater", {m.b.op("Size", {x}), m.b.ints("four", {}, {4})});
  Node* n = m.model->graph().add_node("If", {yes});
  for (const char* branch : {"then_branch", "else_branch"}) {
    auto g = std::make_unique<Graph>();
    Graph& body = *g;
    n->set_attribute(Attribute(branch, std::move(g)));
    Value* y = body.add_op(std::string(branch) == "then_branch" ? "Relu" : "Neg", {x}, branch);
    body.add_output(y);
  }
  m.output(n->add_output("picked"), "y");
  expect_same(*m.model, "inline-constant-if", {"If", "Neg"}, 0);
}

}  // namespace
}  // namespace jetline::fix
