// What a parsed condition is made of: a tree of calls, operators and literals. Shared by the parser, which
// checks kinds, and the evaluator. For this room only.
#pragma once

#include <string>
#include <vector>

#include "jetline/targets/condition.h"

namespace jetline::targets {

// What can be said of an expression's value before there is a node.
enum class ConditionKind { kAny, kBool, kNumber, kText, kList };

enum class ConditionOp {
  kLiteral,
  kFact,  // asks NodeFacts
  kOr,    // any number of parts
  kAnd,   // any number of parts
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,  // integers towards zero, as C does
  kRemainder,
  kNegate,
  kListOf,  // [a, b]
  kLen,
  kMin,
  kMax,
  kCount,
  kAll,
  kAny,
  kAt,
  kSlice,
  kContains,
  kOnly,
  kRepeats
};

struct Condition::Expression {
  ConditionOp op = ConditionOp::kLiteral;
  ConditionKind kind = ConditionKind::kAny;
  int depth = 1;                  // of the tree below and with this node
  Operand literal;                // kLiteral
  std::string fact, text;         // kFact: name; argument of attr and has
  int64_t index = 0, second = 0;  // kFact: arguments; -1000 where there is none
  std::vector<Expression> parts;
};

constexpr int64_t kNoArgument = -1000;

}  // namespace jetline::targets
