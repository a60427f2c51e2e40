#include "jetline/importers/tensorflow/document.h"

#include <cstdlib>

#include "jetline/base/files.h"
#include "jetline/base/testing.h"

namespace jetline::tf {
namespace {

// JETLINE_UPDATE_DOCUMENTS=1 writes the table into the page instead.
TEST(TensorFlowDocument, TheTableOfOperatorsIsCurrent) {
  const std::string path = testing::source_path("docs/tensorflow.md");
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string text, read_file(path));
  const std::string begin = "<!-- operators: begin -->\n", end = "<!-- operators: end -->";
  const size_t from = text.find(begin), to = text.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const size_t start = from + begin.size();
  if (std::getenv("JETLINE_UPDATE_DOCUMENTS")) {
    JETLINE_ASSERT_OK(write_file(path, text.substr(0, start) + operators_table() + text.substr(to)));
    return;
  }
  EXPECT_EQ(text.substr(start, to - start), operators_table())
      << "run tensorflow_tests --gtest_filter=TensorFlowDocument.* with JETLINE_UPDATE_DOCUMENTS=1";
}

}  // namespace
}  // namespace jetline::tf
