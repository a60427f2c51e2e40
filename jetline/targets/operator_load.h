// Reading what is known of operators from rows of TOML (operator.h shows the file). For this room only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "jetline/targets/operator.h"
#include "jetline/targets/toml_rows.h"

namespace jetline::targets {

// "Resize" for the domain ai.onnx, "com.microsoft.Gelu" for others: file name and key of the tables.
std::string operator_key(std::string_view domain, std::string_view op);

// operators/NAME.toml; `compiled_in` as for read_toml_rows, here and below.
Result<OperatorKnowledge> load_operator(std::string_view text, const std::string& file,
                                        bool compiled_in = false);

// Rules of [[rule]] rows that name their operators themselves: `op` or `ops`, or ops = ["*"] with `except`.
struct SharedRules {
  std::vector<Rule> rules;
  std::map<std::string, std::vector<size_t>, std::less<>> by_operator;  // operator_key to places in `rules`
  struct Everywhere {
    size_t rule = 0;
    std::vector<std::string> except;  // operator_keys, sorted
  };
  std::vector<Everywhere> everywhere;  // not for what is asked of the model as a whole ("graph.input")

  // Adds the rules of that operator; of those for every operator only with `known`.
  void append_to(const std::string& key, bool known, std::vector<Rule>& to) const;
};
Status load_shared_rules(std::string_view text, const std::string& file, SharedRules& out,
                         bool compiled_in = false);

// One row each, for files that hold more than operators. `from_user` marks the rule.
Status read_rule_row(const TomlRow& row, const std::string& file, bool from_user, SharedRules& out);
// An "importer", "types", "documented" or "rule" row of `knowledge`; the name with what stands before the
// last dot taken off decides.
Status read_operator_row(const TomlRow& row, const std::string& file, bool from_user,
                         OperatorKnowledge& knowledge);
// Adds a rule, or replaces those of the same id.
void put_rule(Rule rule, std::vector<Rule>& rules);

}  // namespace jetline::targets
