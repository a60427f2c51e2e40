#include "jetline/check/schema.h"

#include <gtest/gtest.h>

#include "jetline/base/testing.h"

namespace jetline::check {
namespace {

TEST(Schema, TheFormIsThatOfTheVersion) {
  ASSERT_TRUE(find_form("", "Softmax", 12));
  EXPECT_EQ(std::get<int64_t>(attribute_default(*find_form("", "Softmax", 12), "axis").value), 1);
  EXPECT_EQ(std::get<int64_t>(attribute_default(*find_form("", "Softmax", 13), "axis").value), -1);
  EXPECT_EQ(std::get<int64_t>(attribute_default(*find_form("", "Softmax", 0), "axis").value), -1);
  EXPECT_EQ(find_form("", "LayerNormalization", 16), nullptr);
  EXPECT_TRUE(find_form("", "LayerNormalization", 17));
  EXPECT_EQ(find_form("", "NoSuchOperator", 0), nullptr);
  EXPECT_TRUE(find_form("ai.onnx.ml", "TreeEnsemble", 0));
  EXPECT_EQ(find_form("", "TreeEnsemble", 0), nullptr);
}

TEST(Schema, DefaultsHaveTheirTypes) {
  const SchemaForm* resize = find_form("", "Resize", 18);
  ASSERT_TRUE(resize);
  EXPECT_EQ(std::get<std::string>(attribute_default(*resize, "mode").value), "nearest");
  EXPECT_DOUBLE_EQ(std::get<double>(attribute_default(*resize, "cubic_coeff_a").value), -0.75);
  EXPECT_TRUE(form_has_attribute(*resize, "axes"));  // without a default
  EXPECT_TRUE(std::holds_alternative<std::monostate>(attribute_default(*resize, "axes").value));
  EXPECT_FALSE(form_has_attribute(*resize, "axe"));
  EXPECT_FALSE(form_has_attribute(*find_form("", "Resize", 11), "antialias"));
}

TEST(Schema, RowsAreSortedAsTheSearchNeeds) {
  const auto all = schema_forms();
  ASSERT_GT(all.size(), 300u);
  for (size_t i = 1; i < all.size(); ++i) {
    const auto key = [](const SchemaForm& f) {
      return std::make_tuple(std::string(f.op), std::string(f.domain), f.since);
    };
    EXPECT_LT(key(all.begin()[i - 1]), key(all.begin()[i]));
  }
}

}  // namespace
}  // namespace jetline::check
