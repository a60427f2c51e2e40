// Any bytes as a user's file of boards and rules: it is refused as a whole, with the line, or the catalog
// answers with it, and every rule it brought can be evaluated.
#include <cstdlib>

#include "jetline/targets/catalog.h"

namespace {
class NothingKnown : public jetline::targets::NodeFacts {
 public:
  jetline::targets::Operand fact(std::string_view, int64_t, int64_t, std::string_view) const override {
    return {};
  }
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline::targets;  // NOLINT(google-build-using-namespace): one function
  static const size_t kBoards = Catalog().boards().size();
  Catalog catalog;
  const jetline::Status s = catalog.add_toml({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!s.ok()) {
    if (s.id() != "targets.bad-toml" || s.where().rfind("fuzz:", 0) != 0) std::abort();
    if (catalog.boards().size() != kBoards) std::abort();
    return 0;
  }
  if (catalog.boards().size() < kBoards) std::abort();
  for (const Board& b : catalog.boards()) {
    if (!catalog.find_board(b.id) && !b.id.empty() &&
        b.id.find_first_of("abcdefghijklmnopqrstuvwxyz0123456789") == 0) {
      std::abort();
    }
  }
  for (const std::string& name : catalog.operator_names()) {
    const OperatorKnowledge* k = catalog.find_operator("", name);
    if (!k) continue;
    for (const Rule& r : k->rules) {
      if (r.from_user) (void)r.when.evaluate(NothingKnown());
    }
  }
  if (!catalog.status().ok()) std::abort();
  (void)choose(catalog, {catalog.boards().front().id});
  return 0;
}
