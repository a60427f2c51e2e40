// The words of conditions: facts, which NodeFacts answers, and functions, which the evaluator computes. A new
// word is a row in condition_words.cpp. For this room only.
#pragma once

#include <string_view>

#include "jetline/base/span.h"
#include "jetline/targets/condition_tree.h"

namespace jetline::targets {

enum class Arguments { kNone, kIndex, kIndexAndAxis, kText };
struct FactRow {
  std::string_view name;
  Arguments arguments;
  ConditionKind kind;
};

struct FunctionRow {
  std::string_view name;
  ConditionOp op;
  size_t arguments;
  ConditionKind kind;
  ConditionKind first = ConditionKind::kList;  // argument
  ConditionKind others = ConditionKind::kAny;
};

Span<const FactRow> all_facts();
Span<const FunctionRow> all_functions();
// Null: there is no such word.
const FactRow* find_fact(std::string_view name);
const FunctionRow* find_function(std::string_view name);

}  // namespace jetline::targets
