// Contents followed through shape arithmetic: integers, conditions, floats.
#include "jetline/base/testing.h"
#include "jetline/graph/inference.h"
#include "jetline/graph/testing.h"

namespace jetline {
namespace {

// Infers each node as it is built, as importers do.
struct FollowCase {
  Model model;
  GraphBuilder b{model.graph()};
  ShapeInference infer{model};
  FollowCase() { model.set_opset("", 13); }
  Value* op(const char* name, std::vector<Value*> inputs, const std::vector<AttrArg>& attributes = {}) {
    Value* v = b.op(name, std::move(inputs), attributes);
    infer.node(*v->producer());
    return v;
  }
  // "[2,3]: 1 batch ? 4"
  std::string content(const Value* v) {
    const ops::KnownInts* k = infer.ints(v);
    if (!k) return "unknown";
    std::string out = "[";
    for (size_t i = 0; i < k->dims.size(); ++i) out += (i ? "," : "") + std::to_string(k->dims[i]);
    out += "]:";
    for (const Dim& d : k->elements) out += " " + to_string(d);
    return out;
  }
  Value* bools(std::vector<int64_t> dims, const std::vector<int64_t>& values) {
    return op("Cast", {b.ints("", std::move(dims), values)}, {{"to", static_cast<int64_t>(DType::kBool)}});
  }
};

TEST(Follow, OneNodeAtATime) {
  FollowCase t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("batch"), 3, Dim(), 20});
  Value* shape = t.op("Shape", {x});
  EXPECT_EQ(to_string(shape->type), "int64[4]");
  EXPECT_EQ(t.content(shape), "[4]: batch 3 ? 20");
  Value* tail = t.op("Slice", {shape, t.b.ints({-1}), t.b.ints({-5}), t.b.ints({0}), t.b.ints({-3})});
  EXPECT_EQ(t.content(tail), "[2]: 20 batch");
  Value* product = t.op("ReduceProd", {tail}, {{"keepdims", 0}});
  EXPECT_EQ(t.content(product), "[]: ?");
  EXPECT_EQ(t.content(x), "unknown");
  EXPECT_TRUE(t.infer.report().ops_without_rule.empty());
}

TEST(Follow, AForgottenValueIsUnknown) {
  FollowCase t;
  Value* x = t.b.input("x", DType::kF32, {2, 3});
  Value* shape = t.op("Shape", {x});
  EXPECT_EQ(t.content(shape), "[2]: 2 3");
  t.infer.forget(shape);
  EXPECT_EQ(t.content(shape), "unknown");
  shape->producer()->set_attribute(Attribute("start", int64_t{1}));
  t.infer.node(*shape->producer());
  EXPECT_EQ(t.content(shape), "[1]: 3");
}

TEST(Follow, ConditionsAndChoices) {
  FollowCase t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 4, Dim()});
  Value* s = t.op("Shape", {x});
  Value* big = t.op("Greater", {s, t.b.ints({-1})});
  EXPECT_EQ(t.content(big), "[3]: 1 1 ?");
  EXPECT_EQ(t.content(t.op("Less", {s, t.b.ints({4})})), "[3]: ? 0 ?");
  EXPECT_EQ(t.content(t.op("Equal", {s, s})), "[3]: 1 1 ?");
  EXPECT_EQ(t.content(t.op("And", {big, t.bools({3}, {0, 1, 0})})), "[3]: 0 1 0");
  EXPECT_EQ(t.content(t.op("Or", {big, t.bools({3}, {0, 1, 1})})), "[3]: 1 1 1");
  EXPECT_EQ(t.content(t.op("Not", {big})), "[3]: 0 0 ?");
  EXPECT_EQ(t.content(t.op("Where", {big, s, t.b.ints({7})})), "[3]: n 4 ?");
  EXPECT_EQ(t.content(t.op("ReduceMin", {t.op("Cast", {big}, {{"to", 6}})}, {{"keepdims", 0}})), "[]: ?");
}

TEST(Follow, IntegerArithmetic) {
  FollowCase t;
  Value* a = t.b.ints({7, -7, 6});
  Value* b = t.b.ints("", {3, 1}, {2, -3, 5});
  EXPECT_EQ(t.content(t.op("Mod", {a, b})), "[3,3]: 1 1 0 -2 -1 0 2 3 1");
  EXPECT_EQ(t.content(t.op("Mod", {a, b}, {{"fmod", 1}})), "[3,3]: 1 -1 0 1 -1 0 2 -2 1");
  EXPECT_EQ(t.content(t.op("Div", {a, b})), "[3,3]: 3 -3 3 -2 2 -2 1 -1 1");
  EXPECT_EQ(t.content(t.op("Min", {a, t.b.ints({0}), t.b.ints({-2})})), "[3]: -2 -7 -2");
  EXPECT_EQ(t.content(t.op("Max", {a, t.b.ints({0})})), "[3]: 7 0 6");
  EXPECT_EQ(t.content(t.op("Abs", {t.op("Neg", {a})})), "[3]: 7 7 6");
  EXPECT_EQ(t.content(t.op("Pow", {a, t.b.ints({2})})), "[3]: 49 49 36");
  EXPECT_EQ(t.content(t.op("ReduceSum", {a, t.b.ints({0})}, {{"keepdims", 0}})), "[]: 6");
  EXPECT_EQ(t.content(t.op("ReduceMax", {t.b.ints("", {2, 3}, {1, 5, 2, 9, 0, 3})}, {{"axes", {1}}})),
            "[2,1]: 5 9");
  // What overflows is not known, and neither is a division by zero.
  EXPECT_EQ(t.content(t.op("Add", {t.b.ints({INT64_MAX, 1}), t.b.ints({1})})), "[2]: ? 2");
  EXPECT_EQ(t.content(t.op("Div", {a, t.b.ints({0})})), "[3]: ? ? ?");
  Value* small = t.op("Cast", {t.b.ints({100, 3})}, {{"to", static_cast<int64_t>(DType::kI8)}});
  EXPECT_EQ(t.content(t.op("Add", {small, small})), "[2]: ? 6");
}

TEST(Follow, FloatShapeArithmetic) {
  FollowCase t;
  Value* x = t.b.input("x", DType::kF32, {Dim(), 5, 321, 3});
  Value* hw = t.op("Slice", {t.op("Shape", {x}), t.b.ints({1}), t.b.ints({3})});
  Value* f = t.op("Cast", {hw}, {{"to", 1}});
  Value* half = t.op("Floor", {t.op("Mul", {f, t.b.scalar(0.5f)})});
  Value* up = t.op("Ceil", {t.op("Div", {f, t.b.scalar(2)})});
  Value* i64_half = t.op("Cast", {half}, {{"to", 7}});
  EXPECT_EQ(t.content(i64_half), "[2]: 2 160");
  EXPECT_EQ(t.content(t.op("Cast", {up}, {{"to", 6}})), "[2]: 3 161");
  EXPECT_EQ(t.content(t.op("Less", {f, t.b.scalar(100)})), "[2]: 1 0");
  // Rounding goes to even, and float32 rounds as float32.
  Value* h = t.b.floats("", {4}, {0.5f, 1.5f, 2.5f, -1.5f});
  EXPECT_EQ(t.content(t.op("Cast", {t.op("Round", {h})}, {{"to", 7}})), "[4]: 0 2 2 -2");
  Value* many = t.op("Cast", {t.b.ints({16777217})}, {{"to", 1}});
  EXPECT_EQ(t.content(t.op("Cast", {many}, {{"to", 7}})), "[1]: 16777216");
  // Scales computed from sizes size a Resize.
  Value* sizes = t.op("Cast", {t.b.ints({10, 107})}, {{"to", 1}});
  Value* scales = t.op(
      "Concat", {t.b.floats("", {1}, {1}), t.op("Div", {sizes, f}), t.b.floats("", {1}, {1})}, {{"axis", 0}});
  Value* y = t.op("Resize", {x, nullptr, scales});
  EXPECT_EQ(to_string(y->type), "float[?,10,107,3]");
}

TEST(Follow, MovedElements) {
  FollowCase t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 4, 5});
  Value* s = t.op("Shape", {x});
  EXPECT_EQ(t.content(t.op("Unsqueeze", {s, t.b.ints({0})})), "[1,3]: n 4 5");
  EXPECT_EQ(t.content(t.op("Reshape", {s, t.b.ints({-1, 1})})), "[3,1]: n 4 5");
  EXPECT_EQ(t.content(t.op("Tile", {s, t.b.ints({2})})), "[6]: n 4 5 n 4 5");
  Value* wide = t.op("Expand", {s, t.b.ints({2, 1})});
  EXPECT_EQ(t.content(wide), "[2,3]: n 4 5 n 4 5");
  EXPECT_EQ(t.content(t.op("Gather", {wide, t.b.ints("", {}, {-1})}, {{"axis", 1}})), "[2]: 5 5");
  EXPECT_EQ(t.content(t.op("Concat", {wide, t.b.ints("", {2, 1}, {8, 9})}, {{"axis", 1}})),
            "[2,4]: n 4 5 8 n 4 5 9");
  EXPECT_EQ(t.content(t.op("Slice",
                           {wide, t.b.ints({1, 2}), t.b.ints({2, 0}), t.b.ints({0, 1}), t.b.ints({1, -1})})),
            "[1,2]: 5 4");
  EXPECT_EQ(t.content(t.op("ScatterND", {s, t.b.ints("", {2, 1}, {0, -1}), t.b.ints({11, 12})})),
            "[3]: 11 4 12");
  EXPECT_EQ(t.content(t.op("GatherND", {wide, t.b.ints("", {2, 2}, {0, 0, 1, 2})})), "[2]: n 5");
  EXPECT_EQ(t.content(t.op("Range", {t.b.ints("", {}, {7}), t.b.ints("", {}, {0}), t.b.ints("", {}, {-3})})),
            "[3]: 7 4 1");
  EXPECT_EQ(t.content(t.op("NonZero", {t.b.ints("", {2, 2}, {0, 3, 4, 0})})), "[2,2]: 0 1 1 0");
  auto parts = t.b.ops("Split", {s, t.b.ints({1, 2})}, 2, {{"axis", 0}});
  t.infer.node(*parts[0]->producer());
  EXPECT_EQ(t.content(parts[0]), "[1]: n");
  EXPECT_EQ(t.content(parts[1]), "[2]: 4 5");
  // An input that is not followed leaves only its own elements unknown.
  Value* y = t.b.input("y", DType::kI64, {1});
  EXPECT_EQ(t.content(t.op("Concat", {y, s}, {{"axis", 0}})), "[4]: ? n 4 5");
}

}  // namespace
}  // namespace jetline
