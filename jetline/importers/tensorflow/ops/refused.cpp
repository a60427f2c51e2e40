#include "jetline/importers/tensorflow/ops/refused.h"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// The rules of all groups, made once; `names` keeps what they point to.
struct RefusedRules {
  std::deque<std::string> names;
  std::vector<OpRule> rules;

  void add(const Span<const RefusedGroup>& groups) {
    for (const RefusedGroup& g : groups) {
      std::string_view rest = g.ops;
      while (!rest.empty()) {
        const size_t space = rest.find(' ');
        names.emplace_back(rest.substr(0, space));
        rules.push_back({names.back().c_str(), nullptr, "", g.note});
        rest = space == std::string_view::npos ? std::string_view() : rest.substr(space + 1);
      }
    }
  }

  RefusedRules() {
    add(refused_input());
    add(refused_numeric());
    add(refused_state());
  }
};
}  // namespace

Span<const OpRule> refused_rules() {
  static const RefusedRules kRules;
  return {kRules.rules.data(), kRules.rules.size()};
}
}  // namespace jetline::tf
