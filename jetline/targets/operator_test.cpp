// Reading operators, and what every compiled-in table must satisfy.
#include "jetline/targets/operator.h"

#include <map>
#include <set>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/targets/catalog.h"
#include "jetline/targets/embedded.h"
#include "jetline/targets/operator_load.h"

namespace jetline::targets {
namespace {

Version trt(const char* text) {
  return parse_version(text).value_or(Version());
}

constexpr const char* kOperatorText = R"(
op = "Resize"
[[importer]]
trt = "7.1.."
source = "list"
[[types]]
trt = "8.0..8.4"
input = [0, 1]
allowed = ["float", "float16"]
proof = "parsed"
source = "table"
[[documented]]
trt = "8.2"
supported = true
text = "words"
source = "table"
[[rule]]
id = "resize.cubic"
trt = "7.1..8.4"
when = "attr('mode') == 'cubic'"
effect = "refused"
message = "no cubic"
fix = "resize-cubic"
source = "reading"
[[rule]]
id = "resize.note"
trt = ".."
effect = "note"
proof = "built"
message = "a note"
source = "reading"
)";

TEST(TargetsOperator, ReadsAFile) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const OperatorKnowledge k, load_operator(kOperatorText, "Resize.toml"));
  EXPECT_EQ(k.op, "Resize");
  EXPECT_EQ(k.domain, "");
  EXPECT_TRUE(k.has_importer(trt("8.2.1.8")));
  EXPECT_FALSE(k.has_importer(trt("7.0")));
  ASSERT_EQ(k.types.size(), 1u);
  EXPECT_EQ(k.types[0].inputs, (std::vector<int>{0, 1}));
  EXPECT_EQ(k.types[0].proof, Proof::kParsed);
  ASSERT_EQ(k.documented.size(), 1u);
  EXPECT_TRUE(k.documented[0].supported);
  ASSERT_EQ(k.rules.size(), 2u);
  EXPECT_EQ(k.rules[0].id, "trt.resize.cubic");
  EXPECT_EQ(k.rules[0].effect, Effect::kRefused);
  EXPECT_EQ(k.rules[0].fix, "resize-cubic");
  EXPECT_FALSE(k.rules[0].from_user);
  EXPECT_EQ(k.rules[1].proof, Proof::kBuilt);
  EXPECT_EQ(k.rules[1].when.text(), "");
}

TEST(TargetsOperator, MistakesAreNamedWithFileAndLine) {
  const auto broken = [](std::string from, const std::string& to) {
    std::string text = kOperatorText;
    text.replace(text.find(from), from.size(), to);
    return load_operator(text, "R.toml").status();
  };
  struct Case {
    const char* from;
    const char* to;
    const char* where;
    const char* says;
  };
  for (const Case& c : {Case{"effect = \"refused\"", "effect = \"bad\"", "R.toml:21", "bad"},
                        Case{"source = \"list\"\n", "", "R.toml:3", "source"},
                        Case{"trt = \"7.1..\"", "trt = \"new\"", "R.toml:4", "new"},
                        Case{"message = \"no cubic\"", "massage = \"x\"", "R.toml:17", "message"},
                        Case{"'cubic'\"", "cubic\"", "R.toml:20", "cubic"},
                        Case{"[[documented]]", "[[dokumented]]", "R.toml:12", "dokumented"},
                        Case{"\"float16\"]", "\"half\"]", "R.toml:9", "half"},
                        Case{"input = [0, 1]", "input = \"x\"", "R.toml:8", "input"},
                        Case{"fix = ", "fixx = ", "R.toml:23", "fixx"},
                        Case{"proof = \"built\"", "proof = \"seen\"", "R.toml:29", "seen"},
                        Case{"op = \"Resize\"", "op = Resize", "R.toml:2", "TOML"},
                        Case{"id = \"resize.note\"", "id = \"Resize Note\"", "R.toml:26", "Resize Note"},
                        Case{"text = \"words\"", "text = 1979-05-27", "R.toml:15", "text"}}) {
    const Status s = broken(c.from, c.to);
    EXPECT_EQ(s.id(), "targets.bad-toml") << c.to;
    EXPECT_EQ(s.where(), c.where) << s.to_string();
    EXPECT_NE(s.message().find(c.says), std::string::npos) << s.to_string();
  }
}

TEST(TargetsOperator, EveryPrefixOfAFileIsReadOrRefused) {
  const std::string text = kOperatorText;
  for (size_t n = 0; n < text.size(); ++n) {
    const auto k = load_operator(text.substr(0, n), "R.toml");
    EXPECT_TRUE(k.ok() || k.status().id() == "targets.bad-toml") << n;
  }
}

TEST(TargetsTables, AreSortedAndFound) {
  const auto tables = embedded_tables();
  ASSERT_GT(tables.size(), 200u);
  for (size_t i = 1; i < tables.size(); ++i) EXPECT_LT(tables[i - 1].path, tables[i].path);
  for (const EmbeddedTable& t : tables) {
    EXPECT_EQ(find_table(t.path), &t);
    EXPECT_EQ(read_file(testing::source_path("jetline/targets/" + std::string(t.path))).value_or(""), t.text)
        << "the compiled-in copy is not the file";
  }
  EXPECT_EQ(find_table("operators/NoSuch.toml"), nullptr);
}

// Every file parses, is named after its operator, and its rows cite a source (the reader insists).
TEST(TargetsTables, EveryOperatorIsRead) {
  const Catalog catalog;
  const auto names = catalog.operator_names();
  ASSERT_GT(names.size(), 200u);
  for (const std::string& name : names) {
    const std::string path = "operators/" + name + ".toml";
    JETLINE_ASSERT_OK_AND_ASSIGN(const OperatorKnowledge k, load_operator(find_table(path)->text, path));
    EXPECT_EQ(operator_key(k.domain, k.op), name);
    const OperatorKnowledge* found = catalog.find_operator(k.domain, k.op);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(found->op, k.op);
    EXPECT_GE(found->rules.size(), k.rules.size());
  }
  JETLINE_EXPECT_OK(catalog.status());
}

// Rules of one id on one operator never hold for the same version: they are ranges of one statement.
TEST(TargetsTables, RulesAreSane) {
  const Catalog catalog;
  std::vector<std::string> names = catalog.operator_names();
  for (const char* model : {"graph", "graph.input", "graph.output", "graph.initializer"})
    names.emplace_back(model);
  size_t rules = 0;
  for (const std::string& name : names) {
    const OperatorKnowledge* k = catalog.find_operator("", name);
    if (!k) continue;
    for (const Release& release : catalog.releases()) {
      std::set<std::string> seen;
      for (const Rule& r : k->rules) {
        if (!r.trt.holds(release.version)) continue;
        EXPECT_TRUE(seen.insert(r.id).second) << r.id << " stands twice for " << release.version.to_string();
      }
    }
    for (const Rule& r : k->rules) {
      ++rules;
      EXPECT_FALSE(r.source.empty()) << r.id;
      EXPECT_TRUE(starts_with(r.id, "trt."));
      EXPECT_NE(r.message.back(), '.') << r.id << ": a message is a clause, not a sentence";
    }
  }
  EXPECT_GT(rules, 100u);
  JETLINE_EXPECT_OK(catalog.status());
}

TEST(TargetsTables, WhatIsKnownOfWellKnownOperators) {
  const Catalog catalog;
  const auto has = [&](const char* op, const char* version) {
    const OperatorKnowledge* k = catalog.find_operator("", op);
    return k && k->has_importer(trt(version));
  };
  EXPECT_TRUE(has("Conv", "7.1.3"));
  EXPECT_TRUE(has("Conv", "11.1"));
  EXPECT_FALSE(has("Einsum", "8.0.1.6"));
  EXPECT_TRUE(has("Einsum", "8.2.1.8"));
  EXPECT_FALSE(has("LayerNormalization", "8.5.2.2"));
  EXPECT_TRUE(has("LayerNormalization", "8.6.2.3"));
  EXPECT_FALSE(has("NonZero", "8.4.1.5"));
  EXPECT_TRUE(has("NonZero", "8.5.2.2"));
  EXPECT_TRUE(has("HardSwish", "8.4"));  // although the table says no
  EXPECT_FALSE(has("Swish", "10.16"));
  EXPECT_TRUE(has("Swish", "11.0"));
  EXPECT_FALSE(has("SequenceAt", "11.1"));
  EXPECT_EQ(catalog.find_operator("", "NoSuchOperator"), nullptr);
  EXPECT_EQ(catalog.find_operator("com.example", "Conv"), nullptr);
  EXPECT_EQ(catalog.find_operator("ai.onnx", "Conv"), catalog.find_operator("", "Conv"));
}

TEST(TargetsTables, SharedRulesReachTheirOperators) {
  const Catalog catalog;
  const OperatorKnowledge* k = catalog.find_operator("", "ReduceMax");
  ASSERT_NE(k, nullptr);
  bool found = false;
  for (const Rule& r : k->rules) found |= r.id == "trt.reduce.axes-input" && r.effect == Effect::kWrong;
  EXPECT_TRUE(found);
  const OperatorKnowledge* input = catalog.find_operator("", "graph.input");
  ASSERT_NE(input, nullptr);
  EXPECT_FALSE(input->rules.empty());
}

TEST(TargetsTables, RulesForEveryOperatorButSome) {
  SharedRules shared;
  const char* text = R"(
[[rule]]
ops = ["*"]
except = ["Conv", "ai.onnx.Relu", "com.example.Own"]
id = "x.all"
trt = ".."
effect = "note"
message = "m"
source = "s"
)";
  JETLINE_ASSERT_OK(load_shared_rules(text, "x.toml", shared));
  const auto count = [&](const char* key, bool known) {
    std::vector<Rule> rules;
    shared.append_to(key, known, rules);
    return rules.size();
  };
  EXPECT_EQ(count("Conv", true), 0u);
  EXPECT_EQ(count("Relu", true), 0u);
  EXPECT_EQ(count("com.example.Own", true), 0u);
  EXPECT_EQ(count("Sigmoid", true), 1u);
  EXPECT_EQ(count("Sigmoid", false), 0u);  // what no table knows stays unknown
  EXPECT_EQ(count("graph.input", true), 0u);
  std::string wrong = text;
  wrong.replace(wrong.find("\"*\""), 3, "\"Add\"");
  EXPECT_EQ(load_shared_rules(wrong, "x.toml", shared).where(), "x.toml:4");
}

TEST(TargetsTables, DlaRulesEndWhereDlaDoes) {
  const Catalog catalog;
  for (const std::string& name : catalog.operator_names()) {
    const OperatorKnowledge* k = catalog.find_operator("", name);
    if (!k) continue;
    for (const Rule& r : k->rules) {
      EXPECT_TRUE(r.effect != Effect::kDla || !r.trt.holds(trt("10.8"))) << r.id << " of " << name;
    }
  }
  const auto leaves = [&](const char* op, const char* version) {
    for (const Rule& r : catalog.find_operator("", op)->rules) {
      if (r.effect == Effect::kDla && r.trt.holds(trt(version)) && r.when.text().empty()) return true;
    }
    return false;
  };
  EXPECT_TRUE(leaves("NonMaxSuppression", "8.5"));
  EXPECT_TRUE(leaves("HardSwish", "10.3"));
  EXPECT_TRUE(leaves("Softmax", "8.5"));
  EXPECT_FALSE(leaves("Softmax", "8.6"));
  EXPECT_FALSE(leaves("Conv", "8.2"));
  EXPECT_FALSE(leaves("Relu", "10.7"));
}

}  // namespace
}  // namespace jetline::targets
