#include "jetline/graph/function_call.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace jetline {
namespace {

// A copy of what an attribute says under another name; nothing for one that holds graphs.
void copy_value(const Attribute& from, const std::string& name, Node& to) {
  std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (!std::is_same_v<T, Attribute::GraphPtr> &&
                      !std::is_same_v<T, std::vector<Attribute::GraphPtr>>) {
          to.set_attribute(Attribute(name, v));
        }
      },
      from.storage());
}

}  // namespace

void resolve_references(Node& n, const Node& caller, const ModelFunction& f) {
  std::vector<std::pair<std::string, std::string>> references;
  for (const Attribute& a : n.attributes()) {
    if (a.is_reference()) references.emplace_back(a.name(), a.referred());
  }
  for (const auto& [name, referred] : references) {
    const Attribute* given = caller.attribute(referred);
    for (const Attribute& d : f.attribute_defaults) {
      if (!given && d.name() == referred) given = &d;
    }
    n.remove_attribute(name);
    if (given) copy_value(*given, name, n);
  }
  for (const Graph* body : n.subgraphs()) {
    for (const auto& inner : body->nodes()) resolve_references(*inner, caller, f);
  }
}

}  // namespace jetline
