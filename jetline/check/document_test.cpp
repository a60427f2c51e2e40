#include "jetline/base/testing.h"
#include "jetline/check/explain.h"

namespace jetline::check {
namespace {

TEST(CheckDocument, TheListOfFindingsIsCurrent) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text,
                               read_file(jetline::testing::source_path("docs/findings.md")));
  EXPECT_TRUE(text == findings_page(targets::Catalog()))
      << "docs/findings.md is out of date: jetline check --explain markdown > docs/findings.md";
}

}  // namespace
}  // namespace jetline::check
