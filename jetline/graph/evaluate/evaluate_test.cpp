// Results that can be checked by hand, and what is refused. The node tests of onnx are in
// node_cases_test.cpp.
#include "jetline/graph/evaluate/evaluate_testing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "jetline/graph/testing.h"

namespace jetline {
namespace {

using testing::bytes_of;
using testing::evaluate_op;
using testing::floats;
using testing::ints;
using testing::shown;

TEST(Evaluate, MovesElementsOfEveryWidth) {
  EXPECT_EQ(shown(evaluate_op("Transpose", {ints({2, 3}, {1, 2, 3, 4, 5, 6})})), "int64[3,2] 1 4 2 5 3 6");
  EXPECT_EQ(
      shown(evaluate_op("Transpose", {bytes_of(DType::kU8, {2, 3}, {1, 2, 3, 4, 5, 6})}, {{"perm", {1, 0}}})),
      "uint8[3,2] 1 4 2 5 3 6");
  // Two int4 a byte, low bits first.
  EXPECT_EQ(shown(evaluate_op("Transpose", {bytes_of(DType::kI4, {3, 1}, {0x21, 0x0f})}, {{"perm", {1, 0}}})),
            "int4[1,3] 1 2 -1");
  const Tensor words = Tensor::of_strings({2, 2}, {"a", "b", "c", "d"}).value();
  EXPECT_EQ(shown(evaluate_op("Transpose", {words})), "string[2,2] a c b d");
  EXPECT_EQ(shown(evaluate_op("Gather", {words, ints({1}, {-1})}, {{"axis", 1}})), "string[2,1] b d");
}

// Every permutation of four axes against the definition, with sizes on both sides of a block.
TEST(Evaluate, TransposesAsDefined) {
  const std::vector<int64_t> dims = {3, 40, 2, 37};
  std::vector<int64_t> perm = {0, 1, 2, 3}, values(3 * 40 * 2 * 37);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i);
  const Tensor x = ints(dims, values);
  do {
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto y, evaluate_op("Transpose", {x}, {{"perm", perm}}));
    const Tensor& t = y[0];
    const int64_t strides[4] = {40 * 2 * 37, 2 * 37, 37, 1};
    int64_t at = 0, wrong = 0;
    for (int64_t a = 0; a < t.dims()[0]; ++a) {
      for (int64_t b = 0; b < t.dims()[1]; ++b) {
        for (int64_t c = 0; c < t.dims()[2]; ++c) {
          for (int64_t d = 0; d < t.dims()[3]; ++d) {
            const int64_t index[4] = {a, b, c, d};
            int64_t from = 0;
            for (size_t k = 0; k < 4; ++k) from += index[k] * strides[perm[k]];
            wrong += t.at<int64_t>(at++) != from;
          }
        }
      }
    }
    EXPECT_EQ(wrong, 0);
  } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST(Evaluate, ShapesAreComputed) {
  const Tensor x = floats({2, 3}, {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(shown(evaluate_op("Shape", {x})), "int64[2] 2 3");
  EXPECT_EQ(shown(evaluate_op("Shape", {x}, {{"start", -1}})), "int64[1] 3");
  EXPECT_EQ(shown(evaluate_op("Size", {x})), "int64[] 6");
  EXPECT_EQ(shown(evaluate_op("Reshape", {x, ints({2}, {0, -1})})), "float[2,3] 0 1 2 3 4 5");
  EXPECT_EQ(shown(evaluate_op("Unsqueeze", {x, ints({1}, {-1})})), "float[2,3,1] 0 1 2 3 4 5");
  EXPECT_EQ(shown(evaluate_op("Squeeze", {floats({1, 2, 1}, {7, 8})}, {}, 18)), "float[2] 7 8");
  EXPECT_EQ(shown(evaluate_op("Squeeze", {floats({1, 2, 1}, {7, 8})}, {{"axes", {0}}}, 11)),
            "float[2,1] 7 8");
  EXPECT_EQ(shown(evaluate_op("Reshape", {x, ints({1}, {4})})), "graph.evaluate-input");
}

TEST(Evaluate, SlicesForwardsAndBackwards) {
  const Tensor x = ints({5}, {0, 1, 2, 3, 4});
  const auto slice = [&](int64_t start, int64_t end, int64_t step) {
    return shown(
        evaluate_op("Slice", {x, ints({1}, {start}), ints({1}, {end}), ints({1}, {0}), ints({1}, {step})}));
  };
  EXPECT_EQ(slice(1, 4, 2), "int64[2] 1 3");
  EXPECT_EQ(slice(-1, INT64_MIN, -1), "int64[5] 4 3 2 1 0");
  EXPECT_EQ(slice(3, INT64_MAX, 1), "int64[2] 3 4");
  EXPECT_EQ(slice(4, 1, 1), "int64[0]");
  EXPECT_EQ(slice(0, 5, INT64_MAX), "int64[1] 0");
  EXPECT_EQ(slice(4, INT64_MIN, INT64_MIN), "int64[1] 4");
  EXPECT_EQ(slice(0, 5, 0), "graph.evaluate-input");
}

TEST(Evaluate, ArithmeticBroadcastsAndWraps) {
  EXPECT_EQ(shown(evaluate_op("Add", {floats({2, 1}, {1, 2}), floats({3}, {10, 20, 30})})),
            "float[2,3] 11 21 31 12 22 32");
  EXPECT_EQ(shown(evaluate_op("Sub", {bytes_of(DType::kU8, {1}, {1}), bytes_of(DType::kU8, {1}, {2})})),
            "uint8[1] 255");
  EXPECT_EQ(shown(evaluate_op("Div", {ints({2}, {-7, 7}), ints({}, {2})})), "int64[2] -3 3");
  EXPECT_EQ(shown(evaluate_op("Div", {ints({1}, {INT64_MIN}), ints({1}, {-1})})), "int64[1] -9.22337e+18");
  EXPECT_EQ(shown(evaluate_op("Div", {ints({1}, {1}), ints({1}, {0})})), "graph.evaluate-input");
  EXPECT_EQ(shown(evaluate_op("Mod", {ints({2}, {-7, 7}), ints({2}, {3, -3})})), "int64[2] 2 -2");
  EXPECT_EQ(shown(evaluate_op("Pow", {floats({2}, {2, 3}), ints({}, {3})})), "float[2] 8 27");
  EXPECT_EQ(shown(evaluate_op("Max", {ints({2}, {1, 5}), ints({2}, {4, 2}), ints({}, {3})})), "int64[2] 4 5");
  EXPECT_EQ(shown(evaluate_op("Add", {ints({2}, {1, 2}), floats({2}, {1, 2})})), "graph.evaluate-input");
  // float arithmetic, not double: 2^24 + 1 is 2^24.
  EXPECT_EQ(shown(evaluate_op("Add", {floats({1}, {16777216}), floats({1}, {1})})), "float[1] 1.67772e+07");
}

// Before opset 7: `axis` says where the second operand stands.
TEST(Evaluate, OldBroadcasting) {
  const Tensor x = floats({1, 2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(shown(evaluate_op("Add", {x, floats({2}, {10, 20})}, {{"broadcast", 1}, {"axis", 1}}, 6)),
            "float[1,2,2] 11 12 23 24");
  EXPECT_EQ(shown(evaluate_op("Add", {x, floats({2}, {10, 20})}, {{"broadcast", 1}}, 6)),
            "float[1,2,2] 11 22 13 24");
  EXPECT_EQ(shown(evaluate_op("PRelu", {floats({1, 2, 2}, {-1, 2, -3, -4}), floats({2}, {10, 20})}, {}, 6)),
            "float[1,2,2] -10 2 -60 -80");
}

// A value that nothing gives is an error, not a left-out input.
TEST(Evaluate, UnknownValuesAreRefused) {
  Model model;
  model.set_opset("", 18);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {1});
  b.output(b.op("Clip", {x, b.input("low", DType::kF32, {})}), "y", DType::kF32, {1});
  EXPECT_EQ(shown(evaluate_graph(model.graph(), {{x, floats({1}, {-1})}})), "graph.evaluate-input");
  EXPECT_EQ(shown(evaluate_graph(model.graph(),
                                 {{x, floats({1}, {-1})}, {model.graph().find("low"), floats({}, {0})}})),
            "float[1] 0");
}

// Without elements, yet with dimensions whose product overflows.
TEST(Evaluate, DegenerateShapesAreRefused) {
  const int64_t huge = int64_t{1} << 40;
  const Tensor x = floats({0, huge, huge}, {});
  EXPECT_EQ(shown(evaluate_op("Flatten", {x}, {{"axis", 2}})), "graph.evaluate-too-large");
  EXPECT_EQ(shown(evaluate_op("Concat", {x, x}, {{"axis", 0}})), "graph.evaluate-too-large");
  EXPECT_EQ(shown(evaluate_op("LayerNormalization", {floats({huge, 0}, {}), floats({0}, {})})),
            "graph.evaluate-too-large");
  EXPECT_EQ(shown(evaluate_op("Transpose", {floats({0, 3}, {})})), "float[3,0]");
}

TEST(Evaluate, CastsBetweenTypes) {
  const auto cast = [](const Tensor& x, DType to) {
    return shown(evaluate_op("Cast", {x}, {{"to", static_cast<int64_t>(to)}}, 21));
  };
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(cast(floats({4}, {1.9f, -1.9f, 0, 300}), DType::kI32), "int32[4] 1 -1 0 300");
  EXPECT_EQ(cast(floats({3}, {inf, -inf, NAN}), DType::kI32), "int32[3] 2.14748e+09 -2.14748e+09 0");
  EXPECT_EQ(cast(floats({3}, {0.5f, 0, NAN}), DType::kBool), "bool[3] 1 0 1");
  EXPECT_EQ(cast(ints({2}, {-1, 256}), DType::kU8), "uint8[2] 255 0");
  EXPECT_EQ(cast(floats({5}, {1, 65504, 65520, 5.9604645e-8f, 1e-9f}), DType::kF16),
            "float16[5] 1 65504 inf 5.96046e-08 0");
  EXPECT_EQ(cast(floats({2}, {1.00390625f, 1.01171875f}), DType::kBF16),
            "bfloat16[2] 1 1.01562");  // ties to even
  EXPECT_EQ(cast(floats({2}, {0.1f, 1e10f}), DType::kString), "string[2] 0.1 1e+10");
  EXPECT_EQ(cast(Tensor::of_strings({2}, {"-7", "1.5"}).value(), DType::kF32), "float[2] -7 1.5");
  EXPECT_EQ(cast(Tensor::of_strings({1}, {"x"}).value(), DType::kF32), "graph.evaluate-input");
  EXPECT_EQ(cast(floats({1}, {1}), DType::kC64), "graph.evaluate-unsupported");
}

// Every float16 and 8-bit float goes to float and comes back as it was.
TEST(Evaluate, SmallFloatsRoundTrip) {
  for (DType t : {DType::kF16, DType::kBF16, DType::kF8E4M3FN, DType::kF8E4M3FNUZ, DType::kF8E5M2,
                  DType::kF8E5M2FNUZ, DType::kF8E8M0}) {
    const int64_t n = int64_t{1} << dtype_bits(t);
    std::vector<uint8_t> bytes;
    for (int64_t i = 0; i < n; ++i) {
      bytes.push_back(static_cast<uint8_t>(i));
      if (dtype_bits(t) == 16) bytes.push_back(static_cast<uint8_t>(i >> 8));
    }
    const Tensor x = bytes_of(t, {n}, bytes);
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto wide,
                                 evaluate_op("Cast", {x}, {{"to", static_cast<int64_t>(DType::kF32)}}, 24));
    JETLINE_ASSERT_OK_AND_ASSIGN(
        const auto back,
        evaluate_op("Cast", {wide[0]}, {{"to", static_cast<int64_t>(t)}, {"saturate", 0}}, 24));
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; ++i) {
      const size_t width = static_cast<size_t>(dtype_bits(t)) / 8;
      const bool same = std::equal(x.bytes().begin() + i * width, x.bytes().begin() + (i + 1) * width,
                                   back[0].bytes().begin() + i * width);
      wrong += !same && !std::isnan(wide[0].at<float>(i));
    }
    EXPECT_EQ(wrong, 0) << dtype_name(t);
  }
}

TEST(Evaluate, Reduces) {
  const Tensor x = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(shown(evaluate_op("ReduceSum", {x, ints({1}, {1})})), "float[2,1] 6 15");
  EXPECT_EQ(shown(evaluate_op("ReduceSum", {x}, {{"axes", {0}}, {"keepdims", 0}}, 11)), "float[3] 5 7 9");
  EXPECT_EQ(shown(evaluate_op("ReduceMean", {x})), "float[1,1] 3.5");
  EXPECT_EQ(shown(evaluate_op("ReduceMax", {x, ints({1}, {-1})}, {{"keepdims", 0}})), "float[2] 3 6");
  EXPECT_EQ(shown(evaluate_op("ReduceProd", {ints({3}, {2, 3, 7})}, {{"keepdims", 0}})), "int64[] 42");
  EXPECT_EQ(shown(evaluate_op("ReduceMin", {bytes_of(DType::kI8, {0}, {})}, {{"keepdims", 0}})),
            "int8[] 127");
  EXPECT_EQ(shown(evaluate_op("ArgMax", {x}, {{"axis", 1}, {"keepdims", 0}})), "int64[2] 2 2");
  EXPECT_EQ(shown(evaluate_op("CumSum", {ints({3}, {1, 2, 3}), ints({}, {0})}, {{"reverse", 1}})),
            "int64[3] 6 5 3");
}

TEST(Evaluate, Selects) {
  const auto top = evaluate_op("TopK", {floats({4}, {3, 9, 1, 9}), ints({1}, {3})}, {}, 18, 2);
  EXPECT_EQ(shown(top, 0), "float[3] 9 9 3");
  EXPECT_EQ(shown(top, 1), "int64[3] 1 3 0");
  EXPECT_EQ(shown(evaluate_op("NonZero", {ints({2, 2}, {0, 5, 7, 0})})), "int64[2,2] 0 1 1 0");
  EXPECT_EQ(
      shown(evaluate_op("Where", {bytes_of(DType::kBool, {2}, {1, 0}), ints({2}, {1, 2}), ints({}, {9})})),
      "int64[2] 1 9");
  EXPECT_EQ(shown(evaluate_op("ScatterND", {ints({3}, {0, 0, 0}), ints({2, 1}, {2, 2}), ints({2}, {4, 5})},
                              {{"reduction", "add"}})),
            "int64[3] 0 0 9");
  EXPECT_EQ(shown(evaluate_op("Range", {ints({}, {5}), ints({}, {0}), ints({}, {-2})})), "int64[3] 5 3 1");
  EXPECT_EQ(shown(evaluate_op("Split", {ints({5}, {0, 1, 2, 3, 4})}, {}, 18, 2), 1), "int64[2] 3 4");
  EXPECT_EQ(shown(evaluate_op("Gather", {ints({2}, {1, 2}), ints({}, {2})})), "graph.evaluate-input");
}

TEST(Evaluate, NetworksLayers) {
  const Tensor x = floats({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(shown(evaluate_op("Conv", {x, floats({1, 1, 2, 2}, {1, 0, 0, 1}), floats({1}, {100})})),
            "float[1,1,2,2] 106 108 112 114");
  EXPECT_EQ(shown(evaluate_op("MaxPool", {x}, {{"kernel_shape", {2, 2}}})), "float[1,1,2,2] 5 6 8 9");
  EXPECT_EQ(shown(evaluate_op("AveragePool", {x}, {{"kernel_shape", {2, 2}}, {"pads", {1, 1, 0, 0}}})),
            "float[1,1,3,3] 1 1.5 2.5 2.5 3 4 5.5 6 7");
  EXPECT_EQ(shown(evaluate_op("MatMul", {floats({1, 2}, {3, 4}), floats({2, 1}, {5, 6})})), "float[1,1] 39");
  EXPECT_EQ(shown(evaluate_op("Gemm", {floats({2, 1}, {1, 2}), floats({2, 2}, {1, 2, 3, 4}), floats({}, {1})},
                              {{"transA", 1}})),
            "float[1,2] 8 11");
  EXPECT_EQ(shown(evaluate_op("Softmax", {floats({2}, {0, 0})})), "float[2] 0.5 0.5");
  EXPECT_EQ(shown(evaluate_op("Resize", {x, Tensor(), floats({4}, {1, 1, 2, 1})},
                              {{"mode", "nearest"},
                               {"coordinate_transformation_mode", "asymmetric"},
                               {"nearest_mode", "floor"}})),
            "float[1,1,6,3] 1 2 3 1 2 3 4 5 6 4 5 6 7 8 9 7 8 9");
  EXPECT_EQ(shown(evaluate_op("Einsum", {floats({2, 2}, {1, 2, 3, 4})}, {{"equation", "ii->"}})),
            "float[] 5");
}

TEST(Evaluate, QuantisedNumbers) {
  EXPECT_EQ(shown(evaluate_op("QuantizeLinear", {floats({4}, {0.5f, 1.5f, -3, 999}), floats({}, {1}),
                                                 bytes_of(DType::kU8, {}, {2})})),
            "uint8[4] 2 4 0 255");
  EXPECT_EQ(
      shown(evaluate_op("DequantizeLinear",
                        {bytes_of(DType::kI8, {2, 2}, {1, 2, 3, 4}), floats({2}, {1, 10})}, {{"axis", 0}})),
      "float[2,2] 1 2 30 40");
}

// x + x or x * x with x from outside.
TEST(Evaluate, GraphsWithBranches) {
  auto model = testing::branching_model();
  const Graph& g = model->graph();
  for (const bool flag : {true, false}) {
    const auto r =
        evaluate_graph(g, {{g.find("x"), floats({2}, {3, -4})},
                           {g.find("flag"), bytes_of(DType::kBool, {}, {static_cast<uint8_t>(flag)})}});
    EXPECT_EQ(shown(r), flag ? "float[2] -6 8" : "float[2] 9 16");
  }
}

// A function of the model whose body refers to an attribute of its caller; and one that calls itself.
TEST(Evaluate, FunctionsOfTheModel) {
  Model model;
  model.set_opset("", 18);
  model.set_opset("my", 1);
  auto f = std::make_unique<ModelFunction>();
  f->domain = "my";
  f->name = "Leaky";
  f->attribute_defaults.emplace_back("slope", 0.5f);
  f->opsets = {{"", 18, ""}};
  f->body = std::make_unique<Graph>(&model);
  Node* relu = f->body->add_node("LeakyRelu", {f->body->add_input("a")});
  relu->set_attribute(Attribute::reference("alpha", "slope", Attribute::Kind::kFloat));
  f->body->add_output(relu->add_output("b"));
  model.functions.push_back(std::move(f));
  auto endless = std::make_unique<ModelFunction>();
  endless->domain = "my";
  endless->name = "Endless";
  endless->opsets = {{"", 18, ""}, {"my", 1, ""}};
  endless->body = std::make_unique<Graph>(&model);
  Node* again = endless->body->add_node("Endless", {endless->body->add_input("a")}, nullptr, "my");
  endless->body->add_output(again->add_output("b"));
  model.functions.push_back(std::move(endless));
  GraphBuilder b(model.graph());
  Value* x = b.tensor("x", floats({2}, {-8, 8}));
  b.output(b.op("Leaky", {x}, {}, "", "my"), "y", DType::kF32, {2});
  b.output(b.op("Leaky", {x}, {{"slope", 0.25f}}, "", "my"), "z", DType::kF32, {2});
  const auto r = evaluate_graph(model.graph(), {});
  EXPECT_EQ(shown(r, 0), "float[2] -4 8");
  EXPECT_EQ(shown(r, 1), "float[2] -2 8");
  b.output(b.op("Endless", {x}, {}, "", "my"), "w", DType::kF32, {2});
  EXPECT_TRUE(can_evaluate(*model.graph().outputs()[2]->producer()));
  EXPECT_EQ(shown(evaluate_graph(model.graph(), {})), "graph.evaluate-too-large");
}

// A third of three samples is one, and seven tenths of ten are seven: products in float.
TEST(Evaluate, ResizesInFloat) {
  const auto resize = [](int64_t n, float scale) {
    std::vector<float> v;
    for (int64_t i = 0; i < n; ++i) v.push_back(static_cast<float>(i));
    return shown(evaluate_op(
        "Resize", {floats({n}, v), Tensor(), floats({1}, {scale})},
        {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}}));
  };
  EXPECT_EQ(resize(9, 1.0f / 3), "float[3] 0 3 6");
  EXPECT_EQ(resize(10, 0.7f), "float[7] 0 1 2 4 5 7 8");
}

// Loop with the body v, s -> v + 1, v * v: carried value and scan output.
std::unique_ptr<Model> looping_model(int64_t trips) {
  auto model = std::make_unique<Model>();
  model->set_opset("", 18);
  GraphBuilder b(model->graph());
  Node* loop = model->graph().add_node(
      "Loop", {b.tensor("trips", ints({}, {trips})), nullptr, b.tensor("start", ints({}, {1}))});
  auto body = std::make_unique<Graph>(model.get(), loop);
  GraphBuilder inner(*body);
  inner.input("i", DType::kI64, {});
  Value* go = inner.input("go", DType::kBool, {});
  Value* v = inner.input("v", DType::kI64, {});
  inner.output(inner.op("Identity", {go}), "still", DType::kBool, {});
  inner.output(inner.op("Add", {v, inner.tensor("one", ints({}, {1}))}), "next", DType::kI64, {});
  inner.output(inner.op("Mul", {v, v}), "square", DType::kI64, {});
  loop->set_attribute(Attribute("body", std::move(body)));
  model->graph().add_output(loop->add_output("last"));
  model->graph().add_output(loop->add_output("squares"));
  return model;
}

TEST(Evaluate, LoopsCarryAndCollect) {
  const auto model = looping_model(3);
  const auto r = evaluate_graph(model->graph(), {});
  EXPECT_EQ(shown(r, 0), "int64[] 4");
  EXPECT_EQ(shown(r, 1), "int64[3] 1 4 9");
  EXPECT_EQ(shown(evaluate_graph(looping_model(0)->graph(), {}), 1), "int64[0]");
}

TEST(Evaluate, LimitsAreKept) {
  EvaluateOptions small;
  small.max_output_bytes = 1000;
  const auto id = [&](const std::string& op, const std::vector<Tensor>& inputs,
                      const std::vector<AttrArg>& attributes = {}) {
    return shown(evaluate_op(op, inputs, attributes, 18, 1, small));
  };
  const Tensor huge = ints({3}, {int64_t{1} << 40, int64_t{1} << 40, int64_t{1} << 40});
  EXPECT_EQ(id("ConstantOfShape", {huge}), "graph.evaluate-too-large");
  EXPECT_EQ(
      id("ConstantOfShape", {ints({1}, {126})}), "float[126]" + [] {
        std::string zeros;
        for (int i = 0; i < 126; ++i) zeros += " 0";
        return zeros;
      }());
  EXPECT_EQ(id("ConstantOfShape", {ints({1}, {-1})}), "graph.evaluate-input");
  EXPECT_EQ(id("Expand", {ints({1}, {1}), huge}), "graph.evaluate-too-large");
  EXPECT_EQ(id("Tile", {ints({1}, {1}), ints({1}, {INT64_MAX})}), "graph.evaluate-too-large");
  EXPECT_EQ(id("Range", {ints({}, {0}), ints({}, {INT64_MAX}), ints({}, {1})}), "graph.evaluate-too-large");
  EXPECT_EQ(id("Pad", {ints({1}, {1}), ints({2}, {1 << 30, 1 << 30})}), "graph.evaluate-too-large");
  EXPECT_EQ(id("OneHot", {ints({1}, {1}), ints({}, {int64_t{1} << 50}), ints({2}, {0, 1})}),
            "graph.evaluate-too-large");
  EXPECT_EQ(id("Resize", {floats({1}, {1}), Tensor(), floats({1}, {1e9f})}), "graph.evaluate-too-large");
  EXPECT_EQ(id("MaxPool", {floats({1, 1, 1}, {1})}, {{"kernel_shape", {INT64_MAX}}}), "graph.evaluate-input");
  // A loop that never ends is stopped by the work it does.
  small.max_work = 10000;
  EXPECT_EQ(shown(evaluate_graph(looping_model(INT64_MAX)->graph(), {}, small)), "graph.evaluate-too-large");
}

TEST(Evaluate, SaysWhatItCannot) {
  Model model;
  model.set_opset("", 18);
  GraphBuilder b(model.graph());
  Value* x = b.input("x", DType::kF32, {1});
  EXPECT_FALSE(can_evaluate(*b.op("RandomNormalLike", {x})->producer()));
  EXPECT_FALSE(can_evaluate(*b.op("Add", {x, x}, {}, "", "other.domain")->producer()));
  EXPECT_TRUE(can_evaluate(*b.op("Add", {x, x})->producer()));
  EXPECT_EQ(shown(evaluate_op("RandomNormalLike", {floats({1}, {1})})), "graph.evaluate-unsupported");
  EXPECT_EQ(shown(evaluate_op("Relu", {Tensor()})), "graph.evaluate-input");
  EXPECT_EQ(shown(evaluate_op("Floor", {ints({1}, {1})})), "graph.evaluate-unsupported");
}

}  // namespace
}  // namespace jetline
