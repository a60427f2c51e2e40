// canonical-slice, canonical-resize.
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using testing::TestModel;

std::vector<std::vector<int64_t>> canonical_bounds_of(const Model& m) {
  std::vector<std::vector<int64_t>> out;
  for (const auto& n : m.graph().nodes()) {
    if (!n->is("Slice")) continue;
    for (size_t i = 1; i < n->inputs().size(); ++i) {
      out.emplace_back();
      EXPECT_TRUE(constant_ints(n->input(i), out.back()));
      EXPECT_EQ(n->input(i)->initializer()->dtype(), DType::kI64);
    }
  }
  return out;
}

TEST(CanonicalSlice, AxesInOrderAndBoundsInside) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {4, 5, 6});
  auto axes = Tensor::own(DType::kI32, {3}, {255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0});
  t.output(
      t.b.op("Slice", {x, t.b.ints({1, -3, 0}), t.b.ints({INT64_MAX, -1, 100}), t.b.tensor("axes", *axes)}),
      "y");
  using Lists = std::vector<std::vector<int64_t>>;
  EXPECT_EQ(canonical_bounds_of(*testing::optimized_copy(*t.model)), (Lists{{1, 1}, {3, 6}, {0, 2}}));
}

TEST(CanonicalSlice, NegativeSteps) {
  for (const int64_t start : {-100, -6, -2, 0, 3, 5, 100}) {
    for (const int64_t end : {-100, -6, -5, -1, 0, 2, 100}) {
      for (const int64_t step : {-1, -2, 1, 3}) {
        TestModel t;
        Value* x = t.b.input("x", DType::kF32, {5, 2});
        t.output(t.b.op("Slice", {x, t.b.ints({start}), t.b.ints({end}), t.b.ints({0}), t.b.ints({step})}),
                 "y");
        SCOPED_TRACE(std::to_string(start) + ":" + std::to_string(end) + ":" + std::to_string(step));
        const auto m = testing::optimized_copy(*t.model, testing::only({"canonical-slice"}), 0);
        for (const auto& list : canonical_bounds_of(*m)) {
          for (int64_t v : list) EXPECT_TRUE(std::abs(v) <= 6 || (step < 0 && start < -5)) << v;
        }
      }
    }
  }
}

TEST(CanonicalSlice, OpenDimensionsKeepTheirEndsWithinInt32) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3});
  t.output(
      t.b.op("Slice", {x, t.b.ints({-1, 0}), t.b.ints({INT64_MIN, 9}), t.b.ints({0, 1}), t.b.ints({-1, 1})}),
      "y");
  using Lists = std::vector<std::vector<int64_t>>;
  EXPECT_EQ(canonical_bounds_of(*testing::optimized_copy(*t.model)), (Lists{{-1}, {-INT32_MAX}, {0}, {-1}}));
}

TEST(CanonicalSlice, EqualCutsBecomeOne) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {4, 6});
  t.output(t.b.op("Slice", {x, t.b.ints({1}), t.b.ints({INT32_MAX}), t.b.ints({-1})}), "a");
  Value* b = t.b.op("Slice", {x, t.b.ints({0, -5}), t.b.ints({4, INT64_MAX})});
  t.output(t.b.op("Neg", {b}), "b");
  EXPECT_EQ(testing::count(*testing::optimized_copy(*t.model), "Slice"), 1);
}

Value* canonical_resize(TestModel& t, Value* x, Value* scales, Value* sizes,
                        const std::vector<AttrArg>& attributes) {
  std::vector<Value*> in = {x, t.b.floats("", {0}, {}), scales ? scales : t.b.floats("", {0}, {})};
  if (sizes) in.push_back(sizes);
  return t.b.op("Resize", in, attributes);
}

const Node* canonical_only_resize(const Model& m) {
  const Node* found = nullptr;
  for (const auto& n : m.graph().nodes()) {
    if (n->is("Resize")) found = n.get();
  }
  return found;
}

// A decoder that asks for sizes [N, C, 2H, 2W] computed from its own shape: the batch stays open.
TEST(CanonicalResize, ComputedSizesBecomeScales) {
  for (const int64_t opset : {11, 13, 17, 19}) {
    TestModel t(opset);
    Value* x = t.b.input("x", DType::kF32, {Dim::named("n"), 3, 4, 5});
    Value* lead = t.b.op("Slice", {t.b.op("Shape", {x}), t.b.ints({0}), t.b.ints({2}), t.b.ints({0})});
    Value* sizes = t.b.op("Concat", {lead, t.b.ints({8, 15})}, {{"axis", 0}});
    t.output(canonical_resize(t, x, nullptr, sizes, {{"mode", "linear"}, {"nearest_mode", "floor"}}), "y");
    const auto m = testing::optimized_copy(*t.model, {}, 0);
    EXPECT_EQ(count_nodes(*m), 1);
    const Node* n = canonical_only_resize(*m);
    ASSERT_TRUE(n && constant_of(n->input(2)));
    EXPECT_EQ(n->inputs().size(), 3u);
    EXPECT_EQ(n->attribute("nearest_mode"), nullptr);
  }
}

TEST(CanonicalResize, OtherRatiosKeepTheirSizes) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 1, 3, 7});
  t.output(canonical_resize(t, x, nullptr, t.b.ints({1, 1, 7, 3}), {{"mode", "linear"}}), "y");
  t.output(canonical_resize(t, x, nullptr, t.b.ints({1, 1, 6, 14}), {{"mode", "linear"}}), "z");
  int by_size = 0;
  const auto m = testing::optimized_copy(*t.model, {}, 0);
  for (const auto& n : m->graph().nodes()) by_size += n->input(3) != nullptr;
  EXPECT_EQ(by_size, 1);
}

TEST(CanonicalResize, NearestSamplesOfWholeMultiples) {
  struct Mode {
    const char *where, *rounding;
    bool rewritten;
  };
  const Mode kModes[] = {{"half_pixel", "round_prefer_floor", true},
                         {"half_pixel", "round_prefer_ceil", true},
                         {"half_pixel", "floor", false},
                         {"half_pixel", "ceil", false},
                         {"tf_half_pixel_for_nn", "floor", true},
                         {"tf_half_pixel_for_nn", "ceil", false},
                         {"asymmetric", "floor", true},
                         {"asymmetric", "ceil", false},
                         {"pytorch_half_pixel", "round_prefer_floor", true},
                         {"align_corners", "floor", false}};
  for (const Mode& mode : kModes) {
    for (int64_t k = 1; k <= 9; ++k) {
      SCOPED_TRACE(std::string(mode.where) + " " + mode.rounding + " " + std::to_string(k));
      TestModel t;
      Value* x = t.b.input("x", DType::kF32, {1, 2, 5, 3});
      const float scale = static_cast<float>(k);
      t.output(
          canonical_resize(t, x, t.b.floats("", {4}, {1, 1, scale, 2}), nullptr,
                           {{"coordinate_transformation_mode", mode.where}, {"nearest_mode", mode.rounding}}),
          "y");
      const auto m = testing::optimized_copy(*t.model, {}, 0);
      const Node* n = canonical_only_resize(*m);
      ASSERT_TRUE(n);
      const bool plain = n->string_or("coordinate_transformation_mode", "") == "asymmetric" &&
                         n->string_or("nearest_mode", "") == "floor";
      EXPECT_EQ(plain, mode.rewritten);
    }
  }
}

TEST(CanonicalResize, LinearModesThatAreHalfPixel) {
  for (const bool single : {false, true}) {
    TestModel t;
    Value* x = t.b.input("x", DType::kF32, {1, 2, 5, 3});
    Value* y =
        canonical_resize(t, x, nullptr, t.b.ints({1, 2, single ? 1 : 7, 4}),
                         {{"mode", "linear"}, {"coordinate_transformation_mode", "pytorch_half_pixel"}});
    t.output(y, "y");
    const auto m = testing::optimized_copy(*t.model, {}, 0);
    EXPECT_EQ(canonical_only_resize(*m)->string_or("coordinate_transformation_mode", ""),
              single ? "pytorch_half_pixel" : "half_pixel");
  }
}

TEST(CanonicalResize, ARegionThatIsReadStays) {
  TestModel t;
  Value* x = t.b.input("x", DType::kF32, {1, 1, 4, 4});
  Value* region = t.b.floats("", {8}, {0, 0, 0.2f, 0.1f, 1, 1, 0.9f, 0.8f});
  for (const char* where : {"tf_crop_and_resize", "half_pixel"}) {
    Value* y = t.b.op(
        "Resize", {x, region, t.b.floats("", {4}, {1, 1, 2, 2})},
        {{"mode", "linear"}, {"coordinate_transformation_mode", where}, {"extrapolation_value", 3.0f}});
    t.output(y, where);
  }
  const auto m = testing::optimized_copy(*t.model, {}, 0);
  int with_region = 0, with_value = 0;
  for (const auto& n : m->graph().nodes()) {
    with_region += n->input(1) != nullptr;
    with_value += n->attribute("extrapolation_value") != nullptr;
  }
  EXPECT_EQ(with_region, 1);
  EXPECT_EQ(with_value, 1);
}

}  // namespace
}  // namespace jetline::passes
