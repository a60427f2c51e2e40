// Evaluation in three values. Everything that is not known, of another kind than needed, or out of range
// (overflow, division by zero) becomes unknown; nothing fails.
#include "jetline/targets/condition.h"

#include <algorithm>
#include <cmath>

#include "jetline/targets/condition_tree.h"

namespace jetline::targets {
namespace {

using Expression = Condition::Expression;

Truth negated(Truth t) {
  if (t == Truth::kUnknown) return t;
  return t == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
}
Truth truth_of(bool b) {
  return b ? Truth::kTrue : Truth::kFalse;
}
Truth truth_of(const Operand& o) {
  const bool* b = std::get_if<bool>(&o.value);
  return b ? truth_of(*b) : Truth::kUnknown;
}
Operand operand_of(Truth t) {
  if (t == Truth::kUnknown) return {};
  return {t == Truth::kTrue};
}

bool is_number(const Operand& o) {
  return std::holds_alternative<int64_t>(o.value) || std::holds_alternative<double>(o.value);
}
double as_double(const Operand& o) {
  if (const int64_t* i = std::get_if<int64_t>(&o.value)) return static_cast<double>(*i);
  return std::get<double>(o.value);
}

// -1, 0, 1. False: not two numbers, or one that is no number (NaN).
bool order_of(const Operand& a, const Operand& b, int& order) {
  if (!is_number(a) || !is_number(b)) return false;
  const int64_t* i = std::get_if<int64_t>(&a.value);
  const int64_t* j = std::get_if<int64_t>(&b.value);
  if (i && j) {
    order = *i < *j ? -1 : (*i > *j ? 1 : 0);
    return true;
  }
  const double x = as_double(a), y = as_double(b);
  if (std::isnan(x) || std::isnan(y)) return false;
  order = x < y ? -1 : (x > y ? 1 : 0);
  return true;
}

Truth equal(const Operand& a, const Operand& b) {
  int order = 0;
  if (order_of(a, b, order)) return truth_of(order == 0);
  if (a.value.index() != b.value.index()) return Truth::kUnknown;
  if (const bool* x = std::get_if<bool>(&a.value)) return truth_of(*x == std::get<bool>(b.value));
  if (const std::string* s = std::get_if<std::string>(&a.value))
    return truth_of(*s == std::get<std::string>(b.value));
  const OperandList* p = std::get_if<OperandList>(&a.value);
  if (!p) return Truth::kUnknown;
  const OperandList& q = std::get<OperandList>(b.value);
  if (p->size() != q.size()) return Truth::kFalse;
  Truth all = Truth::kTrue;
  for (size_t i = 0; i < p->size(); ++i) {
    const Truth one = equal((*p)[i], q[i]);
    if (one == Truth::kFalse) return one;
    if (one == Truth::kUnknown) all = one;
  }
  return all;
}

// Whether some entry equals x; every entry, with `every`.
Truth compare_entries(const OperandList& list, const Operand& x, bool every) {
  Truth result = truth_of(every);
  for (const Operand& o : list) {
    const Truth one = equal(o, x);
    if (one == truth_of(!every)) return one;
    if (one == Truth::kUnknown) result = one;
  }
  return result;
}

Operand extreme(const OperandList& list, int wanted) {
  const Operand* best = nullptr;
  for (const Operand& o : list) {
    int order = 0;
    if (!is_number(o) || (best && !order_of(o, *best, order))) return {};
    if (!best || order == wanted) best = &o;
  }
  return best ? *best : Operand();
}

Operand count_of(const OperandList& list, const Operand& x) {
  int64_t n = 0;
  for (const Operand& o : list) {
    const Truth one = equal(o, x);
    if (one == Truth::kUnknown) return {};
    n += one == Truth::kTrue;
  }
  return {n};
}

Operand integer_arithmetic(ConditionOp op, int64_t a, int64_t b) {
  int64_t r = 0;
  bool bad = false;
  switch (op) {
    case ConditionOp::kAdd:
      bad = __builtin_add_overflow(a, b, &r);
      break;
    case ConditionOp::kSubtract:
      bad = __builtin_sub_overflow(a, b, &r);
      break;
    case ConditionOp::kMultiply:
      bad = __builtin_mul_overflow(a, b, &r);
      break;
    default:
      bad = b == 0 || (a == INT64_MIN && b == -1);
      if (!bad) r = op == ConditionOp::kDivide ? a / b : a % b;
  }
  if (bad) return {};
  return {r};
}

Operand arithmetic(ConditionOp op, const Operand& a, const Operand& b) {
  if (!is_number(a) || !is_number(b)) return {};
  const int64_t* i = std::get_if<int64_t>(&a.value);
  const int64_t* j = std::get_if<int64_t>(&b.value);
  if (i && j) return integer_arithmetic(op, *i, *j);
  const double x = as_double(a), y = as_double(b);
  double r = 0;
  switch (op) {
    case ConditionOp::kAdd:
      r = x + y;
      break;
    case ConditionOp::kSubtract:
      r = x - y;
      break;
    case ConditionOp::kMultiply:
      r = x * y;
      break;
    case ConditionOp::kDivide:
      r = x / y;
      break;
    default:
      r = std::fmod(x, y);
  }
  if (!std::isfinite(r)) return {};
  return {r};
}

// A place in a list of `size`, from the end when negative; false: no whole number.
bool place_of(const Operand& o, size_t size, int64_t& out) {
  const int64_t* i = std::get_if<int64_t>(&o.value);
  if (!i) return false;
  out = *i < 0 ? *i + static_cast<int64_t>(size) : *i;
  return true;
}

Operand entry_of(const OperandList& list, const Operand& index) {
  int64_t i = 0;
  if (!place_of(index, list.size(), i) || i < 0 || i >= static_cast<int64_t>(list.size())) return {};
  return list[static_cast<size_t>(i)];
}

// Entries from `first` up to `last`, as far as there are any.
Operand slice_of(const OperandList& list, const Operand& first, const Operand& last) {
  int64_t from = 0, to = 0;
  if (!place_of(first, list.size(), from) || !place_of(last, list.size(), to)) return {};
  const auto size = static_cast<int64_t>(list.size());
  from = std::min(std::max<int64_t>(from, 0), size);
  to = std::min(std::max<int64_t>(to, from), size);
  return {OperandList(list.begin() + from, list.begin() + to)};
}

Operand contains(const Operand& text, const Operand& part) {
  const std::string* all = std::get_if<std::string>(&text.value);
  const std::string* wanted = std::get_if<std::string>(&part.value);
  if (!all || !wanted) return {};
  return {all->find(*wanted) != std::string::npos};
}

// Whether every character of the text is one of the letters.
Operand only(const Operand& text, const Operand& letters) {
  const std::string* all = std::get_if<std::string>(&text.value);
  const std::string* allowed = std::get_if<std::string>(&letters.value);
  if (!all || !allowed) return {};
  return {all->find_first_not_of(*allowed) == std::string::npos};
}

// Whether a letter stands twice between commas and arrows: a diagonal in the equation of Einsum.
Operand repeats(const Operand& text) {
  const std::string* all = std::get_if<std::string>(&text.value);
  if (!all) return {};
  std::string seen;
  for (const char c : *all) {
    if (c == ',' || c == '>') seen.clear();
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) continue;
    if (seen.find(c) != std::string::npos) return {true};
    seen += c;
  }
  return {false};
}

class Evaluator {
 public:
  explicit Evaluator(const NodeFacts& facts) : facts_(facts) {}

  // The value of `e`: its own literal, or `scratch` filled.
  const Operand& value(const Expression& e, Operand& scratch) const {
    if (e.op == ConditionOp::kLiteral) return e.literal;
    scratch = compute(e);
    return scratch;
  }

 private:
  Operand compute(const Expression& e) const {
    switch (e.op) {
      case ConditionOp::kLiteral:
        return e.literal;
      case ConditionOp::kFact:
        return facts_.fact(e.fact, e.index, e.second, e.text);
      case ConditionOp::kOr:
        return logic(e, Truth::kTrue);
      case ConditionOp::kAnd:
        return logic(e, Truth::kFalse);
      case ConditionOp::kListOf:
        return list(e);
      default:
        break;
    }
    Operand first_scratch, second_scratch;
    const Operand& a = value(e.parts[0], first_scratch);
    if (e.op == ConditionOp::kNot) return operand_of(negated(truth_of(a)));
    if (e.op == ConditionOp::kNegate) return arithmetic(ConditionOp::kSubtract, {int64_t{0}}, a);
    if (e.op == ConditionOp::kRepeats) return repeats(a);
    if (e.parts.size() == 1) return of_list(e.op, a, {});
    const Operand& b = value(e.parts[1], second_scratch);
    switch (e.op) {
      case ConditionOp::kEqual:
        return operand_of(equal(a, b));
      case ConditionOp::kNotEqual:
        return operand_of(negated(equal(a, b)));
      case ConditionOp::kLess:
      case ConditionOp::kLessEqual:
      case ConditionOp::kGreater:
      case ConditionOp::kGreaterEqual:
        return ordered(e.op, a, b);
      case ConditionOp::kIn:
        return of_list(ConditionOp::kAny, b, a);
      case ConditionOp::kCount:
      case ConditionOp::kAll:
      case ConditionOp::kAny:
      case ConditionOp::kAt:
        return of_list(e.op, a, b);
      case ConditionOp::kContains:
        return contains(a, b);
      case ConditionOp::kOnly:
        return only(a, b);
      case ConditionOp::kSlice:
        return slice(a, b, e.parts[2]);
      default:
        return arithmetic(e.op, a, b);
    }
  }

  // `decides`: the truth of one part that settles the whole.
  Operand logic(const Expression& e, Truth decides) const {
    Truth result = negated(decides);
    for (const Expression& p : e.parts) {
      Operand scratch;
      const Truth one = truth_of(value(p, scratch));
      if (one == decides) return operand_of(one);
      if (one == Truth::kUnknown) result = one;
    }
    return operand_of(result);
  }

  Operand list(const Expression& e) const {
    OperandList values;
    values.reserve(e.parts.size());
    for (const Expression& p : e.parts) {
      Operand scratch;
      values.push_back(value(p, scratch));
    }
    return {std::move(values)};
  }

  Operand slice(const Operand& maybe_list, const Operand& from, const Expression& to) const {
    const OperandList* values = std::get_if<OperandList>(&maybe_list.value);
    if (!values) return {};
    Operand scratch;
    return slice_of(*values, from, value(to, scratch));
  }

  static Operand ordered(ConditionOp op, const Operand& a, const Operand& b) {
    int order = 0;
    if (!order_of(a, b, order)) return {};
    switch (op) {
      case ConditionOp::kLess:
        return {order < 0};
      case ConditionOp::kLessEqual:
        return {order <= 0};
      case ConditionOp::kGreater:
        return {order > 0};
      default:
        return {order >= 0};
    }
  }

  static Operand of_list(ConditionOp op, const Operand& maybe_list, const Operand& x) {
    const OperandList* values = std::get_if<OperandList>(&maybe_list.value);
    if (!values) return {};
    switch (op) {
      case ConditionOp::kLen:
        return {static_cast<int64_t>(values->size())};
      case ConditionOp::kMin:
        return extreme(*values, -1);
      case ConditionOp::kMax:
        return extreme(*values, 1);
      case ConditionOp::kCount:
        return count_of(*values, x);
      case ConditionOp::kAt:
        return entry_of(*values, x);
      default:
        return operand_of(compare_entries(*values, x, op == ConditionOp::kAll));
    }
  }

  const NodeFacts& facts_;
};

bool asks_for(const Expression& e, std::string_view fact) {
  if (e.op == ConditionOp::kFact && e.fact == fact) return true;
  for (const Expression& p : e.parts) {
    if (asks_for(p, fact)) return true;
  }
  return false;
}

}  // namespace

Truth Condition::evaluate(const NodeFacts& facts) const {
  if (!root_) return Truth::kTrue;
  Operand scratch;
  return truth_of(Evaluator(facts).value(*root_, scratch));
}

bool Condition::mentions(std::string_view fact) const {
  return root_ && asks_for(*root_, fact);
}

}  // namespace jetline::targets
