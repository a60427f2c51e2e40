// Every rewrite that a rule of the tables names is there.
#include "jetline/base/testing.h"
#include "jetline/fix/fix.h"

namespace jetline::fix {
namespace {

TEST(FixTables, EveryFixThatARuleNamesIsARewrite) {
  const targets::Catalog catalog;
  std::vector<std::string> names = catalog.operator_names();
  for (const char* part : {"graph", "graph.input", "graph.output", "graph.initializer", "graph.value"}) {
    names.emplace_back(part);
  }
  size_t named = 0;
  for (const std::string& name : names) {
    const targets::OperatorKnowledge* k = catalog.find_operator("", name);
    if (!k) continue;
    for (const targets::Rule& r : k->rules) {
      if (r.fix.empty()) continue;
      ++named;
      EXPECT_NE(find_rewrite(r.fix), nullptr) << r.id << " of " << name << " names '" << r.fix << "'";
    }
  }
  EXPECT_GT(named, 100u);
}

}  // namespace
}  // namespace jetline::fix
