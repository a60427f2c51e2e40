// The condition of a rule: a small expression over what a rule may know of a node. Operator, operator set,
// types, ranks, shapes, attributes, and which inputs are constant and with what value; nothing else (no
// names, no neighbours), so that a rule that holds for one model holds for all.
//
//   type(0) == 'uint8' && rank(0) > 4
//   attr('mode') == 'cubic' || attr('antialias') == 1
//   present(1) && !const(1)
//   opset >= 18 && precision == 'int8'
//
// Values: integers, floats, strings in single quotes, lists [1, 2], true, false. Operators by rising
// strength:
//   ||   &&   !   == != < <= > >= in   + -   * / %   unary -   parentheses
// Functions (i, o: index from 0, negative from the end):
//   type(i) otype(o)      element type by name ('float', 'float16', 'int64', 'bool', 'uint8', 'string' …)
//   rank(i) orank(o)      dims(i) odims(o) list of dimensions   dim(i, k) odim(o, k)   elements(i)
//   present(i) opresent(o) const(i)   inputs outputs (numbers)
//   value(i)              constant content as a list of at most 4096 numbers
//   all(list, x) any(list, x)   whether every entry, some entry equals x
//   len(list) min(list) max(list) count(list, x)   at(list, i)   slice(list, from, to)   contains(text, part)
//   only(text, letters)   repeats(text): a letter twice between commas and '->', as in an Einsum diagonal
//   types ranks           of all inputs that are present, in order
//   known(i)              whether every element of value(i) is known: constant, or followed from shapes
//   fed(i)                whether the content depends on what is fed, not only on constants and shapes
//   fed_data(i)           the same of what is fed as anything but integers
//   bent(i)               whether it follows from shapes through a unary function or an activation (Round, Floor)
//   fixed(i)              whether every dimension is a number
//   has('name')           whether the node carries the attribute
//   attr('name')          its value; the operator's default when it is absent, unknown when there is none
//   opset  strong (strongly typed network)  precision  dla  explicit_batch  nested (depth of subgraphs)
// Three values: what is not known (a dynamic dimension, an unknown rank, the value of a tensor that is no
// constant) makes a comparison unknown, and unknown spreads as in Kleene's logic (false && unknown is false).
// A rule whose condition comes out unknown yields an "unknown" finding, never a silent pass. Comparing things
// of different kind is an error at load where it can be seen, else unknown.
//
// Parsing is bounded (length 2000, depth 40). Immutable after parsing; safe to share. Ids:
// targets.bad-condition.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "jetline/base/status.h"

namespace jetline::targets {

enum class Truth { kFalse, kTrue, kUnknown };

// One value of the language. monostate: unknown.
struct Operand;
using OperandList = std::vector<Operand>;
struct Operand {
  std::variant<std::monostate, bool, int64_t, double, std::string, OperandList> value;
};

// What a condition asks of a node; the check room implements it over the graph, tests over literals.
class NodeFacts {
 public:
  virtual ~NodeFacts() = default;
  // `name` as in the list above without the parenthesis; index: first argument, -1000 when there is none;
  // text: the string argument of attr/has. Returns monostate for "not known".
  virtual Operand fact(std::string_view name, int64_t index, int64_t second, std::string_view text) const = 0;
};

class Condition {
 public:
  static Result<Condition> parse(std::string_view text);  // empty text: always true
  Truth evaluate(const NodeFacts& facts) const;
  // Whether the condition reads that fact ("precision", "type" …): a result may be shared between targets
  // that differ only in what it does not read.
  bool mentions(std::string_view fact) const;
  const std::string& text() const { return text_; }
  struct Expression;

 private:
  std::string text_;
  std::shared_ptr<const Expression> root_;  // null: always true
};

}  // namespace jetline::targets
