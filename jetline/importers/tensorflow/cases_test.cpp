// Every TensorFlow operator that can be converted, one small graph at a time, against what TensorFlow
// computed (cases/make_cases.py). Each case is imported and computed by ONNX Runtime (skipped with a notice
// where it is absent) and by jetline's own graph evaluator; cases_convert_test.cpp does the same to finished
// models.
//
// To look at some cases only, with the largest difference of each; the ONNX files are kept where asked:
//   JETLINE_CASES='^Conv2D/' JETLINE_CASES_KEEP=/some/folder
//       build/dev/jetline/importers/tensorflow/tensorflow_tests --gtest_filter='TensorFlowCases.*'
// JETLINE_CASES is a regular expression searched in "Op/case". cases/known_gaps.txt lists what cannot be:
// a listed case that works fails the test like an unlisted one that does not.
#include "jetline/graph/evaluate.h"
#include "jetline/graph/wire.h"
#include "jetline/importers/tensorflow/cases/harness.h"
#include "jetline/importers/tensorflow/finish.h"
#include "jetline/importers/tensorflow/import.h"
#include "jetline/importers/tensorflow/registry.h"
#include "jetline/passes/node_names.h"

namespace jetline::tf {
namespace {

using cases::Case;

struct CaseOutcome {
  const Case* test = nullptr;
  Result<Imported> imported = Status::internal("test.unset", "not imported yet");
  ImportReport report;
};

// Every wanted case, imported once for all tests.
std::vector<CaseOutcome>& cases_imported() {
  static auto* kImported = [] {
    auto* out = new std::vector<CaseOutcome>();
    for (const Case* c : cases::chosen()) {
      CaseOutcome o;
      o.test = c;
      ImportOptions options;
      options.opset = c->opset;
      options.freeze_random = c->kind == "random";
      if (c->files.empty()) {
        options.inputs = c->input_names;
        options.outputs = c->output_names;
        o.imported = import_graph_def(c->graph, nullptr, options, &o.report);
      } else {
        const TemporaryDirectory folder;
        const Result<std::string> model = cases::place(*c, folder.path());
        if (model.ok()) o.imported = import_saved_model(*model, options, &o.report);
      }
      if (o.imported.ok()) passes::make_node_names_unique(o.imported->model->graph(), true);
      out->push_back(std::move(o));
    }
    return out;
  }();
  return *kImported;
}

TEST(TensorFlowCases, ConvertAndRefusalsNameTheOperator) {
  cases::Outcomes outcomes;
  for (const CaseOutcome& o : cases_imported()) {
    const Case& c = *o.test;
    std::string& why = outcomes[c.name];
    EXPECT_TRUE(why.empty()) << "two cases are called " << c.name;
    if (c.kind != "refuse") {
      if (!o.imported.ok()) why = o.imported.status().to_string();
      continue;
    }
    bool named = false;
    for (const Unsupported& u : o.report.unsupported) named = named || (u.op == c.op() && !u.reason.empty());
    if (o.imported.ok()) {
      why = "was converted, and should have been refused";
    } else if (o.imported.status().id() != c.refuse || !named) {
      why = o.imported.status().to_string();
    }
  }
  cases::judge("import", outcomes);
}

TEST(TensorFlowCases, AgreeWithTensorFlowInOnnxRuntime) {
  JETLINE_REQUIRE_ORACLE();
  cases::OnnxRuntimeRun run("imported");
  for (const CaseOutcome& o : cases_imported())
    if (o.test->kind != "refuse" && o.imported.ok())  // the test above speaks of the others
      run.add(*o.test, *o.imported->model, o.imported->inputs, o.imported->outputs);
  cases::expect_figures(cases::judge("onnxruntime", run.run()));
}

TEST(TensorFlowCases, AgreeWithTensorFlowInOurEvaluator) {
  cases::Outcomes outcomes;
  for (const CaseOutcome& o : cases_imported()) {
    const Case& c = *o.test;
    if (c.kind != "compare" || !o.imported.ok()) continue;
    std::unordered_map<const Value*, Tensor> feeds;
    const Graph& g = o.imported->model->graph();
    for (const auto& [name, tensor] : o.imported->inputs) {
      const auto at = std::find(c.input_names.begin(), c.input_names.end(), tensor);
      ASSERT_NE(at, c.input_names.end()) << tensor;
      ASSERT_NE(g.find(name), nullptr) << name;
      feeds[g.find(name)] = c.inputs[static_cast<size_t>(at - c.input_names.begin())];
    }
    const auto got = evaluate_graph(g, feeds);
    double worst = 0;
    std::string& why = outcomes[c.name];
    if (!got.ok()) why = got.status().to_string();
    if (got.ok() && got->size() != c.outputs.size()) why = "another number of outputs";
    for (size_t i = 0; got.ok() && i < got->size() && why.empty(); ++i)
      why = cases::compare_tensors(c.outputs[i], (*got)[i], c.tolerance, worst);
    if (!cases::wanted().empty())
      std::printf("%s\tevaluator: %s\t%.3g\t%s\n", c.name.c_str(), why.empty() ? "ok" : "fail", worst,
                  why.c_str());
  }
  cases::expect_figures(cases::judge("evaluate", outcomes));
}

TEST(TensorFlowCases, EveryRuleHasACase) {
  // TensorFlow makes no graph with them any more: the first Variable; Conj of real numbers.
  const std::set<std::string> elsewhere = {"Variable", "Conj"};
  std::set<std::string> seen;
  for (const Case& c : cases::all())
    if (c.kind != "refuse") seen.insert(c.ops.begin(), c.ops.end());
  ASSERT_FALSE(all_rules().empty());
  for (const OpRule* rule : all_rules()) {
    if (!rule->convert || elsewhere.count(rule->op)) continue;
    EXPECT_TRUE(seen.count(rule->op)) << rule->op << " has no case";
  }
}

TEST(TensorFlowCases, EveryRefusedOperatorIsToldWithItsReason) {
  size_t refused = 0;
  for (const OpRule* rule : all_rules()) {
    if (rule->convert) continue;
    ++refused;
    wire::Writer node, graph;  // GraphDef { node { name: "n" op: … } }
    node.text(1, "n");
    node.text(2, rule->op);
    graph.message(1, std::move(node));
    const std::string bytes = graph.str();
    ImportOptions options;
    options.outputs = {"n:0"};
    ImportReport report;
    const auto r = import_graph_def(ByteView(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
                                    nullptr, options, &report);
    EXPECT_EQ(r.status().id(), "tf.unsupported-op") << rule->op << ": " << r.status().to_string();
    EXPECT_EQ(report.unsupported.size(), 1u) << rule->op;
    if (report.unsupported.empty()) continue;
    EXPECT_EQ(report.unsupported[0].op, rule->op);
    EXPECT_FALSE(report.unsupported[0].reason.empty()) << rule->op;
  }
  EXPECT_GT(refused, 0u);
}

TEST(TensorFlowCases, AFileCutShortIsRefused) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string whole,
                               read_file(cases::cases_folder() + "/data/unary.cases"));
  const auto load = [&whole](size_t n) {
    return cases::load_cases(ByteView(reinterpret_cast<const uint8_t*>(whole.data()), n), nullptr);
  };
  const auto all = load(whole.size());
  JETLINE_ASSERT_OK(all.status());
  for (size_t n = 0; n < 3000; n += 7) {
    const auto r = load(n);
    if (!r.ok())
      EXPECT_EQ(r.status().id(), "cases.malformed");
    else
      EXPECT_LT(r->size(), all->size());  // cut between two cases
  }
}

}  // namespace
}  // namespace jetline::tf
