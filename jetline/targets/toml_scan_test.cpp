// The fast reader of the compiled-in tables against toml++.
#include <algorithm>

#include "jetline/base/testing.h"
#include "jetline/targets/embedded.h"
#include "jetline/targets/toml_rows.h"

namespace jetline::targets {
namespace {

void expect_same_rows(std::vector<TomlRow> a, std::vector<TomlRow> b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  const auto by_key = [](const TomlField& x, const TomlField& y) { return x.key < y.key; };
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name) << what;
    EXPECT_EQ(a[i].line, b[i].line) << what << " [" << a[i].name << "]";
    std::sort(a[i].fields.begin(), a[i].fields.end(), by_key);
    std::sort(b[i].fields.begin(), b[i].fields.end(), by_key);
    ASSERT_EQ(a[i].fields.size(), b[i].fields.size()) << what << ":" << a[i].line;
    for (size_t k = 0; k < a[i].fields.size(); ++k) {
      EXPECT_EQ(a[i].fields[k].key, b[i].fields[k].key) << what << ":" << a[i].line;
      EXPECT_EQ(a[i].fields[k].line, b[i].fields[k].line) << what << ":" << a[i].fields[k].key;
      EXPECT_TRUE(a[i].fields[k].value == b[i].fields[k].value) << what << ":" << a[i].fields[k].line;
    }
  }
}

TEST(TargetsTomlScan, ReadsEveryTableAsTomlPlusPlusDoes) {
  for (const EmbeddedTable& t : embedded_tables()) {
    const std::string path(t.path);
    std::vector<TomlRow> fast;
    EXPECT_TRUE(scan_toml_rows(t.text, fast)) << path << " uses TOML that the fast reader does not know";
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::vector<TomlRow> full, read_toml_rows(t.text, path));
    expect_same_rows(fast, full, path);
  }
}

TEST(TargetsTomlScan, ReadsWhatTablesUse) {
  const char* text =
      "# head\n"
      "top = \"a \\\"b\\\" \\\\ c\\n\" # why\n"
      "\n"
      "[[row]]\n"
      "whole = -12\n"
      "float = 0.25\n"
      "yes = true\n"
      "empty = []\n"
      "list = [\"a\", \"b\", # two\n"
      "  \"c]\",\n"
      "]\n"
      "numbers = [0, 1]\n"
      "[row.part]\n"
      "x = 1e3\n";
  std::vector<TomlRow> fast;
  ASSERT_TRUE(scan_toml_rows(text, fast));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::vector<TomlRow> full, read_toml_rows(text, "t"));
  expect_same_rows(fast, full, "t");
}

TEST(TargetsTomlScan, LeavesTheRestToTomlPlusPlus) {
  for (const char* other : {"x = 'a'", "x = \"\"\"a\"\"\"", "x = {a = 1}", "x = 1979-05-27", "x = [[1], [2]]",
                            "x = [1, \"a\"]", "\"x\" = 1", "x = \"\\u0041\"", "x =", "x", "[x", "[[x]",
                            "x = [1", "x = \"a", "x = 1 2", "= 1", "x = [1,, 2]", "x = 0x1F", "x = 1_000"}) {
    std::vector<TomlRow> rows;
    EXPECT_FALSE(scan_toml_rows(other, rows)) << other;
  }
}

// Through the flag a table that needs more is still read.
TEST(TargetsTomlScan, FallsBack) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::vector<TomlRow> rows, read_toml_rows("x = 'a'", "t", true));
  EXPECT_EQ(std::get<std::string>(rows[0].fields[0].value), "a");
  EXPECT_EQ(read_toml_rows("x = ", "t", true).status().id(), "targets.bad-toml");
}

}  // namespace
}  // namespace jetline::targets
