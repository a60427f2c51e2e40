// The cases of cases_test.cpp once more, the whole way that `jetline convert` takes: optimised, and brought
// to the opsets from 9 to 21. What comes out must still be what TensorFlow computed.
#include "jetline/importers/tensorflow/cases/harness.h"
#include "jetline/importers/tensorflow/convert.h"

namespace jetline::tf {
namespace {

using cases::Case;

// The model of `jetline convert GRAPH.pb --opset N` for a case, added to the run; or the failure.
Status cases_convert(const Case& c, int64_t opset, cases::OnnxRuntimeRun& run) {
  const TemporaryDirectory folder;
  const Result<std::string> file = cases::place(c, folder.path());
  if (!file.ok()) return file.status();
  ConvertOptions options;
  options.form = Form::kRaw;
  if (c.files.empty()) {
    options.import.inputs = c.input_names;
    options.import.outputs = c.output_names;
  }
  options.import.opset = opset;
  options.import.freeze_random = c.kind == "random";
  ConvertReport report;
  Result<Converted> converted = convert(*file, options, &report);
  bool open_rank = false;
  for (const Warning& w : report.warnings) open_rank = open_rank || w.id == "tf.rank-unknown";
  if (converted.ok() && open_rank) {  // as the warning says: the rank is given, the dimensions stay open
    for (size_t i = 0; i < c.inputs.size(); ++i)
      options.import.shapes[c.input_names[i]].assign(c.inputs[i].dims().size(), -1);
    converted = convert(*file, options, nullptr);
  }
  if (!converted.ok()) return converted.status();
  run.add(c, *converted->model, converted->inputs, converted->outputs);
  return Status();
}

TEST(TensorFlowCases, AgreeWithTensorFlowWhenOptimised) {
  JETLINE_REQUIRE_ORACLE();
  cases::OnnxRuntimeRun run("optimised");
  cases::Outcomes outcomes;
  for (const Case* c : cases::chosen()) {
    if (c->kind == "refuse") continue;
    if (const Status s = cases_convert(*c, c->opset, run); !s.ok()) outcomes[c->name] = s.to_string();
  }
  // What cannot be imported fails here in the same words; those gaps are listed once.
  for (const auto& [name, why] : cases::gaps_of("import")) outcomes.erase(name);
  for (const auto& [name, why] : run.run()) outcomes[name] = why;
  cases::expect_figures(cases::judge("optimised", outcomes));
}

TEST(TensorFlowCases, AgreeWithTensorFlowAtEveryOpset) {
  JETLINE_REQUIRE_ORACLE();
  cases::OnnxRuntimeRun run("opsets");
  cases::Outcomes outcomes;
  const auto import_gaps = cases::gaps_of("import");
  std::map<int64_t, int> at_opset, too_low;
  for (const Case* c : cases::chosen()) {
    if (c->kind == "refuse" || import_gaps.count(c->name)) continue;
    uint32_t sum = 0;  // by the name: it stays the same when other cases come
    for (const char letter : c->name) sum = sum * 31 + static_cast<unsigned char>(letter);
    const int64_t opset = 9 + sum % 13;
    const Status s = cases_convert(*c, opset, run);
    if (s.ok()) {
      ++at_opset[opset];
    } else if (opset < 13 && (s.id() == "tf.unsupported-op" || s.id() == "graph.opset-inexpressible")) {
      ++too_low[opset];  // an honest refusal
    } else {
      outcomes[c->name] = "opset " + std::to_string(opset) + ": " + s.to_string();
    }
  }
  for (const auto& [name, why] : run.run()) outcomes[name] = why;
  cases::judge("opsets", outcomes);
  if (!cases::wanted().empty()) return;
  for (int64_t opset = 9; opset <= 21; ++opset) {
    std::printf("opset %d: %d converted, %d need a later one\n", static_cast<int>(opset), at_opset[opset],
                too_low[opset]);
    EXPECT_GE(at_opset[opset], 4 * too_low[opset]) << "opset " << opset;
  }
}

}  // namespace
}  // namespace jetline::tf
