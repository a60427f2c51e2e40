#include "jetline/passes/document.h"

#include <gtest/gtest.h>

#include "jetline/base/testing.h"

namespace jetline::passes {
namespace {

TEST(PassesDocument, TheTableIsCurrent) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text,
                               read_file(jetline::testing::source_path("docs/passes.md")));
  const std::string begin = "<!-- passes: begin -->\n", end = "<!-- passes: end -->";
  const size_t a = text.find(begin), b = text.find(end);
  ASSERT_NE(a, std::string::npos);
  ASSERT_NE(b, std::string::npos);
  EXPECT_EQ(text.substr(a + begin.size(), b - a - begin.size()), passes_table())
      << "the table in docs/passes.md must be what passes_table() gives";
}

}  // namespace
}  // namespace jetline::passes
