// Models that ask for too much, inferred and optimised: sizes that overflow, bodies inside of bodies, chains
// of very many nodes, names that are no text. All of it ends soon, in bounded memory, with a sound graph.
#include "jetline/graph/infer.h"
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

// Optimised, and the same operators are left.
void expect_kept(TestModel& t, const char* op) {
  SCOPED_TRACE(op);
  JETLINE_ASSERT_OK(t.b.status());
  auto m = t.model->clone();
  infer_shapes(*m);
  OptimizeOptions options;
  options.verify_each = true;
  OptimizeReport report;
  JETLINE_ASSERT_OK(optimize(*m, options, &report));
  EXPECT_TRUE(report.at_rest);
  EXPECT_EQ(testing::count(*m, op), 1);
  int64_t bytes = 0;
  for (const Value* v : m->graph().initializers()) bytes += v->initializer()->byte_count();
  EXPECT_LT(bytes, 1 << 16);
}

TEST(Hostile, SizesThatNoMachineHasStayNodes) {
  constexpr int64_t kHuge = int64_t{1} << 40, kMost = INT64_MAX;
  const std::vector<std::vector<int64_t>> sizes = {{kHuge}, {kMost}, {kHuge, kHuge}, {1 << 30, 1 << 30, 4}};
  for (const auto& size : sizes) {
    TestModel t;
    t.output(t.b.op("ConstantOfShape", {t.b.ints(size)}), "y");
    expect_kept(t, "ConstantOfShape");
  }
  for (const auto& size : sizes) {
    TestModel t;
    t.output(t.b.op("Expand", {t.b.scalar(1), t.b.ints(size)}), "y");
    expect_kept(t, "Expand");
  }
  for (const int64_t n : {kHuge, kMost}) {
    TestModel tile, range, hot, pad;
    tile.output(tile.b.op("Tile", {tile.constant({2}), tile.b.ints({n})}), "y");
    expect_kept(tile, "Tile");
    range.output(range.b.op("Range", {range.b.ints("", {}, {0}), range.b.ints("", {}, {n}),
                                      range.b.ints("", {}, {1})}),
                 "y", DType::kI64);
    expect_kept(range, "Range");
    hot.output(hot.b.op("OneHot", {hot.b.ints({1}), hot.b.ints("", {}, {n}), hot.b.floats("", {2}, {0, 1})}),
               "y");
    expect_kept(hot, "OneHot");
    pad.output(pad.b.op("Pad", {pad.constant({2}), pad.b.ints({n, n})}), "y");
    expect_kept(pad, "Pad");
  }
  for (const float scale : {1e9f, 1e30f}) {
    TestModel t;
    t.output(t.b.op("Resize", {t.constant({1, 1, 2, 2}), nullptr, t.b.floats("", {4}, {1, 1, scale, scale})}),
             "y");
    expect_kept(t, "Resize");
  }
}

TEST(Hostile, WindowsAndStridesOutOfRange) {
  for (const int64_t n : {int64_t{-1}, int64_t{0}, int64_t{1} << 31, INT64_MAX, INT64_MIN}) {
    for (const char* name : {"pads", "strides", "dilations", "kernel_shape", "group"}) {
      TestModel t;
      Value* x = t.b.input("x", DType::kF32, {1, 4, 5, 5});
      std::vector<AttrArg> attributes;
      if (std::string(name) == "group") {
        attributes.emplace_back(name, n);
      } else {
        attributes.emplace_back(name, std::vector<int64_t>(std::string(name) == "pads" ? 4 : 2, n));
      }
      Value* y = t.b.op("Mul", {x, t.constant({4, 1, 1})});
      y = t.b.op("Conv", {y, t.constant({4, 4, 3, 3})}, attributes);
      y = t.b.op("Add", {y, t.constant({4, 1, 1})});
      Value* p = t.b.op("Pad", {x, t.b.ints({0, 0, 1, 1, 0, 0, 1, 1})});
      t.output(t.b.op("MaxPool", {p}, attributes), "p");
      t.output(y, "y");
      infer_shapes(*t.model);
      OptimizeOptions options;
      options.verify_each = true;
      JETLINE_EXPECT_OK(optimize(*t.model, options, nullptr));
    }
  }
}

// A pile of branches, each known, as deep as files may nest; and a pile of loops that would multiply.
TEST(Hostile, BodiesInsideOfBodies) {
  for (const bool loops : {false, true}) {
    TestModel t;
    Value* x = t.b.input("x", DType::kF32, {2});
    Value* truth = t.b.tensor("", *Tensor::own(DType::kBool, {}, {1}));
    Value* turns = t.b.ints("", {}, {9});
    const auto make = [&](const auto& self, GraphBuilder& b, Value* v, int depth) -> Value* {
      if (depth == 0) return b.op("Sin", {v});
      Node* n = b.graph().add_node(loops ? "Loop" : "If",
                                   loops ? std::vector<Value*>{turns, truth, v} : std::vector<Value*>{truth});
      for (const char* name : loops ? std::vector<const char*>{"body"}
                                    : std::vector<const char*>{"then_branch", "else_branch"}) {
        auto body = std::make_unique<Graph>(t.model.get(), n);
        GraphBuilder inside(*body);
        Value* state = v;
        if (loops) {
          const std::string d = std::to_string(depth);
          body->add_input("i" + d, ValueType::tensor(DType::kI64, {}));
          body->add_output(body->add_input("go" + d, ValueType::tensor(DType::kBool, {})));
          state = body->add_input("s" + d);
        }
        const bool deep = loops || std::string(name) == "then_branch";
        body->add_output(self(self, inside, state, deep ? depth - 1 : 0));
        n->set_attribute(Attribute(name, std::move(body)));
      }
      return n->add_output(b.graph().unique_name("v"));
    };
    t.output(make(make, t.b, x, loops ? 8 : 60), "y");
    OptimizeReport report;
    JETLINE_ASSERT_OK(optimize(*t.model, {}, &report));
    EXPECT_TRUE(report.at_rest);
    EXPECT_TRUE(loops || count_nodes(*t.model) == 1);
    EXPECT_LE(count_nodes(*t.model), 200);
  }
}

TEST(Hostile, LongChainsNeedNoDeepStack) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 4});
  for (int i = 0; i < 30000; ++i) {
    static const char* const kOps[] = {"Identity", "Relu", "Transpose", "Neg", "Mul"};
    const char* op = kOps[i % 5];
    x = std::string(op) == "Mul" ? t.b.op(op, {x, x}) : t.b.op(op, {x});
  }
  t.output(x, "y");
  OptimizeReport report;
  JETLINE_ASSERT_OK(optimize(*t.model, {}, &report));
  EXPECT_EQ(testing::count(*t.model, "Identity"), 0);
  JETLINE_EXPECT_OK(t.model->graph().verify());
}

TEST(Hostile, NamesThatAreNoText) {
  TestModel t;
  const std::string name = "\xff\xfe\x80", other("a\0b", 3);
  Value* x = t.b.input(name, DType::kF32, {2});
  Value* y = t.b.op("Mul", {t.b.op("Mul", {x, t.b.scalar(2)}, {}, other), t.b.scalar(3)}, {}, "\xc3\x28");
  t.output(y, "out\xff");
  const auto m = testing::optimized_copy(*t.model);
  EXPECT_EQ(count_nodes(*m), 1);
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, save_onnx_bytes(*m));
  JETLINE_ASSERT_OK_AND_ASSIGN(
      auto again,
      load_onnx_bytes(ByteView(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), nullptr));
  EXPECT_EQ(again->graph().inputs()[0]->name(), name);
  EXPECT_EQ(again->graph().outputs()[0]->name(), "out\xff");
}

}  // namespace
}  // namespace jetline::passes
