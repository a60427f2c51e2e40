// constant-branches, unroll-loops.
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

// A body under construction: becomes attribute `name` of `owner`.
struct ControlBody {
  Node* owner;
  std::unique_ptr<Graph> graph;
  GraphBuilder b;
  explicit ControlBody(Node* n) : owner(n), graph(new Graph(n->graph()->model(), n)), b(*graph) {}
  void attach(const char* name, const std::vector<Value*>& outputs) {
    for (Value* v : outputs) graph->add_output(v);
    EXPECT_TRUE(b.status().ok()) << b.status().to_string();
    owner->set_attribute(Attribute(name, std::move(graph)));
  }
};

// Fn(builder) -> outputs of one branch.
template <typename Then, typename Else>
std::vector<Value*> control_if(GraphBuilder& b, Value* condition, size_t outputs, Then then, Else other) {
  Node* n = b.graph().add_node("If", {condition});
  ControlBody yes(n), no(n);
  yes.attach("then_branch", then(yes.b));
  no.attach("else_branch", other(no.b));
  std::vector<Value*> out;
  for (size_t i = 0; i < outputs; ++i) out.push_back(n->add_output(b.graph().unique_name("if")));
  return out;
}

// Fn(builder, turn, condition, states) -> condition, states, stacked.
template <typename Fn>
std::vector<Value*> control_loop(GraphBuilder& b, Value* limit, Value* condition, std::vector<Value*> states,
                                 size_t outputs, Fn fn) {
  std::vector<Value*> inputs = {limit, condition};
  inputs.insert(inputs.end(), states.begin(), states.end());
  Node* n = b.graph().add_node("Loop", inputs);
  ControlBody body(n);
  Value* turn = body.graph->add_input("turn", ValueType::tensor(DType::kI64, {}));
  Value* go = body.graph->add_input("go", ValueType::tensor(DType::kBool, {}));
  std::vector<Value*> inside;
  for (size_t i = 0; i < states.size(); ++i) inside.push_back(body.graph->add_input("s" + std::to_string(i)));
  body.attach("body", fn(body.b, turn, go, inside));
  std::vector<Value*> out;
  for (size_t i = 0; i < outputs; ++i) out.push_back(n->add_output(b.graph().unique_name("loop")));
  return out;
}

Value* control_truth(GraphBuilder& b, bool v) {
  auto t = Tensor::own(DType::kBool, {}, {static_cast<uint8_t>(v)});
  return b.tensor("", std::move(*t));
}

TEST(ConstantBranches, TheTakenBranchStays) {
  for (const bool yes : {false, true}) {
    TestModel t;
    Value* x = t.b.input("x", DType::kF32, {2, 3});
    Value* only_else = t.b.op("Tanh", {x});
    const auto out = control_if(
        t.b, control_truth(t.b, yes), 2,
        [&](GraphBuilder& b) {
          return std::vector<Value*>{b.op("Relu", {x}), b.op("Neg", {x})};
        },
        [&](GraphBuilder& b) {
          return std::vector<Value*>{b.op("Abs", {only_else}),
                                     b.op("Add", {only_else, b.floats("k", {1}, {2})})};
        });
    t.output(out[0], "y");
    t.output(t.b.op("Mul", {out[1], out[0]}), "z");
    const auto m = testing::optimized_copy(*t.model);
    EXPECT_EQ(testing::count(*m, "If"), 0);
    EXPECT_EQ(testing::count(*m, "Relu"), yes ? 1 : 0);
    EXPECT_EQ(testing::count(*m, "Tanh"), yes ? 0 : 1) << "what only the dead branch used is left";
    EXPECT_EQ(count_nodes(*m), yes ? 3 : 4);
  }
}

TEST(ConstantBranches, AConditionThatFollowsFromShapes) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3});
  Value* rank = t.b.op("Size", {t.b.op("Shape", {x})});
  const auto out = control_if(
      t.b, t.b.op("Equal", {rank, t.b.ints("", {}, {2})}), 1,
      [&](GraphBuilder& b) {
        return std::vector<Value*>{b.op("Softmax", {x}, {{"axis", 1}})};
      },
      [&](GraphBuilder& b) { return std::vector<Value*>{b.op("Flatten", {x})}; });
  t.output(out[0], "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(count_nodes(*m), 1);
  EXPECT_EQ(testing::count(*m, "Softmax"), 1);
}

TEST(ConstantBranches, AnOpenConditionStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  const auto out = control_if(
      t.b, t.b.input("c", DType::kBool, {}), 1,
      [&](GraphBuilder& b) { return std::vector<Value*>{b.op("Relu", {x})}; },
      [&](GraphBuilder& b) { return std::vector<Value*>{b.op("Abs", {x})}; });
  t.output(out[0], "y");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "If"), 1);
}

// Both branches and the graph around have values of one name; a branch may give an outer value, a constant,
// or one value twice.
TEST(ConstantBranches, NamesOfBothScopesMayBeEqual) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  Value* inner = t.b.op("Abs", {x}, {}, "same");
  const auto out = control_if(
      t.b, control_truth(t.b, true), 4,
      [&](GraphBuilder& b) {
        Value* k = b.floats("k", {2}, {1, 2});
        Value* same = b.op("Add", {inner, k}, {}, "same");
        return std::vector<Value*>{same, inner, k, same};
      },
      [&](GraphBuilder&) {
        return std::vector<Value*>{x, x, x, x};
      });
  for (size_t i = 0; i < out.size(); ++i) t.output(out[i], "y" + std::to_string(i));
  t.output(t.b.op("Neg", {inner}), "z");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "If"), 0);
  EXPECT_EQ(testing::count(*m, "Add"), 1);
}

TEST(ConstantBranches, BranchesInsideOfBranches) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  Value* open = t.b.input("c", DType::kBool, {});
  Value* always = control_truth(t.b, true);
  const auto out = control_if(
      t.b, open, 1,
      [&](GraphBuilder& b) {
        Value* y = b.op("Relu", {x}, {}, "y");
        return control_if(
            b, always, 1,
            [&](GraphBuilder& deep) {
              return control_if(
                  deep, open, 1, [&](GraphBuilder& d) { return std::vector<Value*>{d.op("Exp", {y})}; },
                  [&](GraphBuilder& d) { return std::vector<Value*>{d.op("Sin", {x})}; });
            },
            [&](GraphBuilder& deep) { return std::vector<Value*>{deep.op("Log", {x})}; });
      },
      [&](GraphBuilder& b) { return std::vector<Value*>{b.op("Abs", {x})}; });
  t.output(out[0], "r");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "If"), 2);
  EXPECT_EQ(testing::count(*m, "Log"), 0);
  EXPECT_EQ(testing::count(*m, "Exp"), 1);
}

TEST(UnrollLoops, OneTurnIsInlined) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* outer = t.b.op("Neg", {x});
  const auto out =
      control_loop(t.b, t.b.ints("", {}, {1}), nullptr, {x}, 2,
                   [&](GraphBuilder& b, Value* turn, Value* go, const std::vector<Value*>& s) {
                     Value* next = b.op("Add", {s[0], outer});
                     next = b.op("Mul", {next, b.op("Cast", {turn}, {{"to", 1}})});
                     return std::vector<Value*>{b.op("Identity", {go}), next, b.op("Exp", {s[0]})};
                   });
  t.output(out[0], "y");
  t.output(out[1], "stacked");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "Loop"), 0);
  EXPECT_EQ(testing::count(*m, "Unsqueeze"), 1);
}

TEST(UnrollLoops, FewTurnsOfASmallBody) {
  for (const int64_t opset : {11, 13, 17}) {
    for (const int64_t turns : {0, 2, 3, 100}) {
      TestModel t(opset);
      Value* x = t.b.input("x", DType::kF32, {2});
      const auto out =
          control_loop(t.b, t.b.ints("", {}, {turns}), control_truth(t.b, true), {x}, 3,
                       [&](GraphBuilder& b, Value* turn, Value* go, const std::vector<Value*>& s) {
                         Value* next = b.op("Tanh", {s[0]});
                         Value* i = b.op("Cast", {turn}, {{"to", 1}});
                         return std::vector<Value*>{go, next, b.op("Add", {next, i}), turn};
                       });
      t.output(out[0], "y");
      t.output(out[1], "rows");
      t.output(out[2], "turns", DType::kI64);
      infer_shapes(*t.model);  // without turns the shape of a row is what the types say
      const auto m = testing::optimized_copy(*t.model);
      EXPECT_EQ(testing::count(*m, "Loop"), turns == 100 ? 1 : 0) << turns;
    }
  }
}

TEST(UnrollLoops, AConditionThatCountsEndsIt) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  Value* count = t.b.ints("", {}, {0});
  const auto out = control_loop(
      t.b, nullptr, control_truth(t.b, true), {count, x}, 2,
      [&](GraphBuilder& b, Value*, Value*, const std::vector<Value*>& s) {
        Value* next = b.op("Add", {s[0], b.ints("", {}, {2})});
        return std::vector<Value*>{b.op("Less", {next, b.ints("", {}, {5})}), next, b.op("Sin", {s[1]})};
      });
  t.output(out[0], "n", DType::kI64);
  t.output(out[1], "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "Loop"), 0);
  EXPECT_EQ(testing::count(*m, "Sin"), 3);
}

TEST(UnrollLoops, AConditionThatDependsOnDataStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1});
  const auto out = control_loop(t.b, t.b.ints("", {}, {5}), control_truth(t.b, true), {x}, 1,
                                [&](GraphBuilder& b, Value*, Value*, const std::vector<Value*>& s) {
                                  Value* next = b.op("Add", {s[0], b.scalar(0.5f)});
                                  Value* less = b.op("Less", {next, b.scalar(1)});
                                  return std::vector<Value*>{b.op("Squeeze", {less}), next};
                                });
  t.output(out[0], "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "Loop"), 1);
  EXPECT_EQ(m->graph().node_count(), 1u);
  for (const Value* v : m->graph().initializers()) EXPECT_FALSE(v->uses().empty()) << v->name();
}

// A body with a branch that only its own number of turn decides, and a loop inside.
TEST(UnrollLoops, BodiesWithBodies) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  const auto out =
      control_loop(t.b, t.b.ints("", {}, {2}), nullptr, {x}, 1,
                   [&](GraphBuilder& b, Value* turn, Value* go, const std::vector<Value*>& s) {
                     const auto chosen = control_if(
                         b, b.op("Equal", {turn, b.ints("", {}, {0})}), 1,
                         [&](GraphBuilder& d) { return std::vector<Value*>{d.op("Abs", {s[0]}, {}, "v")}; },
                         [&](GraphBuilder& d) { return std::vector<Value*>{d.op("Cos", {s[0]}, {}, "v")}; });
                     const auto inner = control_loop(
                         b, b.ints("", {}, {3}), nullptr, {chosen[0]}, 1,
                         [&](GraphBuilder& d, Value*, Value* on, const std::vector<Value*>& state) {
                           return std::vector<Value*>{on, d.op("Sin", {d.op("Add", {state[0], x})})};
                         });
                     return std::vector<Value*>{go, inner[0]};
                   });
  t.output(out[0], "y");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(testing::count(*m, "Loop") + testing::count(*m, "If"), 0);
  EXPECT_EQ(testing::count(*m, "Sin"), 6);
  EXPECT_EQ(testing::count(*m, "Cos"), 1);
}

// A condition that is an Identity of nothing: not sound, but no reason to fall over.
TEST(UnrollLoops, AConditionWithoutInputStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  const auto out =
      control_loop(t.b, t.b.ints("", {}, {500}), nullptr, {x}, 1,
                   [&](GraphBuilder& b, Value*, Value*, const std::vector<Value*>& s) {
                     return std::vector<Value*>{b.op("Identity", {nullptr}), b.op("Sin", {s[0]})};
                   });
  t.output(out[0], "y");
  JETLINE_ASSERT_OK(optimize(*t.model, {}, nullptr));
  EXPECT_EQ(testing::count(*t.model, "Loop"), 1);
}

TEST(UnrollLoops, TheLimitOfNodesIsKept) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {2});
  const auto out = control_loop(t.b, t.b.ints("", {}, {4}), nullptr, {x}, 1,
                                [&](GraphBuilder& b, Value*, Value* go, const std::vector<Value*>& s) {
                                  return std::vector<Value*>{go, b.op("Sin", {b.op("Exp", {s[0]})})};
                                });
  t.output(out[0], "y");
  OptimizeOptions options;
  options.unroll_nodes = 7;
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, options), "Loop"), 1);
  options.unroll_nodes = 8;
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model, options), "Loop"), 0);
}

}  // namespace
}  // namespace jetline::passes
