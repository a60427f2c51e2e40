// Our verdicts against those of the real ONNX parsers of TensorRT 10.6 and 10.15 (parser_verdicts.txt), on
// the node tests that onnx publishes. "Yes" is a model that runs, with a plugin too, or parses and gives
// wrong numbers; "no" one that needs a fix or is refused. At least 99 % of the graphs of each source must
// agree, none that the parser refused may be called running, and what does not agree stands in
// verdict_exceptions.txt with its reason.
#include <cinttypes>
#include <map>
#include <set>

#include "jetline/check/check.h"
#include "jetline/graph/node_cases.h"

namespace jetline::check {
namespace {

using jetline::testing::case_item;

struct VerdictColumn {
  const char* name;
  const char* tensorrt;
  bool strongly_typed;
};
constexpr VerdictColumn kVerdictColumns[] = {
    {"10.6", "10.6", false}, {"10.15", "10.15", false}, {"10.15 strongly typed", "10.15", true}};

// What the parsers said: source, then name, then a letter for each column.
std::map<std::string, std::map<std::string, std::string>> recorded_verdicts() {
  std::map<std::string, std::map<std::string, std::string>> all;
  std::string source;
  const std::string text =
      read_file(jetline::testing::source_path("jetline/check/parser_verdicts.txt")).value_or("");
  for (const std::string& line : split(text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') source = line.substr(1, line.size() - 2);
    const size_t tab = line.find('\t');
    if (tab != std::string::npos) all[source][line.substr(0, tab)] = line.substr(tab + 1);
  }
  return all;
}

// "source<tab>name<tab>version" of what is expected to differ.
std::set<std::string> verdict_exceptions() {
  std::set<std::string> all;
  for (const std::string& line :
       split(read_file(jetline::testing::source_path("jetline/check/verdict_exceptions.txt")).value_or(""),
             '\n')) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> part = split(line, '\t');
    EXPECT_TRUE(part.size() == 4 && part[3].size() > 10) << "no reason: " << line;
    if (part.size() != 4) continue;
    for (const std::string& version : split(part[2], ',')) {
      all.insert(part[0] + '\t' + part[1] + '\t' + std::string(trim(version)));
    }
  }
  return all;
}

// Every input but the first becomes a stored tensor with the recorded data.
void store_inputs(jetline::testing::NodeCase& c) {
  Graph& g = c.model->graph();
  const std::vector<Value*> inputs = g.inputs();
  for (size_t i = 1; i < inputs.size(); ++i) {
    const calc::Item item = case_item(*c.data, "i" + std::to_string(i));
    if (item.kind != calc::Item::Kind::kTensor || inputs[i]->initializer()) continue;
    Value* stored = g.add_initializer(g.unique_name(inputs[i]->name() + "_data"), item.tensor);
    g.replace_all_uses(inputs[i], stored);
    EXPECT_TRUE(g.remove_input(inputs[i]).ok());
  }
}

struct VerdictScore {
  int64_t of = 0, same = 0;
};

struct VerdictRun {
  std::string source;
  const std::map<std::string, std::string>* recorded;
  const targets::Catalog* catalog;
  std::map<std::string, VerdictScore> scores;  // by column
  std::set<std::string> differ;
  std::set<std::string> seen;

  void judge(jetline::testing::NodeCase& c, const std::string& name) {
    const auto row = recorded->find(name);
    if (row == recorded->end()) return;
    seen.insert(name);
    CheckOptions options;
    options.estimates = false;
    Checker checker(*c.model, *catalog, options);
    for (size_t i = 0; i < 3; ++i) {
      const char said = row->second[i];
      if (said == '-') continue;
      const VerdictColumn& column = kVerdictColumns[i];
      targets::Target target;
      target.tensorrt = *targets::parse_version(column.tensorrt);
      target.precision = targets::Precision::kFp32;
      target.strongly_typed = column.strongly_typed;
      const Report report = checker.check(target);
      const bool yes = is_yes(report.verdict) || report.verdict == Verdict::kWrongNumbers;
      const bool no = report.verdict == Verdict::kRunsAfterFix || report.verdict == Verdict::kWillNotParse;
      VerdictScore& score = scores[column.name];
      ++score.of;
      if (said == 'y' ? yes : no) {
        ++score.same;
        continue;
      }
      differ.insert(source + '\t' + name + '\t' + column.name);
      EXPECT_FALSE(said == 'n' && yes) << "refused by TensorRT " << column.name << ", but we say "
                                       << to_string(report.verdict) << ": " << source << ' ' << name;
    }
  }

  void cases(const std::string& bytes) {
    jetline::testing::NodeCaseFile file(bytes);
    for (jetline::testing::NodeCase c; file.next(c);) {
      if (!c.model || !c.data) continue;
      const bool stored = recorded->count(c.name + " const") > 0;
      std::unique_ptr<Model> copy = stored ? c.model->clone() : nullptr;
      judge(c, c.name);
      if (!stored) continue;
      c.model = std::move(copy);
      store_inputs(c);
      judge(c, c.name + " const");
    }
  }
};

void expect_verdicts(const std::string& source, const std::string& folder) {
  const auto recorded = recorded_verdicts();
  ASSERT_TRUE(recorded.count(source));
  targets::Catalog catalog;
  VerdictRun run{source, &recorded.at(source), &catalog, {}, {}, {}};
  run.cases(jetline::testing::cached_cases(folder));
  ASSERT_TRUE(catalog.status().ok()) << catalog.status().to_string();
  // Some of the recorded graphs cannot be read at all (no operator set, text data); they are few.
  EXPECT_GT(run.seen.size(), run.recorded->size() * 97 / 100);
  for (const auto& [column, score] : run.scores) {
    std::printf("%s, TensorRT %s: %" PRId64 " of %" PRId64 " verdicts agree\n", source.c_str(),
                column.c_str(), score.same, score.of);
    EXPECT_GE(score.same * 100, score.of * 99) << source << ' ' << column;
  }
  const std::set<std::string> expected = verdict_exceptions();
  for (const std::string& d : run.differ)
    EXPECT_TRUE(expected.count(d)) << "not in verdict_exceptions.txt: " << d;
  for (const std::string& e : expected) {
    if (starts_with(e, source + '\t')) {
      EXPECT_TRUE(run.differ.count(e)) << "agrees by now: " << e;
    }
  }
}

TEST(ParserVerdicts, Debian) {
  JETLINE_REQUIRE_ORACLE();
  if (!is_directory(jetline::testing::packaged_cases_folder()))
    GTEST_SKIP() << "notice: needs libonnx-testdata";
  expect_verdicts("libonnx-testdata", jetline::testing::packaged_cases_folder());
}

TEST(ParserVerdicts, Onnx116) {
  JETLINE_REQUIRE_ORACLE();
  const std::string folder = jetline::testing::source_path("build/deps/onnx-1.16/onnx/backend/test/data");
  if (!is_directory(folder)) GTEST_SKIP() << "notice: needs the node tests of onnx 1.16 in build/deps";
  expect_verdicts("onnx 1.16.2", folder);
}

TEST(ParserVerdicts, Onnx123) {
  JETLINE_REQUIRE_ORACLE();
  expect_verdicts("onnx 1.23.2", "");
}

}  // namespace
}  // namespace jetline::check
