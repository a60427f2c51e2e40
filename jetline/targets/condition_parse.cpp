// The parser of conditions: recursive descent, one function per strength of operator. Bounded by the length
// of the text and by the depth of the tree, both while reading (recursion) and of the result (evaluation).
#include <cmath>
#include <cstdlib>

#include "jetline/base/strings.h"
#include "jetline/targets/condition_words.h"

namespace jetline::targets {
namespace {

using Expression = Condition::Expression;
using Kind = ConditionKind;

constexpr size_t kMaxConditionLength = 2000;
constexpr int kMaxConditionDepth = 40;

const char* kind_name(Kind k) {
  switch (k) {
    case Kind::kBool:
      return "true or false";
    case Kind::kNumber:
      return "a number";
    case Kind::kText:
      return "a text";
    case Kind::kList:
      return "a list";
    case Kind::kAny:
      break;
  }
  return "anything";
}

bool may_be(Kind k, Kind wanted) {
  return k == Kind::kAny || k == wanted;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Expression> whole() {
    JETLINE_ASSIGN_OR_RETURN(Expression e, any_of());
    skip_space();
    if (at_ != text_.size()) return error("something is left over");
    if (!may_be(e.kind, Kind::kBool)) return error(std::string("the condition is ") + kind_name(e.kind));
    return e;
  }

 private:
  Status error(const std::string& what) const {
    return Status::bad_input(
        "targets.bad-condition",
        what + " at column " + std::to_string(at_ + 1) + " of '" + std::string(text_) + "'",
        "docs/targets.md describes the language of conditions");
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool take(std::string_view token) {
    skip_space();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  // A word as a whole: "in" is not the beginning of "inputs".
  bool take_word(std::string_view word) {
    skip_space();
    const size_t end = at_ + word.size();
    if (text_.substr(at_, word.size()) != word || (end < text_.size() && is_word(text_[end]))) return false;
    at_ = end;
    return true;
  }

  Result<Expression> make(ConditionOp op, Kind kind, std::vector<Expression> parts) {
    Expression e;
    e.op = op;
    e.kind = kind;
    for (const Expression& p : parts) e.depth = std::max(e.depth, p.depth + 1);
    if (e.depth > kMaxConditionDepth) return error("the condition is nested too deeply");
    e.parts = std::move(parts);
    return e;
  }

  Status need(const Expression& e, Kind wanted, const char* where) {
    if (may_be(e.kind, wanted)) return Status();
    return error(std::string(where) + " needs " + kind_name(wanted) + ", this is " + kind_name(e.kind) + ",");
  }

  Result<Expression> any_of() { return chain("||", ConditionOp::kOr); }
  Result<Expression> all_of() { return chain("&&", ConditionOp::kAnd); }
  Result<Expression> chain(std::string_view token, ConditionOp op) {
    const auto part = [&] { return op == ConditionOp::kOr ? all_of() : negation(); };
    JETLINE_ASSIGN_OR_RETURN(Expression first, part());
    std::vector<Expression> parts;
    while (take(token)) {
      if (parts.empty()) {
        JETLINE_RETURN_IF_ERROR(need(first, Kind::kBool, token.data()));
        parts.push_back(std::move(first));
      }
      JETLINE_ASSIGN_OR_RETURN(Expression next, part());
      JETLINE_RETURN_IF_ERROR(need(next, Kind::kBool, token.data()));
      parts.push_back(std::move(next));
    }
    if (parts.empty()) return first;
    return make(op, Kind::kBool, std::move(parts));
  }

  Result<Expression> negation() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '!' && text_.substr(at_, 2) != "!=") {
      ++at_;
      if (++nesting_ > kMaxConditionDepth) return error("the condition is nested too deeply");
      JETLINE_ASSIGN_OR_RETURN(Expression e, negation());
      --nesting_;
      JETLINE_RETURN_IF_ERROR(need(e, Kind::kBool, "!"));
      std::vector<Expression> parts;
      parts.push_back(std::move(e));
      return make(ConditionOp::kNot, Kind::kBool, std::move(parts));
    }
    return comparison();
  }

  bool take_comparison(ConditionOp& op) {
    struct Row {
      const char* token;
      ConditionOp op;
    };
    // The longer token first.
    static constexpr Row kRows[] = {{"==", ConditionOp::kEqual},     {"!=", ConditionOp::kNotEqual},
                                    {"<=", ConditionOp::kLessEqual}, {">=", ConditionOp::kGreaterEqual},
                                    {"<", ConditionOp::kLess},       {">", ConditionOp::kGreater}};
    for (const Row& row : kRows) {
      if (take(row.token)) {
        op = row.op;
        return true;
      }
    }
    if (!take_word("in")) return false;
    op = ConditionOp::kIn;
    return true;
  }

  Result<Expression> comparison() {
    JETLINE_ASSIGN_OR_RETURN(Expression left, sum());
    ConditionOp op;
    if (!take_comparison(op)) return left;
    JETLINE_ASSIGN_OR_RETURN(Expression right, sum());
    if (op == ConditionOp::kIn) {
      JETLINE_RETURN_IF_ERROR(need(right, Kind::kList, "'in'"));
    } else if (op == ConditionOp::kEqual || op == ConditionOp::kNotEqual) {
      if (left.kind != right.kind && left.kind != Kind::kAny && right.kind != Kind::kAny) {
        return error(std::string("comparison of ") + kind_name(left.kind) + " with " + kind_name(right.kind));
      }
    } else {
      JETLINE_RETURN_IF_ERROR(need(left, Kind::kNumber, "an order"));
      JETLINE_RETURN_IF_ERROR(need(right, Kind::kNumber, "an order"));
    }
    std::vector<Expression> parts;
    parts.push_back(std::move(left));
    parts.push_back(std::move(right));
    return make(op, Kind::kBool, std::move(parts));
  }

  Result<Expression> sum() { return arithmetic(false); }
  Result<Expression> product() { return arithmetic(true); }
  Result<Expression> arithmetic(bool strong) {
    const auto part = [&] { return strong ? unary() : product(); };
    JETLINE_ASSIGN_OR_RETURN(Expression left, part());
    while (true) {
      ConditionOp op;
      if (take(strong ? "*" : "+")) {
        op = strong ? ConditionOp::kMultiply : ConditionOp::kAdd;
      } else if (take(strong ? "/" : "-")) {
        op = strong ? ConditionOp::kDivide : ConditionOp::kSubtract;
      } else if (strong && take("%")) {
        op = ConditionOp::kRemainder;
      } else {
        return left;
      }
      JETLINE_ASSIGN_OR_RETURN(Expression right, part());
      JETLINE_RETURN_IF_ERROR(need(left, Kind::kNumber, "arithmetic"));
      JETLINE_RETURN_IF_ERROR(need(right, Kind::kNumber, "arithmetic"));
      std::vector<Expression> parts;
      parts.push_back(std::move(left));
      parts.push_back(std::move(right));
      JETLINE_ASSIGN_OR_RETURN(left, make(op, Kind::kNumber, std::move(parts)));
    }
  }

  Result<Expression> unary() {
    if (!take("-")) return primary();
    if (++nesting_ > kMaxConditionDepth) return error("the condition is nested too deeply");
    JETLINE_ASSIGN_OR_RETURN(Expression e, unary());
    --nesting_;
    JETLINE_RETURN_IF_ERROR(need(e, Kind::kNumber, "-"));
    std::vector<Expression> parts;
    parts.push_back(std::move(e));
    return make(ConditionOp::kNegate, Kind::kNumber, std::move(parts));
  }

  static Expression literal(Operand value, Kind kind) {
    Expression e;
    e.kind = kind;
    e.literal = std::move(value);
    return e;
  }

  Result<Expression> primary() {
    skip_space();
    if (at_ == text_.size()) return error("a value is missing");
    const char c = text_[at_];
    if (c == '\'') {
      JETLINE_ASSIGN_OR_RETURN(std::string s, quoted());
      return literal({std::move(s)}, Kind::kText);
    }
    if ((c >= '0' && c <= '9') || c == '.') return number();
    if (c == '(' || c == '[') {
      ++at_;
      if (++nesting_ > kMaxConditionDepth) return error("the condition is nested too deeply");
      Result<Expression> e = c == '(' ? in_parentheses() : list();
      --nesting_;
      return e;
    }
    if (is_word(c)) return word();
    return error("an unexpected character");
  }

  Result<Expression> in_parentheses() {
    JETLINE_ASSIGN_OR_RETURN(Expression e, any_of());
    if (!take(")")) return error("a ')' is missing");
    return e;
  }

  Result<Expression> list() {
    std::vector<Expression> parts;
    while (!take("]")) {
      if (!parts.empty() && !take(",")) return error("a ',' or ']' is missing");
      JETLINE_ASSIGN_OR_RETURN(Expression e, any_of());
      parts.push_back(std::move(e));
    }
    // A list of literals is itself one, so that evaluating it costs nothing.
    OperandList values;
    for (const Expression& p : parts) {
      if (p.op != ConditionOp::kLiteral) return make(ConditionOp::kListOf, Kind::kList, std::move(parts));
      values.push_back(p.literal);
    }
    return literal({std::move(values)}, Kind::kList);
  }

  Result<std::string> quoted() {
    const size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return error("a quote is not closed");
    std::string s(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return s;
  }

  Result<Expression> number() {
    const size_t first = at_;
    bool is_float = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const bool sign = (c == '-' || c == '+') && (text_[at_ - 1] == 'e') && at_ > first;
      if (c == '.' || c == 'e') is_float = true;
      if (!(c >= '0' && c <= '9') && c != '.' && c != 'e' && !sign) break;
    }
    const std::string_view digits = text_.substr(first, at_ - first);
    int64_t i = 0;
    double d = 0;
    if (!is_float && parse_int(digits, i)) return literal({i}, Kind::kNumber);
    if (is_float && parse_double(digits, d) && std::isfinite(d)) return literal({d}, Kind::kNumber);
    return error("'" + std::string(digits) + "' is not a number");
  }

  Result<Expression> word() {
    const size_t first = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const std::string_view name = text_.substr(first, at_ - first);
    if (name == "true" || name == "false") return literal({name == "true"}, Kind::kBool);
    if (const FactRow* row = find_fact(name)) return fact(*row);
    if (const FunctionRow* row = find_function(name)) return call(*row);
    at_ = first;
    return error("'" + std::string(name) + "' is unknown");
  }

  Result<int64_t> index() {
    skip_space();
    const bool negative = take("-");
    skip_space();
    const size_t first = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    int64_t i = 0;
    if (!parse_int(text_.substr(first, at_ - first), i) || i >= -kNoArgument) {
      return error("an index must be a number below 1000");
    }
    return negative ? -i : i;
  }

  Result<Expression> fact(const FactRow& row) {
    Expression e;
    e.op = ConditionOp::kFact;
    e.kind = row.kind;
    e.fact = row.name;
    e.index = e.second = kNoArgument;
    if (row.arguments == Arguments::kNone) return e;
    if (!take("(")) return error("'" + e.fact + "' needs an argument in parentheses");
    if (row.arguments == Arguments::kText) {
      skip_space();
      if (at_ == text_.size() || text_[at_] != '\'') return error("'" + e.fact + "' needs a name in quotes");
      JETLINE_ASSIGN_OR_RETURN(e.text, quoted());
    } else {
      JETLINE_ASSIGN_OR_RETURN(e.index, index());
      if (row.arguments == Arguments::kIndexAndAxis) {
        if (!take(",")) return error("'" + e.fact + "' needs a tensor and an axis");
        JETLINE_ASSIGN_OR_RETURN(e.second, index());
      }
    }
    if (!take(")")) return error("a ')' is missing");
    return e;
  }

  Result<Expression> call(const FunctionRow& row) {
    if (!take("(")) return error("'" + std::string(row.name) + "' needs arguments in parentheses");
    if (++nesting_ > kMaxConditionDepth) return error("the condition is nested too deeply");
    std::vector<Expression> parts;
    for (size_t i = 0; i < row.arguments; ++i) {
      if (i && !take(",")) return error("'" + std::string(row.name) + "' needs another argument");
      JETLINE_ASSIGN_OR_RETURN(Expression e, any_of());
      const Kind wanted = i == 0 ? row.first : row.others;
      if (wanted != Kind::kAny)
        JETLINE_RETURN_IF_ERROR(need(e, wanted, i == 0 ? "the first argument" : "the argument"));
      parts.push_back(std::move(e));
    }
    --nesting_;
    if (!take(")")) return error("a ')' is missing");
    return make(row.op, row.kind, std::move(parts));
  }

  std::string_view text_;
  size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

Result<Condition> Condition::parse(std::string_view text) {
  Condition condition;
  if (text.size() > kMaxConditionLength) {
    return Status::bad_input(
        "targets.bad-condition",
        "the condition is longer than " + std::to_string(kMaxConditionLength) + " characters");
  }
  condition.text_ = std::string(trim(text));
  if (condition.text_.empty()) return condition;
  JETLINE_ASSIGN_OR_RETURN(Expression root, Parser(condition.text_).whole());
  condition.root_ = std::make_shared<const Expression>(std::move(root));
  return condition;
}

}  // namespace jetline::targets
