#include "jetline/targets/condition.h"

#include <map>

#include "jetline/base/testing.h"
#include "jetline/targets/condition_words.h"

namespace jetline::targets {
namespace {

// Facts given as text: "rank 0" -> value; what is not in the map is unknown.
class LiteralFacts : public NodeFacts {
 public:
  std::map<std::string, Operand> known;
  Operand fact(std::string_view name, int64_t index, int64_t second, std::string_view text) const override {
    std::string key(name);
    if (index != -1000) key += " " + std::to_string(index);
    if (second != -1000) key += " " + std::to_string(second);
    if (!text.empty()) key += " " + std::string(text);
    const auto it = known.find(key);
    return it == known.end() ? Operand() : it->second;
  }
};

Operand numbers(const std::vector<int64_t>& values) {
  OperandList list;
  list.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) list[i].value = values[i];
  return {list};
}

Truth evaluate(const std::string& text, const LiteralFacts& facts = {}) {
  const auto condition = Condition::parse(text);
  EXPECT_TRUE(condition.ok()) << condition.status().to_string();
  return condition.ok() ? condition->evaluate(facts) : Truth::kUnknown;
}

TEST(TargetsCondition, EmptyIsAlwaysTrue) {
  EXPECT_EQ(evaluate(""), Truth::kTrue);
  EXPECT_EQ(evaluate("  "), Truth::kTrue);
}

TEST(TargetsCondition, Literals) {
  for (const char* yes : {"true",
                          "!false",
                          "1 + 2 * 3 == 7",
                          "(1 + 2) * 3 == 9",
                          "7 / 2 == 3",
                          "-7 / 2 == -3",
                          "7 % 4 == 3",
                          "1 == 1.0",
                          "0.5 < 1",
                          "1e3 == 1000",
                          "-2 < -1",
                          "--1 == 1",
                          "2 - 1 - 1 == 0",
                          "'a' == 'a'",
                          "'a' != 'b'",
                          "'a' in ['a', 'b']",
                          "2 in [1, 2]",
                          "[1, 2] == [1, 2]",
                          "[1, 2] != [1, 3]",
                          "len([1, 2, 3]) == 3",
                          "min([3, 1, 2]) == 1",
                          "max([3, 1.5]) == 3",
                          "count([0, 1, 0], 0) == 2",
                          "all([1, 1], 1)",
                          "any([1, 2], 2)",
                          "all([], 5)",
                          "!any([], 5)",
                          "true || false && false",
                          "!false && true",
                          "at([4, 5, 6], 1) == 5",
                          "at([4, 5, 6], -1) == 6",
                          "slice([1, 2, 3, 4], 0, 2) == [1, 2]",
                          "slice([1, 2, 3, 4], -2, 4) == [3, 4]",
                          "slice([1, 2], 5, 9) == []",
                          "len(slice([1, 2, 3], 2, 1)) == 0",
                          "slice([1, 2, 3], 0, 1 + 1) != slice([1, 2, 3], 1, 3)",
                          "contains('bij,bjk->bik', '->')",
                          "!contains('ab', '...')",
                          "!(true && false)",
                          "!1 == 2",
                          "[1 + 1, 2] == [2, 2]",
                          "1 in [1] && 2 in [2]"}) {
    EXPECT_EQ(evaluate(yes), Truth::kTrue) << yes;
    EXPECT_EQ(evaluate("!(" + std::string(yes) + ")"), Truth::kFalse) << yes;
  }
}

TEST(TargetsCondition, UnknownSpreadsAsInKleenesLogic) {
  // elements(9) is not known to LiteralFacts without entries.
  const std::string u = "elements(9) == 1";
  EXPECT_EQ(evaluate(u), Truth::kUnknown);
  EXPECT_EQ(evaluate("!(" + u + ")"), Truth::kUnknown);
  EXPECT_EQ(evaluate("false && " + u), Truth::kFalse);
  EXPECT_EQ(evaluate(u + " && false"), Truth::kFalse);
  EXPECT_EQ(evaluate("true && " + u), Truth::kUnknown);
  EXPECT_EQ(evaluate("true || " + u), Truth::kTrue);
  EXPECT_EQ(evaluate(u + " || true"), Truth::kTrue);
  EXPECT_EQ(evaluate("false || " + u), Truth::kUnknown);
  EXPECT_EQ(evaluate("elements(9) + 1 > 0"), Truth::kUnknown);
  EXPECT_EQ(evaluate("const(0)"), Truth::kUnknown);
}

TEST(TargetsCondition, WhatCannotBeComparedIsUnknown) {
  LiteralFacts facts;
  facts.known["attr mode"] = {std::string("cubic")};
  facts.known["attr axis"] = {int64_t{2}};
  EXPECT_EQ(evaluate("attr('mode') == 1", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("attr('axis') == 'cubic'", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("attr('mode') < 1", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("attr('mode')", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("1 / 0 == 1"), Truth::kUnknown);
  EXPECT_EQ(evaluate("1 % 0 == 1"), Truth::kUnknown);
  EXPECT_EQ(evaluate("9223372036854775807 + 1 == 0"), Truth::kUnknown);
  EXPECT_EQ(evaluate("min([]) == 0"), Truth::kUnknown);
  EXPECT_EQ(evaluate("at([1], 1) == 1"), Truth::kUnknown);
  EXPECT_EQ(evaluate("contains(attr('axis'), 'x')", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("1.0 / 0.0 == 1"), Truth::kUnknown);
}

TEST(TargetsCondition, AsksFacts) {
  LiteralFacts facts;
  facts.known["type 0"] = {std::string("uint8")};
  facts.known["rank 0"] = {int64_t{5}};
  facts.known["dims 0"] = {OperandList{{int64_t{1}}, {}, {int64_t{7}}}};
  facts.known["dim 0 -1"] = {int64_t{7}};
  facts.known["value 1"] = numbers({0, 0, 0, 1});
  facts.known["present 1"] = {true};
  facts.known["const 1"] = {false};
  facts.known["attr mode"] = {std::string("cubic")};
  facts.known["has mode"] = {true};
  facts.known["opset"] = {int64_t{18}};
  facts.known["precision"] = {std::string("int8")};
  EXPECT_EQ(evaluate("type(0) == 'uint8' && rank(0) > 4", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("attr('mode') == 'cubic' || attr('antialias') == 1", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("present(1) && !const(1)", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("opset >= 18 && precision == 'int8'", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("dim(0, -1) == 7", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("has('mode') && !any(value(1), 2)", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("all(value(1), 0)", facts), Truth::kFalse);
  EXPECT_EQ(evaluate("max(value(1)) == 1", facts), Truth::kTrue);
  // A dynamic dimension in the list of dimensions.
  EXPECT_EQ(evaluate("len(dims(0)) == 3", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("any(dims(0), 7)", facts), Truth::kTrue);
  EXPECT_EQ(evaluate("any(dims(0), 8)", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("3 in dims(0)", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("dims(0) == [1, 2, 8]", facts), Truth::kFalse);
  EXPECT_EQ(evaluate("dims(0) == [1, 2, 7]", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("min(dims(0)) == 1", facts), Truth::kUnknown);
  EXPECT_EQ(evaluate("count(dims(0), 1) == 1", facts), Truth::kUnknown);
}

TEST(TargetsCondition, MistakesAreFoundWhileLoading) {
  for (const char* bad : {"1",
                          "'a'",
                          "type(0)",
                          "rank(0) == 'a'",
                          "type(0) == 1",
                          "type(0) < 'b'",
                          "!rank(0)",
                          "rank(0) && true",
                          "type(0) + 1 == 2",
                          "-type(0) == 1",
                          "3 in 4",
                          "1 in type(0)",
                          "len(3) == 1",
                          "true &&",
                          "&& true",
                          "(true",
                          "true)",
                          "[1, 2 == 1",
                          "'open",
                          "type == 'a'",
                          "type()",
                          "type(0",
                          "type(x)",
                          "dim(0) == 1",
                          "attr(mode) == 1",
                          "attr() == 1",
                          "frobnicate(1)",
                          "opset(1) == 2",
                          "a == 1",
                          "true true",
                          "1 = 1",
                          "1..2 == 1",
                          "99999999999999999999 == 1",
                          "rank(5000) == 1",
                          "all([1])",
                          "at([1], 'a') == 1",
                          "slice([1], 0) == [1]",
                          "contains([1], 'a')",
                          "true | false",
                          "#",
                          "\"a\" == 'a'"}) {
    const auto condition = Condition::parse(bad);
    EXPECT_FALSE(condition.ok()) << bad;
    EXPECT_EQ(condition.status().id(), "targets.bad-condition") << bad;
  }
}

TEST(TargetsCondition, IsBounded) {
  EXPECT_FALSE(Condition::parse(std::string(2001, ' ')).ok());
  EXPECT_FALSE(Condition::parse(std::string(50, '(') + "true" + std::string(50, ')')).ok());
  EXPECT_FALSE(Condition::parse(std::string(50, '!') + "true").ok());
  EXPECT_FALSE(Condition::parse(std::string(50, '-') + "1 == 1").ok());
  EXPECT_FALSE(Condition::parse(std::string(60, '[')).ok());
  std::string sum = "1";
  for (int i = 0; i < 60; ++i) sum += " + 1";
  EXPECT_FALSE(Condition::parse(sum + " == 61").ok());
  EXPECT_TRUE(Condition::parse(std::string(20, '(') + "true" + std::string(20, ')')).ok());
  std::string many = "opset == 1";  // a long list of alternatives is not deep
  for (int i = 0; i < 100; ++i) many += " || opset == 1";
  EXPECT_TRUE(Condition::parse(many).ok());
}

TEST(TargetsCondition, SaysWhatItReads) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const Condition c, Condition::parse("!(strong && len(dims(0)) > 2)"));
  EXPECT_TRUE(c.mentions("strong"));
  EXPECT_TRUE(c.mentions("dims"));
  EXPECT_FALSE(c.mentions("precision"));
  EXPECT_EQ(c.text(), "!(strong && len(dims(0)) > 2)");
}

// docs/targets.md and condition.h name every word.
TEST(TargetsCondition, EveryWordIsDocumented) {
  const std::string docs = read_file(testing::source_path("docs/targets.md")).value_or("");
  const std::string header = read_file(testing::source_path("jetline/targets/condition.h")).value_or("");
  const auto documented = [&](std::string_view word, bool has_arguments) {
    const std::string name(word);
    EXPECT_NE(docs.find("`" + name + (has_arguments ? "(" : "`")), std::string::npos)
        << name << " in docs/targets.md";
    EXPECT_NE(header.find(name + (has_arguments ? "(" : "")), std::string::npos) << name << " in condition.h";
  };
  for (const FactRow& row : all_facts()) documented(row.name, row.arguments != Arguments::kNone);
  for (const FunctionRow& row : all_functions()) documented(row.name, true);
}

}  // namespace
}  // namespace jetline::targets
