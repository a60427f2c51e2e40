// docs/errors.md lists every id that the sources use, and none that they do not.
#include <map>
#include <regex>
#include <set>

#include "jetline/base/testing.h"
#include "tests/program.h"

namespace jetline {
namespace {

std::set<std::string> documented_ids() {
  std::set<std::string> ids;
  const std::string text = read_file(testing::source_path("docs/errors.md")).value_or("");
  for (const std::string& line : split(text, '\n')) {
    if (!starts_with(line, "| `")) continue;
    const size_t end = line.find('`', 3);
    if (end != std::string::npos) ids.insert(line.substr(3, end - 3));
  }
  return ids;
}

bool is_shipped_source(const std::string& path) {
  const std::string e = file_extension_lower(path);
  if (e != ".h" && e != ".cpp") return false;
  for (const char* test : {"_test.", "_fuzz.", "testing", "_faults.", "/allocations/", "random_dataset",
                           "tensorflow/cases/"}) {
    if (file_name(path).find(test) != std::string::npos || path.find(test) != std::string::npos) return false;
  }
  return true;
}

// Texts in the sources that have the shape of an id, with the file that holds them.
std::map<std::string, std::string> id_literals() {
  static const std::regex kLiteral("\"([a-z][a-z0-9]*\\.[a-z][a-z0-9]*(?:-[a-z0-9]+)*)\"");
  std::map<std::string, std::string> found;
  for (const char* folder : {"jetline", "apps"}) {
    for (const std::string& path : list_files_recursive(testing::source_path(folder)).value_or({})) {
      if (!is_shipped_source(path)) continue;
      for (const std::string& line : split(read_file(path).value_or(""), '\n')) {
        if (starts_with(trim(line), "//")) continue;
        for (std::sregex_iterator m(line.begin(), line.end(), kLiteral), end; m != end; ++m) {
          found.emplace((*m)[1].str(), path);
        }
      }
    }
  }
  return found;
}

std::string family_of(const std::string& id) {
  return id.substr(0, id.find('.'));
}

bool is_file_name(const std::string& text) {
  static const std::set<std::string> kExtensions = {".yaml", ".txt", ".json", ".svg",  ".ckpt", ".jpg",
                                                    ".png",  ".mp4", ".html", ".onnx", ".c",    ".toml"};
  return kExtensions.count(file_extension_lower(text)) > 0;
}

// What rules call the parts of a model (jetline/targets/operators/_model.toml).
bool is_model_part(const std::string& text) {
  static const std::set<std::string> kParts = {"graph.input", "graph.output", "graph.initializer", "graph.value"};
  return kParts.count(text) > 0;
}

TEST(ErrorIds, EveryIdInTheSourcesIsDocumented) {
  const std::set<std::string> documented = documented_ids();
  ASSERT_GT(documented.size(), 100u);
  std::set<std::string> families;
  for (const std::string& id : documented) families.insert(family_of(id));
  for (const auto& [id, path] : id_literals()) {
    if (is_file_name(id) || is_model_part(id) || !families.count(family_of(id))) continue;
    EXPECT_TRUE(documented.count(id)) << id << " in " << path << " is not in docs/errors.md";
  }
}

// What stands first in a Status factory is an id, whatever its family.
TEST(ErrorIds, EveryStatusHasADocumentedId) {
  static const std::regex kFactory(
      "(?:negative|usage|bad_input|missing|internal)\\(\\s*\"([a-z0-9_]+(?:[.-][a-z0-9_-]+)+)\"");
  const std::set<std::string> documented = documented_ids();
  int seen = 0;
  for (const char* folder : {"jetline", "apps"}) {
    for (const std::string& path : list_files_recursive(testing::source_path(folder)).value_or({})) {
      if (!is_shipped_source(path)) continue;
      const std::string text = read_file(path).value_or("");
      for (std::sregex_iterator m(text.begin(), text.end(), kFactory), end; m != end; ++m, ++seen) {
        EXPECT_TRUE(documented.count((*m)[1].str()))
            << (*m)[1].str() << " in " << path << " is not in docs/errors.md";
      }
    }
  }
  EXPECT_GT(seen, 100);
}

TEST(ErrorIds, EveryDocumentedIdIsUsed) {
  const auto literals = id_literals();
  for (const std::string& id : documented_ids()) EXPECT_TRUE(literals.count(id)) << id << " is in no source";
}

}  // namespace
}  // namespace jetline
