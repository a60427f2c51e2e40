#include "jetline/base/json_depth.h"

#include <gtest/gtest.h>

#include <string>

namespace jetline {
namespace {

TEST(JsonDepth, CountsBracketsOutsideOfStrings) {
  EXPECT_FALSE(json_nests_deeper("{\"a\": [1, [2]], \"b\": {}}", 3));
  EXPECT_TRUE(json_nests_deeper("{\"a\": [1, [2]], \"b\": {}}", 2));
  EXPECT_FALSE(json_nests_deeper("[\"[[[\\\"[[\"]", 1));
  EXPECT_FALSE(json_nests_deeper("[][][][]", 1));
  EXPECT_TRUE(json_nests_deeper(std::string(100000, '['), 32));
  EXPECT_FALSE(json_nests_deeper("\"open\\", 0));
}

}  // namespace
}  // namespace jetline
