#include "jetline/importers/tensorflow/registry.h"

#include <algorithm>
#include <unordered_map>

namespace jetline::tf {

// One line for each family of operators: files of ops/ and control/.
Span<const OpRule> activation_rules();
Span<const OpRule> batch_norm_rules();
Span<const OpRule> batch_space_rules();
Span<const OpRule> bias_lrn_rules();
Span<const OpRule> conv_rules();
Span<const OpRule> conv_transpose_rules();
Span<const OpRule> fused_rules();
Span<const OpRule> matmul_rules();
Span<const OpRule> pad_rules();
Span<const OpRule> pool_rules();
Span<const OpRule> resize_rules();
Span<const OpRule> resize_table_rules();
Span<const OpRule> space_rules();
Span<const OpRule> topk_rules();

namespace {

using Families = std::vector<Span<const OpRule>>;

Families registry_families() {
  // clang-format off
  return {
      activation_rules(),
      batch_norm_rules(),
      batch_space_rules(),
      bias_lrn_rules(),
      conv_rules(),
      conv_transpose_rules(),
      fused_rules(),
      matmul_rules(),
      pad_rules(),
      pool_rules(),
      resize_rules(),
      resize_table_rules(),
      space_rules(),
      topk_rules(),
  };
  // clang-format on
}

const std::unordered_map<std::string_view, const OpRule*>& registry_map() {
  static const auto kMap = [] {
    std::unordered_map<std::string_view, const OpRule*> map;
    for (const auto& family : registry_families())
      for (const OpRule& r : family) map.emplace(r.op, &r);
    return map;
  }();
  return kMap;
}

}  // namespace

const OpRule* find_rule(std::string_view op) {
  const auto it = registry_map().find(op);
  return it == registry_map().end() ? nullptr : it->second;
}

std::vector<const OpRule*> all_rules() {
  std::vector<const OpRule*> out;
  for (const auto& [name, rule] : registry_map()) out.push_back(rule);
  std::sort(out.begin(), out.end(),
            [](const OpRule* a, const OpRule* b) { return std::string_view(a->op) < b->op; });
  return out;
}

}  // namespace jetline::tf
