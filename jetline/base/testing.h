// Helpers shared by tests; never included by library code.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "jetline/base/files.h"
#include "jetline/base/status.h"

namespace jetline::testing {

// Folder with real models and data sets that are not part of the project; JETLINE_TEST_DATA overrides.
inline std::string test_data_root() {
  const char* e = std::getenv("JETLINE_TEST_DATA");
  return e ? e : std::string(JETLINE_SOURCE_DIR) + "/../shared/data";
}
inline std::string source_path(const std::string& relative) { return std::string(JETLINE_SOURCE_DIR) + "/" + relative; }

}  // namespace jetline::testing

// Skips the test with a notice unless the real file is there; every such test has a twin that needs no data.
#define JETLINE_REQUIRE_TEST_DATA(variable, relative)                                            \
  const std::string variable = ::jetline::testing::test_data_root() + "/" + (relative);          \
  if (!::jetline::file_exists(variable)) GTEST_SKIP() << "notice: needs test data " << (relative) \
                                                      << " (set JETLINE_TEST_DATA)"

#define JETLINE_EXPECT_OK(expr)                                       \
  do {                                                                \
    const ::jetline::Status jetline_s_ = (expr);                      \
    EXPECT_TRUE(jetline_s_.ok()) << jetline_s_.to_string();           \
  } while (false)
#define JETLINE_ASSERT_OK(expr)                                       \
  do {                                                                \
    const ::jetline::Status jetline_s_ = (expr);                      \
    ASSERT_TRUE(jetline_s_.ok()) << jetline_s_.to_string();           \
  } while (false)
// `auto x` from a Result, or the test fails.
#define JETLINE_ASSERT_OK_AND_ASSIGN(lhs, expr) \
  JETLINE_ASSERT_OK_AND_ASSIGN_IMPL(JETLINE_CONCAT(jetline_test_result_, __LINE__), lhs, expr)
#define JETLINE_ASSERT_OK_AND_ASSIGN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                                      \
  ASSERT_TRUE(tmp.ok()) << tmp.status().to_string();      \
  lhs = std::move(tmp).value()
