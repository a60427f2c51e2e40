// Every TensorFlow operator that can be converted, one small graph at a time, against what TensorFlow
// computed (cases/make_cases.py). Each case is imported, written as ONNX, and computed twice: by ONNX Runtime
// (skipped with a notice where it is absent) and by jetline's own graph evaluator.
//
// To look at some cases only, with the largest difference of each; the ONNX files are kept where asked:
//   JETLINE_CASES='^Conv2D/' JETLINE_CASES_KEEP=/some/folder
//       build/dev/jetline/importers/tensorflow/tensorflow_tests --gtest_filter='TensorFlowCases.*'
// JETLINE_CASES is a regular expression searched in "Op/case". cases/known_gaps.txt lists what cannot be:
// a listed case that works fails the test like an unlisted one that does not.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "jetline/base/testing.h"
#include "jetline/graph/evaluate.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/importers/tensorflow/cases/cases.h"
#include "jetline/importers/tensorflow/import.h"
#include "jetline/importers/tensorflow/registry.h"
#include "tests/python_oracle.h"

namespace jetline::tf {
namespace {

using cases::Case;

struct CaseOutcome {
  const Case* test = nullptr;
  Result<Imported> imported = Status::internal("test.unset", "not imported yet");
  ImportReport report;
};

// "" or the expression given; then only a part of the cases runs and nothing is said of their number.
std::string cases_wanted() {
  const char* text = std::getenv("JETLINE_CASES");
  return text ? text : "";
}

const std::vector<Case>& cases_all() {
  static const auto* kAll = [] {
    auto loaded = cases::load_all_cases(testing::source_path("jetline/importers/tensorflow/cases/data"));
    EXPECT_TRUE(loaded.ok()) << loaded.status().to_string();
    return new std::vector<Case>(loaded.ok() ? std::move(loaded).value() : std::vector<Case>());
  }();
  return *kAll;
}

// Every wanted case, imported once for all tests.
std::vector<CaseOutcome>& cases_imported() {
  static auto* kImported = [] {
    auto* out = new std::vector<CaseOutcome>();
    const std::regex wanted(cases_wanted());
    for (const Case& c : cases_all()) {
      if (!std::regex_search(c.name, wanted)) continue;
      CaseOutcome o;
      o.test = &c;
      ImportOptions options;
      options.inputs = c.input_names;
      options.outputs = c.output_names;
      options.opset = c.opset;
      options.freeze_random = c.kind == "random";
      o.imported = import_graph_def(c.graph, nullptr, options, &o.report);
      out->push_back(std::move(o));
    }
    return out;
  }();
  return *kImported;
}

// Gaps of one way ("import", "onnxruntime", "evaluate"): lines "way Op/case: reason".
std::map<std::string, std::string> cases_gaps(const std::string& way) {
  std::map<std::string, std::string> gaps;
  std::ifstream file(testing::source_path("jetline/importers/tensorflow/cases/known_gaps.txt"));
  EXPECT_TRUE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.find(' '), colon = line.find(": ");
    EXPECT_TRUE(space != std::string::npos && colon != std::string::npos && colon > space) << line;
    if (line.substr(0, space) == way)
      gaps[line.substr(space + 1, colon - space - 1)] = line.substr(colon + 2);
  }
  return gaps;
}

// Fails the test for what failed unlisted and for what is listed and works.
void cases_judge(const std::string& way, const std::map<std::string, std::string>& failed,
                 const std::set<std::string>& passed) {
  const auto gaps = cases_gaps(way);
  for (const auto& [name, why] : failed)
    if (!gaps.count(name)) ADD_FAILURE() << way << " " << name << ": " << why;
  for (const std::string& name : passed)
    if (gaps.count(name)) ADD_FAILURE() << way << " " << name << " works; take it off known_gaps.txt";
  std::set<std::string> known;
  for (const Case& c : cases_all()) known.insert(c.name);
  for (const auto& [name, why] : gaps)
    if (!known.count(name)) ADD_FAILURE() << "known_gaps.txt lists " << name << ", which is no case";
}

// At least 230 operators and 900 cases, unless only some were asked for.
void cases_expect_figures(const std::set<std::string>& passed) {
  if (!cases_wanted().empty()) return;
  std::set<std::string> ops;
  for (const std::string& name : passed) ops.insert(name.substr(0, name.find('/')));
  std::printf("%zu cases of %zu operators agree\n", passed.size(), ops.size());
  EXPECT_GE(ops.size(), 230u);
  EXPECT_GE(passed.size(), 900u);
}

std::vector<Value*> cases_values(const Graph& g,
                                 const std::vector<std::pair<std::string, std::string>>& ends) {
  std::vector<Value*> out;
  for (const auto& [name, tensor] : ends) {
    out.push_back(g.find(name));
    EXPECT_NE(out.back(), nullptr) << name;
  }
  return out;
}

TEST(TensorFlowCases, ConvertAndRefusalsNameTheOperator) {
  std::map<std::string, std::string> failed;
  std::set<std::string> passed;
  for (const CaseOutcome& o : cases_imported()) {
    const Case& c = *o.test;
    if (c.kind != "refuse") {
      if (o.imported.ok())
        passed.insert(c.name);
      else
        failed[c.name] = o.imported.status().to_string();
      continue;
    }
    bool named = false;
    for (const Unsupported& u : o.report.unsupported) named = named || (u.op == c.op() && !u.reason.empty());
    if (o.imported.ok())
      failed[c.name] = "was converted, and should have been refused";
    else if (o.imported.status().id() != c.refuse || !named)
      failed[c.name] = o.imported.status().to_string();
    else
      passed.insert(c.name);
  }
  cases_judge("import", failed, passed);
}

TEST(TensorFlowCases, AgreeWithTensorFlowInOnnxRuntime) {
  JETLINE_REQUIRE_ORACLE();
  const std::string here = testing::source_path("jetline/importers/tensorflow/cases");
  const TemporaryDirectory temporary;
  const char* keep = std::getenv("JETLINE_CASES_KEEP");
  const std::string folder = keep ? keep : temporary.path();
  std::string index;
  std::set<std::string> asked;
  for (const CaseOutcome& o : cases_imported()) {
    const Case& c = *o.test;
    if (c.kind == "refuse" || !o.imported.ok()) continue;  // the test above speaks of those
    std::string file = c.name + ".onnx";
    std::replace(file.begin(), file.end(), '/', '.');
    JETLINE_EXPECT_OK(save_onnx(*o.imported->model, folder + "/" + file));
    std::string inputs, outputs;
    for (const auto& [name, tensor] : o.imported->inputs)
      inputs += (inputs.empty() ? "" : ";") + name + "=" + tensor;
    for (const auto& [name, tensor] : o.imported->outputs) outputs += (outputs.empty() ? "" : ";") + name;
    index += c.name + "\t" + file + "\t" + inputs + "\t" + outputs + "\n";
    asked.insert(c.name);
  }
  JETLINE_ASSERT_OK(write_file(folder + "/index", index));
  ProcessSpec spec;
  spec.argv = {testing::oracle_python(), here + "/run_cases.py", here + "/data", folder};
  spec.timeout = 300 * kSecond;
  JETLINE_ASSERT_OK_AND_ASSIGN(const ProcessResult r, real_process_runner().run(spec));
  EXPECT_EQ(r.exit_code, 0) << r.errors.substr(r.errors.size() > 2000 ? r.errors.size() - 2000 : 0);
  std::map<std::string, std::string> failed;
  std::set<std::string> passed;
  std::istringstream lines(r.output);
  for (std::string line; std::getline(lines, line);) {
    if (!cases_wanted().empty()) std::printf("%s\n", line.c_str());
    std::vector<std::string> part;
    std::istringstream parts(line);
    for (std::string p; std::getline(parts, p, '\t');) part.push_back(p);
    ASSERT_GE(part.size(), 3u) << line;
    if (part[1] == "ok")
      passed.insert(part[0]);
    else
      failed[part[0]] = part.size() > 3 ? part[3] + " (difference " + part[2] + ")" : "?";
  }
  for (const std::string& name : asked)
    if (!passed.count(name) && !failed.count(name)) failed[name] = "nothing came back from ONNX Runtime";
  cases_judge("onnxruntime", failed, passed);
  cases_expect_figures(passed);
}

TEST(TensorFlowCases, AgreeWithTensorFlowInOurEvaluator) {
  std::map<std::string, std::string> failed;
  std::set<std::string> passed;
  for (const CaseOutcome& o : cases_imported()) {
    const Case& c = *o.test;
    if (c.kind != "compare" || !o.imported.ok()) continue;
    std::unordered_map<const Value*, Tensor> feeds;
    const Graph& g = o.imported->model->graph();
    const std::vector<Value*> inputs = cases_values(g, o.imported->inputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      for (size_t k = 0; k < c.input_names.size(); ++k)
        if (c.input_names[k] == o.imported->inputs[i].second) feeds[inputs[i]] = c.inputs[k];
    }
    const auto got = evaluate_graph(g, feeds);
    double worst = 0;
    std::string why;
    if (!got.ok()) why = got.status().to_string();
    for (size_t i = 0; got.ok() && i < got->size() && why.empty(); ++i)
      why = cases::compare_tensors(c.outputs[i], (*got)[i], c.tolerance, worst);
    if (!cases_wanted().empty())
      std::printf("%s\tevaluator: %s\t%.3g\t%s\n", c.name.c_str(), why.empty() ? "ok" : "fail", worst,
                  why.c_str());
    if (why.empty())
      passed.insert(c.name);
    else
      failed[c.name] = why;
  }
  cases_judge("evaluate", failed, passed);
  cases_expect_figures(passed);
}

TEST(TensorFlowCases, EveryRuleHasACase) {
  // Made by an exporter's variables and checkpoints: there are none in a graph of one operator.
  const std::set<std::string> elsewhere = {"VarHandleOp", "ReadVariableOp", "VariableV2", "Variable"};
  std::set<std::string> seen, refused;
  for (const Case& c : cases_all()) {
    if (c.kind == "refuse")
      refused.insert(c.op());
    else
      seen.insert(c.ops.begin(), c.ops.end());
  }
  ASSERT_FALSE(all_rules().empty());
  for (const OpRule* rule : all_rules()) {
    const std::string op = rule->op;
    if (elsewhere.count(op)) continue;
    EXPECT_TRUE(rule->convert ? seen.count(op) : refused.count(op)) << op << " has no case";
  }
}

TEST(TensorFlowCases, AFileCutShortIsRefused) {
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const std::string whole,
      read_file(testing::source_path("jetline/importers/tensorflow/cases/data/unary.cases")));
  const auto load = [&whole](size_t n) {
    return cases::load_cases(ByteView(reinterpret_cast<const uint8_t*>(whole.data()), n), nullptr);
  };
  EXPECT_TRUE(load(whole.size()).ok());
  for (size_t n = 0; n < 3000; n += 7) {
    const auto r = load(n);
    if (!r.ok())
      EXPECT_EQ(r.status().id(), "cases.malformed");
    else
      EXPECT_LT(r->size(), 8u);  // cut between two cases
  }
}

}  // namespace
}  // namespace jetline::tf
