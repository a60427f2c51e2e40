// Control flow of small graphs made by hand: what is decided while converting leaves no trace, what is not
// becomes If and Loop with the right numbers (jetline's evaluator), and what is broken is refused. The
// numbers of many more forms are checked against TensorFlow's in cases/.
#include <gtest/gtest.h>

#include "jetline/base/testing.h"
#include "jetline/graph/evaluate.h"
#include "jetline/importers/tensorflow/import.h"
#include "jetline/importers/tensorflow/proto_testing.h"

namespace jetline::tf {
namespace {

using made::Arg;
using made::attr_bool;
using made::attr_func;
using made::attr_int;
using made::attr_shape;
using made::attr_text;
using made::attr_type;
using made::node;

const std::string kFloatType = attr_type(DataType::kFloat);
const std::string kIntType = attr_type(DataType::kInt32);

std::string control_int(const std::string& name, int32_t v) {
  return made::constant(name, made::tensor(DataType::kInt32, {}, made::packed(std::vector<int32_t>{v})),
                        DataType::kInt32);
}
std::string control_bool(const std::string& name, bool v) {
  return made::constant(name, made::tensor(DataType::kBool, {}, std::string(1, v ? 1 : 0)), DataType::kBool);
}
std::string control_input(const std::string& name, DataType t, const std::vector<int64_t>& dims) {
  return node(name, "Placeholder", {}, {{"dtype", attr_type(t)}, {"shape", attr_shape(dims)}});
}

// y = f(x) in one node.
std::string control_function(const std::string& name, const std::string& op) {
  return made::function(name, {{"a", DataType::kFloat}}, {{"r", DataType::kFloat}},
                        {node("n", op, {"a"}, {{"T", kFloatType}})}, {{"r", "n:y:0"}});
}

// while (i < limit) { i += 1; v = v + v; } as functions over (i, limit, v).
std::vector<std::string> control_doubling() {
  const std::vector<Arg> args = {
      {"i", DataType::kInt32}, {"limit", DataType::kInt32}, {"v", DataType::kFloat}};
  return {
      made::function("cond", args, {{"go", DataType::kBool}},
                     {node("less", "Less", {"i", "limit"}, {{"T", kIntType}})}, {{"go", "less:z:0"}}),
      made::function("body", args,
                     {{"i_", DataType::kInt32}, {"limit_", DataType::kInt32}, {"v_", DataType::kFloat}},
                     {control_int("one", 1), node("next", "AddV2", {"i", "one:output:0"}, {{"T", kIntType}}),
                      node("twice", "AddV2", {"v", "v"}, {{"T", kFloatType}})},
                     {{"i_", "next:z:0"}, {"limit_", "limit"}, {"v_", "twice:z:0"}})};
}
std::string control_while(const std::string& limit, const std::string& cond = "cond",
                          const std::string& body = "body") {
  return node("loop", "While", {"zero", limit, "x"}, {{"cond", attr_func(cond)}, {"body", attr_func(body)}});
}

struct ControlRun {
  Result<Imported> imported = Status::internal("test.unset", "");
  ImportReport report;
  std::string id() const { return imported.ok() ? "" : imported.status().id(); }
  int count(std::string_view op) const {
    int n = 0;
    for (const auto& node : imported->model->graph().nodes()) n += node->is(op);
    return n;
  }
};

ControlRun control_import(const std::string& bytes, const std::string& output, ImportOptions options = {}) {
  ControlRun r;
  options.outputs = {output};
  auto owner = std::make_shared<std::string>(bytes);
  r.imported = import_graph_def(made::bytes_of(*owner), owner, options, &r.report);
  if (r.imported.ok()) {
    r.imported->model->graph().remove_dead();
    JETLINE_EXPECT_OK(r.imported->model->graph().verify());
  }
  return r;
}

std::vector<double> control_values(const ControlRun& r,
                                   const std::vector<std::pair<std::string, Tensor>>& feeds) {
  if (!r.imported.ok()) return {};
  const Graph& g = r.imported->model->graph();
  std::unordered_map<const Value*, Tensor> in;
  for (const auto& [name, t] : feeds)
    for (const Value* v : g.inputs())
      if (v->name() == name || v->name() == name + ":0") in[v] = t;
  Result<std::vector<Tensor>> out = evaluate_graph(g, in);
  EXPECT_TRUE(out.ok()) << (out.ok() ? "" : out.status().to_string());
  if (!out.ok() || out->empty()) return {};
  return out->at(0).to_doubles().value();
}

Tensor control_scalar(int32_t v) {
  return Tensor::own(DType::kI32, {}, {static_cast<uint8_t>(v), 0, 0, 0}).value();
}
Tensor control_truth(bool v) {
  return Tensor::own(DType::kBool, {}, {static_cast<uint8_t>(v)}).value();
}

TEST(TensorFlowControl, AKnownConditionLeavesOneBranch) {
  for (bool yes : {true, false}) {
    const ControlRun r = control_import(
        made::graph(
            {control_input("x", DataType::kFloat, {2}), control_bool("c", yes),
             node("y", "If", {"c", "x"}, {{"then_branch", attr_func("t")}, {"else_branch", attr_func("e")}})},
            {control_function("t", "Exp"), control_function("e", "Neg")}),
        "y:0");
    ASSERT_TRUE(r.imported.ok()) << r.imported.status().to_string();
    EXPECT_EQ(r.count("If"), 0);
    EXPECT_EQ(r.count("Exp"), yes ? 1 : 0);
    EXPECT_EQ(r.count("Neg"), yes ? 0 : 1);
  }
}

TEST(TensorFlowControl, AnOpenConditionBecomesAnIf) {
  const ControlRun r = control_import(
      made::graph(
          {control_input("x", DataType::kFloat, {2}), control_input("c", DataType::kBool, {}),
           node("y", "If", {"c", "x"}, {{"then_branch", attr_func("t")}, {"else_branch", attr_func("e")}})},
          {control_function("t", "Abs"), control_function("e", "Neg")}),
      "y:0");
  ASSERT_TRUE(r.imported.ok()) << r.imported.status().to_string();
  EXPECT_EQ(r.count("If"), 1);
  const Tensor x = Tensor::floats({2}, {-1, 3}).value();
  EXPECT_EQ(control_values(r, {{"x", x}, {"c", control_truth(true)}}), (std::vector<double>{1, 3}));
  EXPECT_EQ(control_values(r, {{"x", x}, {"c", control_truth(false)}}), (std::vector<double>{1, -3}));
}

TEST(TensorFlowControl, AKnownNumberOfTurnsIsLaidOut) {
  const ControlRun r =
      control_import(made::graph({control_input("x", DataType::kFloat, {2}), control_int("zero", 0),
                                  control_int("n", 3), control_while("n")},
                                 control_doubling()),
                     "loop:2");
  ASSERT_TRUE(r.imported.ok()) << r.imported.status().to_string();
  EXPECT_EQ(r.report.unrolled, 3);
  EXPECT_EQ(r.count("Loop"), 0);
  EXPECT_EQ(r.count("Add"), 3);
  EXPECT_EQ(control_values(r, {{"x", Tensor::floats({2}, {1, 2}).value()}}), (std::vector<double>{8, 16}));
}

TEST(TensorFlowControl, ManyTurnsOrAnUnknownNumberAreALoopWithATripCount) {
  const ControlRun many =
      control_import(made::graph({control_input("x", DataType::kFloat, {2}), control_int("zero", 0),
                                  control_int("n", 10000000), control_while("n")},
                                 control_doubling()),
                     "loop:2");
  ASSERT_TRUE(many.imported.ok()) << many.imported.status().to_string();
  EXPECT_EQ(many.count("Loop"), 1);
  const ControlRun open =
      control_import(made::graph({control_input("x", DataType::kFloat, {2}), control_int("zero", 0),
                                  control_input("n", DataType::kInt32, {}), control_while("n")},
                                 control_doubling()),
                     "loop:2");
  ASSERT_TRUE(open.imported.ok()) << open.imported.status().to_string();
  ASSERT_EQ(open.count("Loop"), 1);
  for (const auto& n : open.imported->model->graph().nodes()) {
    if (!n->is("Loop")) continue;
    EXPECT_NE(n->input(0), nullptr);  // counted: no condition to compute
    EXPECT_EQ(n->input(1), nullptr);
  }
  const Tensor x = Tensor::floats({2}, {1, 2}).value();
  EXPECT_EQ(control_values(open, {{"x", x}, {"n", control_scalar(4)}}), (std::vector<double>{16, 32}));
  EXPECT_EQ(control_values(open, {{"x", x}, {"n", control_scalar(0)}}), (std::vector<double>{1, 2}));
}

TEST(TensorFlowControl, BrokenLoopsAreRefused) {
  const std::string x = control_input("x", DataType::kFloat, {2}), zero = control_int("zero", 0),
                    n = control_input("n", DataType::kInt32, {});
  const std::vector<std::string> functions = control_doubling();
  // Without body, without condition, with functions that are not there.
  EXPECT_EQ(
      control_import(
          made::graph({x, zero, n, node("loop", "While", {"zero", "n", "x"}, {{"cond", attr_func("cond")}})},
                      functions),
          "loop:2")
          .id(),
      "tf.malformed");
  EXPECT_EQ(
      control_import(
          made::graph({x, zero, n, node("loop", "While", {"zero", "n", "x"}, {{"body", attr_func("body")}})},
                      functions),
          "loop:2")
          .id(),
      "tf.malformed");
  EXPECT_EQ(
      control_import(made::graph({x, zero, n, control_while("n", "cond", "nowhere")}, functions), "loop:2")
          .id(),
      "tf.malformed");
  // Other numbers of variables.
  EXPECT_EQ(control_import(made::graph({x, zero, n,
                                        node("loop", "While", {"zero", "n"},
                                             {{"cond", attr_func("cond")}, {"body", attr_func("body")}})},
                                       functions),
                           "loop:1")
                .id(),
            "tf.malformed");
  EXPECT_EQ(
      control_import(made::graph({x, zero, n, control_while("n", "body", "body")}, functions), "loop:2").id(),
      "tf.malformed");
  EXPECT_EQ(
      control_import(
          made::graph({x, node("y", "If", {"x", "x"},
                               {{"then_branch", attr_func("cond")}, {"else_branch", attr_func("cond")}})},
                      functions),
          "y:0")
          .id(),
      "tf.malformed");
}

TEST(TensorFlowControl, LoopsThatNeverEndAreRefused) {
  const std::vector<Arg> args = {{"i", DataType::kInt32}, {"v", DataType::kFloat}};
  auto loop = [&](const std::vector<std::string>& cond, const std::string& go, const std::string& next) {
    return made::graph(
        {control_input("x", DataType::kFloat, {2}), control_int("zero", 0),
         node("loop", "While", {"zero", "x"}, {{"cond", attr_func("cond")}, {"body", attr_func("body")}})},
        {made::function("cond", args, {{"go", DataType::kBool}}, cond, {{"go", go}}),
         made::function(
             "body", args, {{"i_", DataType::kInt32}, {"v_", DataType::kFloat}},
             {control_int("one", 1), node("next", "AddV2", {"i", "one:output:0"}, {{"T", kIntType}}),
              node("twice", "AddV2", {"v", "v"}, {{"T", kFloatType}})},
             {{"i_", next}, {"v_", "twice:z:0"}})});
  };
  EXPECT_EQ(control_import(loop({control_bool("yes", true)}, "yes:output:0", "i"), "loop:1").id(),
            "tf.loop-too-long");
  const std::string below = node("less", "Less", {"i", "five:output:0"}, {{"T", kIntType}});
  EXPECT_EQ(control_import(loop({control_int("five", 5), below}, "less:z:0", "i"), "loop:1").id(),
            "tf.loop-too-long");
  // Counting away from what it waits for.
  const std::string above = node("more", "GreaterEqual", {"i", "five:output:0"}, {{"T", kIntType}});
  EXPECT_EQ(control_import(loop({control_int("five", 0), above}, "more:z:0", "next:z:0"), "loop:1").id(),
            "tf.loop-too-long");
  // The same graph with a bound that is reached is fine.
  EXPECT_EQ(control_import(loop({control_int("five", 5), below}, "less:z:0", "next:z:0"), "loop:1").id(), "");
}

TEST(TensorFlowControl, FunctionsThatCallThemselvesEnd) {
  const std::string self = made::function(
      "f", {{"a", DataType::kFloat}}, {{"r", DataType::kFloat}},
      {node("c", "ReduceTrue", {"a"}),
       node("n", "If", {"a", "a"}, {{"then_branch", attr_func("f")}, {"else_branch", attr_func("f")}})},
      {{"r", "n:output:0"}});
  const ControlRun r = control_import(
      made::graph(
          {control_input("x", DataType::kFloat, {}),
           node("y", "If", {"x", "x"}, {{"then_branch", attr_func("f")}, {"else_branch", attr_func("f")}})},
          {self}),
      "y:0");
  EXPECT_EQ(r.id(), "tf.too-deep");
  const std::vector<Arg> args = {{"v", DataType::kFloat}};
  const std::string cond =
      made::function("cond", args, {{"go", DataType::kBool}},
                     {node("n", "Cast", {"v"}, {{"SrcT", kFloatType}, {"DstT", attr_type(DataType::kBool)}})},
                     {{"go", "n:y:0"}});
  const std::string body =
      made::function("body", args, {{"r", DataType::kFloat}},
                     {node("n", "While", {"v"}, {{"cond", attr_func("cond")}, {"body", attr_func("body")}})},
                     {{"r", "n:output:0"}});
  EXPECT_EQ(
      control_import(
          made::graph({control_input("x", DataType::kFloat, {}),
                       node("y", "While", {"x"}, {{"cond", attr_func("cond")}, {"body", attr_func("body")}})},
                      {cond, body}),
          "y:0")
          .id(),
      "tf.too-deep");
}

TEST(TensorFlowControl, LoopsWithinLoopsAreBounded) {
  // Forty loops inside each other, each with a variable of which it only shows when all inner ones have been
  // converted that no turn changes it: every level is converted twice, the innermost 2^40 times.
  const std::vector<Arg> args = {{"v", DataType::kFloat}, {"w", DataType::kFloat}};
  const std::vector<Arg> results = {{"v_", DataType::kFloat}, {"w_", DataType::kFloat}};
  std::vector<std::string> functions = {
      made::function("cond", args, {{"go", DataType::kBool}},
                     {made::constant("k", made::floats({}, {100}), DataType::kFloat),
                      node("n", "Less", {"v", "k:output:0"}, {{"T", kFloatType}})},
                     {{"go", "n:z:0"}})};
  auto inner = [](const std::string& name, const std::vector<std::string>& inputs, int body) {
    return node(name, "While", inputs,
                {{"cond", attr_func("cond")}, {"body", attr_func("body" + std::to_string(body))}});
  };
  functions.push_back(made::function("body0", args, results,
                                     {node("n", "AddV2", {"v", "w"}, {{"T", kFloatType}})},
                                     {{"v_", "n:z:0"}, {"w_", "w"}}));
  for (int i = 1; i <= 40; ++i) {
    functions.push_back(made::function("body" + std::to_string(i), args, results,
                                       {inner("n", {"v", "w"}, i - 1)},
                                       {{"v_", "n:output:0"}, {"w_", "n:output:1"}}));
  }
  ImportOptions options;
  options.max_nodes = 20000;
  const ControlRun r = control_import(
      made::graph({control_input("x", DataType::kFloat, {}), inner("y", {"x", "x"}, 40)}, functions), "y:0",
      options);
  EXPECT_EQ(r.id(), "tf.too-many");
}

}  // namespace
}  // namespace jetline::tf
