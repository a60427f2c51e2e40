#include "jetline/targets/condition_words.h"

namespace jetline::targets {
namespace {

using WordKind = ConditionKind;

constexpr FactRow kFacts[] = {
    {"type", Arguments::kIndex, WordKind::kText},
    {"otype", Arguments::kIndex, WordKind::kText},
    {"rank", Arguments::kIndex, WordKind::kNumber},
    {"orank", Arguments::kIndex, WordKind::kNumber},
    {"dims", Arguments::kIndex, WordKind::kList},
    {"odims", Arguments::kIndex, WordKind::kList},
    {"dim", Arguments::kIndexAndAxis, WordKind::kNumber},
    {"odim", Arguments::kIndexAndAxis, WordKind::kNumber},
    {"elements", Arguments::kIndex, WordKind::kNumber},
    {"present", Arguments::kIndex, WordKind::kBool},
    {"opresent", Arguments::kIndex, WordKind::kBool},
    {"const", Arguments::kIndex, WordKind::kBool},
    {"value", Arguments::kIndex, WordKind::kList},
    {"inputs", Arguments::kNone, WordKind::kNumber},
    {"outputs", Arguments::kNone, WordKind::kNumber},
    {"has", Arguments::kText, WordKind::kBool},
    {"attr", Arguments::kText, WordKind::kAny},
    {"opset", Arguments::kNone, WordKind::kNumber},
    {"strong", Arguments::kNone, WordKind::kBool},
    {"precision", Arguments::kNone, WordKind::kText},
    {"dla", Arguments::kNone, WordKind::kBool},
    {"explicit_batch", Arguments::kNone, WordKind::kBool},
    {"nested", Arguments::kNone, WordKind::kNumber},
    {"known", Arguments::kIndex, WordKind::kBool},
    {"fed", Arguments::kIndex, WordKind::kBool},
    {"fed_data", Arguments::kIndex, WordKind::kBool},
    {"bent", Arguments::kIndex, WordKind::kBool},
    {"fixed", Arguments::kIndex, WordKind::kBool},
    {"types", Arguments::kNone, WordKind::kList},
    {"ranks", Arguments::kNone, WordKind::kList},
};

constexpr FunctionRow kFunctions[] = {
    {"len", ConditionOp::kLen, 1, WordKind::kNumber},
    {"min", ConditionOp::kMin, 1, WordKind::kNumber},
    {"max", ConditionOp::kMax, 1, WordKind::kNumber},
    {"count", ConditionOp::kCount, 2, WordKind::kNumber},
    {"all", ConditionOp::kAll, 2, WordKind::kBool},
    {"any", ConditionOp::kAny, 2, WordKind::kBool},
    {"at", ConditionOp::kAt, 2, WordKind::kAny, WordKind::kList, WordKind::kNumber},
    {"slice", ConditionOp::kSlice, 3, WordKind::kList, WordKind::kList, WordKind::kNumber},
    {"contains", ConditionOp::kContains, 2, WordKind::kBool, WordKind::kText, WordKind::kText},
    {"only", ConditionOp::kOnly, 2, WordKind::kBool, WordKind::kText, WordKind::kText},
    {"repeats", ConditionOp::kRepeats, 1, WordKind::kBool, WordKind::kText},
};

}  // namespace

Span<const FactRow> all_facts() {
  return {kFacts, sizeof kFacts / sizeof *kFacts};
}

Span<const FunctionRow> all_functions() {
  return {kFunctions, sizeof kFunctions / sizeof *kFunctions};
}

const FactRow* find_fact(std::string_view name) {
  for (const FactRow& row : kFacts) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

const FunctionRow* find_function(std::string_view name) {
  for (const FunctionRow& row : kFunctions) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace jetline::targets
