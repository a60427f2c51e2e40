#include <string>

#include "jetline/graph/evaluate/call.h"

namespace jetline::calc {

// One line for each file of this folder.
Span<const Rule> activation_rules();
Span<const Rule> arithmetic_rules();
Span<const Rule> attention_rules();
Span<const Rule> cast_rules();
Span<const Rule> constant_rules();
Span<const Rule> control_rules();
Span<const Rule> conv_rules();
Span<const Rule> detect_rules();
Span<const Rule> einsum_rules();
Span<const Rule> gather_rules();
Span<const Rule> join_rules();
Span<const Rule> logic_rules();
Span<const Rule> matmul_rules();
Span<const Rule> matrix_rules();
Span<const Rule> move_rules();
Span<const Rule> normalize_rules();
Span<const Rule> plugin_rules();
Span<const Rule> pool_rules();
Span<const Rule> quantize_rules();
Span<const Rule> recurrent_rules();
Span<const Rule> reduce_rules();
Span<const Rule> reshape_rules();
Span<const Rule> resize_rules();
Span<const Rule> sampling_rules();
Span<const Rule> scatter_rules();
Span<const Rule> select_rules();
Span<const Rule> sequence_rules();
Span<const Rule> signal_rules();
Span<const Rule> slice_rules();
Span<const Rule> softmax_rules();
Span<const Rule> text_rules();
Span<const Rule> unary_rules();

namespace {

Span<const Rule> (*const kFamilies[])() = {
    activation_rules, arithmetic_rules, attention_rules, cast_rules,      constant_rules, control_rules,
    conv_rules,       detect_rules,     einsum_rules,    gather_rules,    join_rules,     logic_rules,
    matmul_rules,     matrix_rules,     move_rules,      normalize_rules, plugin_rules,   pool_rules,
    quantize_rules,   recurrent_rules,  reduce_rules,    reshape_rules,   resize_rules,   sampling_rules,
    scatter_rules,    select_rules,     sequence_rules,  signal_rules,    slice_rules,    softmax_rules,
    text_rules,       unary_rules,
};

using RuleMap = std::unordered_map<std::string, const Rule*>;

std::string rule_key(std::string_view domain, std::string_view op) {
  return std::string(domain) + ":" + std::string(op);
}

const RuleMap& rule_map() {
  static const RuleMap map = [] {
    RuleMap m;
    for (const auto& family : kFamilies) {
      for (const Rule& r : family()) m.emplace(rule_key(r.domain, r.op), &r);
    }
    return m;
  }();
  return map;
}

}  // namespace

const Rule* find_rule(std::string_view domain, std::string_view op) {
  const auto it = rule_map().find(rule_key(domain, op));
  return it == rule_map().end() ? nullptr : it->second;
}

std::vector<const Rule*> all_rules() {
  std::vector<const Rule*> rules;
  for (const auto& [key, rule] : rule_map()) rules.push_back(rule);
  return rules;
}

}  // namespace jetline::calc
