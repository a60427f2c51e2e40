// The documentation is executed: blocks fenced as `sh` in README.md, CONTRIBUTING.md and docs/*.md run in
// order in one scratch folder a page, with the built program on PATH; the first command that fails fails the
// test. Blocks fenced as `sh no-run=REASON` do not run; REASON comes from a fixed list, and the counts are
// printed.
#include <map>
#include <set>

#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {

const std::set<std::string> kReasons = {"robot", "gpu", "camera", "root", "this-is-make", "long"};

struct DocBlock {
  int line = 0;
  std::string info;  // what stands behind the fence
  std::string text;
};

std::vector<DocBlock> fenced_blocks(const std::string& markdown) {
  std::vector<DocBlock> blocks;
  bool inside = false;
  int number = 0;
  for (const std::string& line : split(markdown, '\n')) {
    ++number;
    const std::string_view t = trim(line);
    if (starts_with(t, "```")) {
      if (!inside) blocks.push_back({number, std::string(trim(t.substr(3))), ""});
      inside = !inside;
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::vector<std::string> doc_pages() {
  std::vector<std::string> pages = {testing::source_path("README.md"),
                                    testing::source_path("CONTRIBUTING.md")};
  const auto docs = list_files_recursive(testing::source_path("docs"));
  for (const std::string& f : docs.ok() ? *docs : std::vector<std::string>()) {
    if (file_extension_lower(f) == ".md") pages.push_back(f);
  }
  return pages;
}

TEST(Docs, FencesAreRead) {
  const auto blocks = fenced_blocks("a\n```sh\nx\ny\n```\n```sh no-run=gpu\nz\n```\n```\nplain\n```\n");
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].info, "sh");
  EXPECT_EQ(blocks[0].text, "x\ny\n");
  EXPECT_EQ(blocks[0].line, 2);
  EXPECT_EQ(blocks[1].info, "sh no-run=gpu");
  EXPECT_EQ(blocks[2].info, "");
}

TEST(Docs, ShellBlocksRun) {
  int ran = 0;
  std::map<std::string, int> not_run;
  for (const std::string& page : doc_pages()) {
    const auto text = read_file(page);
    ASSERT_TRUE(text.ok()) << text.status().to_string();
    TemporaryDirectory scratch;
    for (const DocBlock& b : fenced_blocks(*text)) {
      const std::string where = file_name(page) + ":" + std::to_string(b.line);
      if (b.info != "sh" && !starts_with(b.info, "sh ")) continue;
      if (b.info != "sh") {
        const std::string reason = starts_with(b.info, "sh no-run=") ? b.info.substr(10) : b.info;
        EXPECT_TRUE(kReasons.count(reason))
            << where << ": '" << b.info << "' is not one of the reasons not to run";
        ++not_run[reason];
        continue;
      }
      const auto r = testing::run_shell("set -euo pipefail\n" + b.text, scratch.path());
      EXPECT_EQ(r.exit_code, 0) << where << "\n"
                                << b.text << "--- said ---\n"
                                << r.output.substr(0, 2000) << r.errors;
      ++ran;
      if (r.exit_code != 0) break;  // what follows on the page may need it
    }
  }
  std::cout << "documentation: " << ran << " blocks run";
  for (const auto& [reason, n] : not_run) std::cout << ", " << n << " not run (" << reason << ")";
  std::cout << "\n";
  EXPECT_GT(ran, 0);
}

// A link or picture that leads nowhere is as bad as a command that fails.
TEST(Docs, RelativeLinksLeadSomewhere) {
  for (const std::string& page : doc_pages()) {
    const std::string text = read_file(page).value_or("");
    for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
      const std::string target = split(text.substr(at + 2, text.find(')', at) - at - 2), '#')[0];
      if (target.empty() || target.find(":") != std::string::npos || target.find(' ') != std::string::npos)
        continue;
      EXPECT_TRUE(file_exists(join_path(parent_path(page), target)))
          << file_name(page) << " links to " << target;
    }
  }
}

}  // namespace
}  // namespace jetline
