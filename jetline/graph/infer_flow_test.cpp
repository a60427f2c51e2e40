// Inference through control flow, sequences and functions.
#include "jetline/base/testing.h"
#include "jetline/graph/infer.h"
#include "jetline/graph/testing.h"

namespace jetline {
namespace {

// A body under construction: becomes attribute `name` of `owner`.
struct FlowBody {
  Node* owner;
  std::unique_ptr<Graph> graph;
  GraphBuilder b;
  explicit FlowBody(Node* n) : owner(n), graph(new Graph(n->graph()->model(), n)), b(*graph) {}
  void outputs(std::initializer_list<Value*> values) {
    for (Value* v : values) graph->add_output(v);
  }
  void attach(const char* name) {
    EXPECT_TRUE(b.status().ok()) << b.status().to_string();
    owner->set_attribute(Attribute(name, std::move(graph)));
  }
};

struct FlowCase {
  Model model;
  GraphBuilder b{model.graph()};
  explicit FlowCase(int64_t opset = 17) { model.set_opset("", opset); }
  std::string type(const Value* v) {
    infer_shapes(model);
    return to_string(v->type);
  }
  // A loop that carries `first` through body(state) and collects what it returns second.
  template <typename Body>
  std::pair<Value*, Value*> loop(Value* trips, Value* first, const Body& body) {
    Node* n = model.graph().add_node("Loop", {trips, nullptr, first});
    FlowBody inside(n);
    inside.graph->add_input("i" + std::to_string(model.graph().node_count()));
    Value* go = inside.graph->add_input("go" + std::to_string(model.graph().node_count()));
    Value* state = inside.graph->add_input("state" + std::to_string(model.graph().node_count()));
    auto [next, collected] = body(inside.b, state);
    inside.outputs({inside.b.op("Identity", {go}), next, collected});
    inside.attach("body");
    Value* a = n->add_output("a" + std::to_string(model.graph().node_count()));
    return {a, n->add_output("b" + std::to_string(model.graph().node_count()))};
  }
};

TEST(InferFlow, AKnownConditionTakesOneBranch) {
  FlowCase t;
  Value* x = t.b.input("x", DType::kF32, {3, 4});
  Value* yes = t.b.op("Greater", {t.b.op("Size", {x}), t.b.ints("", {}, {5})});
  Value* open = t.b.input("open", DType::kBool, {});
  std::vector<Value*> results;
  for (Value* condition : {yes, open}) {
    Node* n = t.model.graph().add_node("If", {condition});
    FlowBody then(n), other(n);
    then.outputs({then.b.op("Transpose", {x})});
    then.attach("then_branch");
    other.outputs({other.b.op("Concat", {x, x}, {{"axis", 1}})});
    other.attach("else_branch");
    results.push_back(n->add_output("chosen" + std::to_string(results.size())));
  }
  EXPECT_EQ(t.type(results[0]), "float[4,3]");
  EXPECT_EQ(t.type(results[1]), "float[?,?]");
}

TEST(InferFlow, LoopsCarryShapes) {
  FlowCase t;
  Value* x = t.b.input("x", DType::kF32, {2, Dim::named("n")});
  Value* n = t.b.input("n", DType::kI64, {});
  auto keep = [](GraphBuilder& b, Value* s) {
    Value* y = b.op("Relu", {s});
    return std::make_pair(y, y);
  };
  auto grow = [](GraphBuilder& b, Value* s) {
    Value* y = b.op("Concat", {s, s}, {{"axis", 0}});
    return std::make_pair(y, b.op("Shape", {y}));
  };
  auto same = t.loop(n, x, keep), five = t.loop(t.b.ints("", {}, {5}), x, keep);
  auto doubled = t.loop(t.b.ints("", {}, {3}), x, grow), open = t.loop(n, x, grow);
  EXPECT_EQ(t.type(same.first), "float[2,n]");
  EXPECT_EQ(t.type(same.second), "float[?,2,n]");
  EXPECT_EQ(t.type(five.second), "float[5,2,n]");
  EXPECT_EQ(t.type(doubled.first), "float[16,n]");  // 2 * 2^3, turn by turn
  EXPECT_EQ(t.type(doubled.second), "int64[3,2]");
  EXPECT_EQ(t.type(open.first), "float[?,n]");
  EXPECT_EQ(t.type(open.second), "int64[?,2]");
}

TEST(InferFlow, ALoopWhoseEndIsUnknownCollectsAnUnknownNumber) {
  FlowCase t;
  Value* x = t.b.input("x", DType::kF32, {3});
  Node* n = t.model.graph().add_node("Loop", {t.b.ints("", {}, {4}), nullptr, x});
  FlowBody body(n);
  body.graph->add_input("i");
  body.graph->add_input("go");
  Value* state = body.graph->add_input("state");
  Value* sum = body.b.op("ReduceSum", {state}, {{"keepdims", 0}});
  body.outputs({body.b.op("Less", {sum, body.b.scalar(9)}), body.b.op("Add", {state, state}), sum});
  body.attach("body");
  Value* last = n->add_output("last");
  Value* all = n->add_output("all");
  EXPECT_EQ(t.type(last), "float[3]");
  EXPECT_EQ(t.type(all), "float[?]");
}

TEST(InferFlow, ScanTakesAndStacksSlices) {
  FlowCase t;
  Value* start = t.b.input("start", DType::kF32, {4});
  Value* sequence = t.b.input("sequence", DType::kF32, {4, 6});
  Node* n = t.model.graph().add_node("Scan", {start, sequence});
  FlowBody body(n);
  Value* state = body.graph->add_input("state");
  Value* slice = body.graph->add_input("slice");
  Value* sum = body.b.op("Add", {state, slice});
  body.outputs({sum, body.b.op("Unsqueeze", {sum, body.b.ints("axis", {1}, {0})})});
  body.attach("body");
  n->set_attribute(Attribute("num_scan_inputs", int64_t{1}));
  n->set_attribute(Attribute("scan_input_axes", std::vector<int64_t>{1}));
  n->set_attribute(Attribute("scan_output_axes", std::vector<int64_t>{-1}));
  Value* last = n->add_output("last");
  Value* all = n->add_output("all");
  EXPECT_EQ(t.type(last), "float[4]");
  EXPECT_EQ(t.type(all), "float[1,4,6]");
}

TEST(InferFlow, SequencesAndOptionals) {
  FlowCase t;
  Value* x = t.b.input("x", DType::kF32, {7, 2});
  Value* y = t.b.input("y", DType::kF32, {3, 2});
  Value* s = t.b.op("SequenceConstruct", {x, y});
  Value* longer = t.b.op("SequenceInsert", {s, x, t.b.ints("", {}, {1})});
  Value* second = t.b.op("SequenceAt", {longer, t.b.ints("", {}, {-1})});
  Value* joined = t.b.op("ConcatFromSequence", {longer}, {{"axis", 0}});
  Value* pieces = t.b.op("SplitToSequence", {x, t.b.ints("", {}, {3})});
  Value* shorter = t.b.op("SequenceErase", {pieces});
  Value* stacked = t.b.op("ConcatFromSequence", {shorter}, {{"axis", 2}, {"new_axis", 1}});
  Value* maybe = t.b.op("Optional", {s});
  Value* got = t.b.op("OptionalGetElement", {maybe});
  Value* many =
      t.b.op("ConstantOfShape", {t.b.op("Unsqueeze", {t.b.op("SequenceLength", {longer}), t.b.ints({0})})});
  EXPECT_EQ(t.type(s), "seq(float[?,2])");
  EXPECT_EQ(t.type(longer), "seq(float[?,2])");
  EXPECT_EQ(t.type(second), "float[3,2]");
  EXPECT_EQ(t.type(joined), "float[17,2]");
  EXPECT_EQ(t.type(pieces), "seq(float[?,2])");
  EXPECT_EQ(t.type(stacked), "float[3,2,2]");
  EXPECT_EQ(t.type(got), "seq(float[?,2])");
  EXPECT_EQ(t.type(many), "float[3]");
}

// A function whose body reads an attribute of the caller and leaves out what the caller leaves out.
TEST(InferFlow, FunctionsHaveTheTypesOfTheirCallers) {
  FlowCase t;
  t.model.set_opset("test.own", 1);
  auto f = std::make_unique<ModelFunction>();
  f->domain = "test.own";
  f->name = "Fold";
  f->attributes = {"axis"};
  f->opsets = {{"", 11, ""}};
  f->body = std::make_unique<Graph>(&t.model);
  GraphBuilder body(*f->body);
  Value* a = f->body->add_input("a");
  Value* shape = f->body->add_input("shape");
  Value* flat = body.op("Flatten", {a});
  flat->producer()->set_attribute(Attribute::reference("axis", "axis", Attribute::Kind::kInt));
  f->body->add_output(flat);
  f->body->add_output(body.op("Reshape", {a, shape}));
  f->body->add_output(body.op("Squeeze", {flat}, {{"axes", {0}}}));  // the form of opset 11
  t.model.functions.push_back(std::move(f));
  Value* x = t.b.input("x", DType::kF32, {2, 3, 4});
  auto one = t.b.ops("Fold", {x, t.b.ints({4, -1})}, 3, {{"axis", 2}}, "", "test.own");
  auto two =
      t.b.ops("Fold", {t.b.op("Cast", {x}, {{"to", 7}}), t.b.ints({-1})}, 3, {{"axis", 0}}, "", "test.own");
  EXPECT_EQ(t.type(one[0]), "float[6,4]");
  EXPECT_EQ(t.type(one[1]), "float[4,6]");
  EXPECT_EQ(t.type(two[0]), "int64[1,24]");
  EXPECT_EQ(t.type(two[1]), "int64[24]");
  EXPECT_EQ(t.type(two[2]), "int64[24]");
  EXPECT_TRUE(infer_shapes(t.model).ops_without_rule.empty());
}

// A function that calls itself, and one that calls another twice thirty levels deep, end.
TEST(InferFlow, FunctionsThatCallEachOtherEnd) {
  FlowCase t;
  t.model.set_opset("test.own", 1);
  for (int i = 0; i < 30; ++i) {
    auto f = std::make_unique<ModelFunction>();
    f->domain = "test.own";
    f->name = "F" + std::to_string(i);
    f->opsets = {{"", 17, ""}, {"test.own", 1, ""}};
    f->body = std::make_unique<Graph>(&t.model);
    GraphBuilder body(*f->body);
    Value* a = f->body->add_input("a");
    const std::string next = "F" + std::to_string(i == 29 ? 29 : i + 1);
    for (int k = 0; k < 2; ++k) a = body.op(next, {a}, {}, "", "test.own");
    f->body->add_output(a);
    t.model.functions.push_back(std::move(f));
  }
  Value* y = t.b.op("F0", {t.b.input("x", DType::kF32, {2})}, {}, "", "test.own");
  EXPECT_EQ(t.type(y), "?");
}

}  // namespace
}  // namespace jetline
