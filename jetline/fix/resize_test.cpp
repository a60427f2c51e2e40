// Resize in forms that releases do not read, equal before and after; and which node is left.
#include "jetline/fix/testing.h"

namespace jetline::fix {
namespace {

using testing::count;
using testing::expect_refused;
using testing::expect_same;
using testing::TestModel;

struct ResizeCase {
  std::vector<Dim> in;
  std::vector<float> scales;   // or
  std::vector<int64_t> sizes;  // of all axes
  std::vector<AttrArg> attributes;
};

std::unique_ptr<Model> resize_model(int64_t opset, const ResizeCase& c, std::vector<float> roi = {}) {
  TestModel m(opset);
  Value* x = m.b.input("x", DType::kF32, c.in);
  const auto n = static_cast<int64_t>(roi.size());
  Value* r = m.b.floats("roi", {n}, roi);
  Value* s =
      c.scales.empty() ? nullptr : m.b.floats("scales", {static_cast<int64_t>(c.scales.size())}, c.scales);
  Value* z = c.sizes.empty() ? nullptr : m.b.ints("sizes", {static_cast<int64_t>(c.sizes.size())}, c.sizes);
  if (!s) s = m.b.floats("none", {0}, {});
  m.output(m.b.op("Resize", {x, r, s, z}, c.attributes), "y");
  EXPECT_TRUE(m.b.status().ok());
  return std::move(m.model);
}

TEST(FixResize, NearestAsKerasWritesItBecomesTheUsualForm) {
  for (int64_t opset : {11, 13, 18}) {
    const auto m = resize_model(opset, {{1, 2, 3, 4},
                                        {1, 1, 2, 2},
                                        {},
                                        {{"mode", "nearest"},
                                         {"coordinate_transformation_mode", "tf_half_pixel_for_nn"},
                                         {"nearest_mode", "floor"}}});
    const auto r = expect_same(*m, "resize-coordinates", {}, 0);
    ASSERT_EQ(count(*r.model, "Resize"), 1);
    for (const auto& n : r.model->graph().nodes()) {
      EXPECT_EQ(n->string_or("coordinate_transformation_mode", ""), "asymmetric");
      EXPECT_EQ(n->string_or("nearest_mode", ""), "floor");
    }
  }
}

TEST(FixResize, NearestThatPicksOthersBecomesGather) {
  for (const char* transform : {"half_pixel", "align_corners", "tf_half_pixel_for_nn", "asymmetric"}) {
    for (const char* nearest : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}) {
      for (const std::vector<float>& scales : {std::vector<float>{1, 1, 1.5f, 2.6f}, {1, 1, 0.5f, 0.7f}}) {
        const auto m = resize_model(13, {{1, 2, 5, 6},
                                         scales,
                                         {},
                                         {{"mode", "nearest"},
                                          {"coordinate_transformation_mode", transform},
                                          {"nearest_mode", nearest}}});
        expect_same(*m, "resize-apart", {"Resize"}, 0);
      }
    }
  }
}

TEST(FixResize, LinearAndCubicByConstantWeights) {
  for (const char* mode : {"linear", "cubic"}) {
    for (const char* transform : {"half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"}) {
      const auto m = resize_model(
          13,
          {{1, 2, 5, 6}, {}, {1, 2, 7, 3}, {{"mode", mode}, {"coordinate_transformation_mode", transform}}});
      const bool cubic = std::string(mode) == "cubic";
      expect_same(*m, cubic ? "resize-cubic" : "resize-apart", {"Resize"});
    }
  }
  const auto m = resize_model(13, {{1, 2, 5, 6},
                                   {1, 1, 2, 2},
                                   {},
                                   {{"mode", "cubic"}, {"cubic_coeff_a", -0.5f}, {"exclude_outside", 1}}});
  expect_same(*m, "resize-cubic", {"Resize"});
}

TEST(FixResize, EveryAxis) {
  const auto m = resize_model(13, {{2, 3, 4, 5}, {}, {3, 5, 6, 7}, {{"mode", "linear"}}});
  expect_same(*m, "resize-apart", {"Resize"});
}

TEST(FixResize, PytorchHalfPixelIsHalfPixelUnlessOneIsLeft) {
  const ResizeCase base{{1, 2, 5, 6},
                        {},
                        {1, 2, 10, 9},
                        {{"mode", "linear"}, {"coordinate_transformation_mode", "pytorch_half_pixel"}}};
  const auto r = expect_same(*resize_model(13, base), "resize-coordinates", {}, 0);
  EXPECT_EQ(count(*r.model, "Resize"), 1);
  ResizeCase one = base;
  one.sizes = {1, 2, 1, 9};
  expect_same(*resize_model(13, one), "resize-coordinates", {"Resize"});
}

TEST(FixResize, AntialiasAxesAndPolicy) {
  for (const char* mode : {"linear", "cubic"}) {
    const auto m = resize_model(18, {{1, 2, 9, 8}, {}, {1, 2, 4, 3}, {{"mode", mode}, {"antialias", 1}}});
    expect_same(*m, "resize-antialias", {"Resize"});
  }
  const auto axes = resize_model(18, {{1, 2, 4, 5}, {}, {8, 10}, {{"mode", "linear"}, {"axes", {2, 3}}}});
  const auto r = expect_same(*axes, "resize-axes", {}, 1e-6);
  for (const auto& n : r.model->graph().nodes()) EXPECT_EQ(n->attribute("axes"), nullptr);
  const auto policy =
      resize_model(18, {{1, 2, 4, 8},
                        {},
                        {8, 12},
                        {{"mode", "linear"}, {"axes", {2, 3}}, {"keep_aspect_ratio_policy", "not_larger"}}});
  expect_same(*policy, "resize-axes", {}, 1e-6);
}

TEST(FixResize, SizesBecomeScales) {
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{1, 2, 7, 13}, {1, 2, 10, 12}, {1, 2, 3, 2}}) {
    for (const char* mode : {"nearest", "linear"}) {
      const auto m = resize_model(13, {{1, 2, 5, 6}, {}, sizes, {{"mode", mode}}});
      const auto r = expect_same(*m, "resize-to-scales", {}, 1e-6);
      for (const auto& n : r.model->graph().nodes()) EXPECT_EQ(n->input(3), nullptr);
    }
  }
}

TEST(FixResize, Crops) {
  for (const char* mode : {"linear", "nearest"}) {
    for (const std::vector<float>& roi :
         {std::vector<float>{0, 0, 0.1f, 0.2f, 1, 1, 0.9f, 0.7f}, {0, 0, -0.3f, 0.2f, 1, 1, 1.2f, 1.4f}}) {
      const auto m = resize_model(13,
                                  {{1, 2, 5, 6},
                                   {},
                                   {1, 2, 4, 8},
                                   {{"mode", mode},
                                    {"coordinate_transformation_mode", "tf_crop_and_resize"},
                                    {"extrapolation_value", 3.5f}}},
                                  roi);
      expect_same(*m, "resize-crop", {"Resize"});
    }
  }
}

TEST(FixResize, UpsampleAndOldResize) {
  TestModel m(9);
  Value* x = m.b.input("x", DType::kF32, {1, 2, 3, 4});
  m.output(m.b.op("Upsample", {x, m.b.floats("s", {4}, {1, 1, 2, 3})}, {{"mode", "linear"}}), "y");
  expect_same(*m.model, "resize-apart", {"Upsample"});
  TestModel old(10);
  Value* z = old.b.input("x", DType::kF32, {1, 2, 3, 4});
  old.output(old.b.op("Resize", {z, old.b.floats("s", {4}, {1, 1, 2, 3})}, {{"mode", "nearest"}}), "y");
  expect_same(*old.model, "resize-apart", {"Resize"}, 0);
}

TEST(FixResize, OpenSizesAreRefused) {
  const auto m = resize_model(13, {{1, 2, Dim::named("h"), 6}, {1, 1, 2, 2}, {}, {{"mode", "cubic"}}});
  expect_refused(*m, "resize-cubic", "sizes are not known");
}

}  // namespace
}  // namespace jetline::fix
