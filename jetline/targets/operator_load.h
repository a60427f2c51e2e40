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

// operators/NAME.toml.
Result<OperatorKnowledge> load_operator(std::string_view text, const std::string& file);

// Rules of [[rule]] rows that name their operators themselves (`op` or `ops`), by operator_key.
using RulesByOperator = std::map<std::string, std::vector<Rule>, std::less<>>;
Result<RulesByOperator> load_shared_rules(std::string_view text, const std::string& file);

// One row each, for files that hold more than operators. `from_user` marks the rule.
Status read_rule_row(const TomlRow& row, const std::string& file, bool from_user, RulesByOperator& out);
// An "importer", "types", "documented" or "rule" row of `knowledge`; the name with what stands before the
// last dot taken off decides.
Status read_operator_row(const TomlRow& row, const std::string& file, bool from_user,
                         OperatorKnowledge& knowledge);
// Adds a rule, or replaces those of the same id.
void put_rule(Rule rule, std::vector<Rule>& rules);

}  // namespace jetline::targets
